"""What another user of the host tries: `python strangers.py USER DEED PATH...` run by root, who becomes that user."""

import contextlib
import os
import socket
import sys
from pathlib import Path

from rmosh_server.port import messages
from rmosh_server.port import place as place_of_keeper
from rmosh_server.port.owners import MAX_OF_A_USER
from rmosh_server.sockets.unix_sockets import listen


def answer_every_name_there_is() -> None:
    """Send a forged answer to every abstract or world-writable socket that appears: what won half of all races once."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as forger:
        forger.setblocking(False)
        while True:
            for line in Path("/proc/net/unix").read_text(errors="replace").splitlines()[1:]:
                name = line.split()[-1]
                if name.startswith(("@", "/tmp/rmosh-test-")):
                    with contextlib.suppress(OSError):
                        forger.sendto(b'{"from": 0}\n', name.replace("@", "\0", 1))


def listen_and_answer(directory: Path, heard: Path) -> None:
    """Take a session's place, and note what is asked there."""
    with listen(str(directory), "s.sock") as listener:
        listener.setblocking(True)
        while True:
            connection, _ = listener.accept()
            connection.sendall(b'{"announce": "RMOSH-ANNOUNCE 1 2 3 4"}\n')
            with heard.open("ab") as opened:
                opened.write(connection.recv(1000))
            connection.close()


def ask_for_the_secret(directory: Path, told: Path) -> None:
    """Ask a session, and note what it says."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.connect(str(directory / "s.sock"))
        with contextlib.suppress(OSError):
            asking.sendall(b'{"do": "attach"}\n')
            told.write_bytes(asking.recv(1000))
    told.write_bytes(told.read_bytes() + b"over")


def reach_into(private: Path, elsewhere: Path, told: Path) -> None:
    """Try all that a private directory should keep out, and note how much of it was forbidden."""
    failed = 0
    for deed in (
        lambda: os.listdir(private),
        lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect(str(private / "s.sock")),
        lambda: os.unlink(private / "s.sock"),
        lambda: os.rename(private, elsewhere / "other"),
        lambda: listen(str(private), "t.sock"),
    ):
        try:
            deed()
        except PermissionError:
            failed += 1
    told.write_text(str(failed))


def crowd_a_shared_port(place: Path, overheard: Path, told: Path) -> None:
    """Claim ids that were overheard, fill the port with sessions and say nonsense; note what came of it, and stay."""
    raw = overheard.read_bytes()
    claimed = place_of_keeper.call(str(place))
    claimed.setblocking(True)
    claimed.send(messages.ids_message([raw[at : at + 8] for at in range(0, len(raw), 8)]))
    refused = messages.read_listens(claimed.recv(100)).refused
    others: list[socket.socket] = []
    with contextlib.suppress(OSError):  # as many as a process may have descriptors
        while len(others) < 2 * MAX_OF_A_USER:
            others.append(place_of_keeper.call(str(place)))
    for number, other in enumerate(others):
        with contextlib.suppress(OSError):
            other.send(messages.ids_message([os.urandom(8)]) if number % 2 else os.urandom(1 + number % 300))
    told.write_text(str(refused))
    while True:
        with contextlib.suppress(OSError):
            for other in others:
                other.send(messages.ids_message([os.urandom(8) for _ in range(messages.MAX_IDS)]))


DEEDS = {
    deed.__name__: deed
    for deed in (
        answer_every_name_there_is,
        listen_and_answer,
        ask_for_the_secret,
        reach_into,
        crowd_a_shared_port,
    )
}

if __name__ == "__main__":
    user, name, *places = sys.argv[1:]
    os.setgroups([])
    os.setgid(int(user))
    os.setuid(int(user))
    DEEDS[name](*map(Path, places))
