"""Learn whether a host refuses the server's port, which means that the server is gone: by a socket of its own.

The session's sockets are not connected and so are told of no refusal; having them told (IP_RECVERR) makes them ready
with an error each time.
"""

import contextlib
import socket

from rmosh.transport.path import Path


class RefusalProbe:
    """Sends an empty datagram, which the server drops unread, and looks later whether it was refused."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def send(self, path: Path) -> None:
        """Ask the host at the end of a path; any earlier question is forgotten."""
        self.close()
        with contextlib.suppress(OSError):
            family = socket.AF_INET6 if ":" in path.host else socket.AF_INET
            self._socket = socket.socket(family, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._socket.connect((path.host, path.port))
            self._socket.send(b"")

    def take_answer(self) -> bool:
        """Take the answer, if it has come; return whether it is a refusal."""
        if self._socket is None:
            return False
        try:
            self._socket.recv(1)
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Ask no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
