"""Runs in a terminal that is driven: joins it to a socket, byte by byte. Plain Python, no part of the project."""

import os
import select
import socket
import sys
import tty


def main(path: str) -> None:
    tty.setraw(0)
    with socket.socket(socket.AF_UNIX) as joined:
        joined.connect(path)
        joined.sendall(os.ttyname(0).encode() + b"\n")
        while True:
            ready, _, _ = select.select([0, joined.fileno()], [], [])
            if joined.fileno() in ready:
                data = joined.recv(65536)
                if not data:
                    return
                while data:
                    data = data[os.write(1, data) :]
            if 0 in ready:
                joined.sendall(os.read(0, 65536))


main(sys.argv[1])
