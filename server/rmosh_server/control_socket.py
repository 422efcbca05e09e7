"""A session's private door: one datagram of JSON in, one out, between processes of the same user on the host.

Both ends are here. A datagram socket needs no connections that somebody could leave open; the kernel itself tells
who sent each one. It knows nothing of what is asked.
"""

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

#: Longest question and longest answer, in bytes. Reason: an answer names at most 16 clients, a question one.
MAX_QUESTION: Final = 8192
MAX_ANSWER: Final = 65536

#: Questions answered in one turn of the loop. Reason: keys and output come first.
QUESTIONS_PER_TURN: Final = 8

#: Seconds that a session may take to answer. Reason: in the middle of a flood a turn of its loop takes some
#: milliseconds; on a machine that swaps much longer.
ANSWER_TIMEOUT: Final = 5.0

#: process id, user id, group id. Source: unix(7), SCM_CREDENTIALS.
_CREDENTIALS: Final = struct.Struct("3i")

#: Message: a JSON object.
Message = Mapping[str, Any]


class Unanswered(Exception):
    """Nobody answers at a session's socket; the message says why.

    Attributes:
        is_stale: no process holds the socket any more.
    """

    def __init__(self, message: str, *, is_stale: bool = False) -> None:
        super().__init__(message)
        self.is_stale = is_stale


class ControlSocket:
    """The session's end, in a directory that is nobody else's."""

    def __init__(self, directory: str, name: str) -> None:
        """Bind it.

        Raises:
            OSError: it cannot be made.
        """
        self._path = os.path.join(directory, name)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        before = os.umask(0o177)
        try:
            with _reachable(directory) as short:
                self._socket.bind(os.path.join(short, name))
        finally:
            os.umask(before)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def answer_questions(self, answer: Callable[[Message], Message]) -> None:
        """Answer what was asked since the last time, of our own user and of root only."""
        for _ in range(QUESTIONS_PER_TURN):
            try:
                untrusted, ancillary, _, asker = self._socket.recvmsg(
                    MAX_QUESTION, socket.CMSG_SPACE(_CREDENTIALS.size)
                )
            except BlockingIOError:
                return
            if asker and _user_of(ancillary) in (os.getuid(), 0):
                self._answer(untrusted, asker, answer)

    def _answer(self, untrusted: bytes, asker: Any, answer: Callable[[Message], Message]) -> None:
        import json  # 0.4 MB that a session nobody asks anything of does without

        try:
            question = json.loads(untrusted)
        except ValueError:
            question = None
        told = answer(question) if isinstance(question, dict) else {"error": "a question is one JSON object"}
        # The asker may have gone, or not read its answers: its own business.
        with contextlib.suppress(OSError):
            self._socket.sendto(json.dumps(told).encode("ascii"), asker)

    def close(self) -> None:
        """Remove it."""
        self._socket.close()
        with contextlib.suppress(OSError):
            os.unlink(self._path)


def ask(directory: str, name: str, question: Message, *, patience: float = ANSWER_TIMEOUT) -> dict[str, Any]:
    """Ask a session something; return its answer, waited for so many seconds.

    Raises:
        Unanswered: there is no such session, or it does not answer.
    """
    import json

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        asking.settimeout(patience)
        asking.bind("")  # a name that the kernel chooses, so that there is one to answer to
        try:
            with _reachable(directory) as short:
                asking.sendto(json.dumps(question).encode("ascii"), os.path.join(short, name))
            answer = json.loads(asking.recv(MAX_ANSWER))
        except TimeoutError:
            raise Unanswered(f"it did not answer within {patience:g} s") from None
        except OSError as error:
            stale = error.errno in (errno.ECONNREFUSED, errno.ENOENT)
            raise Unanswered(f"it cannot be asked: {error.strerror}", is_stale=stale) from None
        except ValueError:
            raise Unanswered("its answer is not JSON") from None
    if not isinstance(answer, dict):
        raise Unanswered("its answer is no JSON object")
    return answer


def _user_of(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS) and len(data) >= _CREDENTIALS.size:
            return int(_CREDENTIALS.unpack_from(data)[1])
    return None


@contextlib.contextmanager
def _reachable(directory: str) -> Iterator[str]:
    """Give a path to a directory short enough for a socket's address, whose 108 bytes a deep directory exceeds."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
