"""The door of one session: who comes asks one question, hears at once that somebody listens, and waits for the answer.

It knows nothing of what is asked. Nothing here waits, and whoever says nothing is shown out.
"""

import contextlib
import os
import selectors
import socket
from collections.abc import Callable
from typing import Final, TypeAlias

from rmosh.errors import Malformed
from rmosh_client.sharing.doors import LoginDoors, is_ours
from rmosh_client.sharing.messages import (
    HEARD,
    MAX_DOOR_LINE,
    Answer,
    DoorQuestion,
    Refused,
    format_answer,
    parse_question,
)

#: Processes inside at once; the kernel keeps further ones waiting.
_MOST_VISITORS: Final = 8

#: Seconds that a question may take to be said. Reason: who comes has it ready.
_SAID_WITHIN: Final = 2.0

#: Gives an answer to one who asked, once.
Reply: TypeAlias = Callable[[Answer], None]


class _Visitor:
    """A process that has come in.

    Attributes:
        asked: the part of its question that has come.
        leaves_at: when it is shown out unless it has asked, in monotonic seconds; None once it has.
    """

    def __init__(self, connection: socket.socket, *, leaves_at: float) -> None:
        self.connection = connection
        self.asked = bytearray()
        self.leaves_at: float | None = leaves_at


class LoginDoor:
    """One that is open until `close`; nobody else is let in than this user.

    Attributes:
        respond: told what is asked, and how to answer.
    """

    def __init__(self, doors: LoginDoors, likeness: str, *, respond: Callable[[DoorQuestion, Reply], None]) -> None:
        """Open it.

        Raises:
            NoLoginDoors: there is none for it.
            OSError: the socket cannot be made.
        """
        doors.prepare()
        self.path: Final = doors.own(likeness, os.getpid())
        self._respond = respond
        self._visitors: set[_Visitor] = set()
        self._listener = _listen(self.path)
        self._made = _identity(self.path)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._selector.fileno()

    @property
    def next_wakeup(self) -> float | None:
        """When somebody is to be shown out, in monotonic seconds."""
        return min((visitor.leaves_at for visitor in self._visitors if visitor.leaves_at is not None), default=None)

    def turn(self, *, now: float) -> None:
        """Let in who waits, and hear what they ask."""
        for key, _ in self._selector.select(0):
            if isinstance(key.data, _Visitor):
                self._hear(key.data)
            else:
                self._let_in(now=now)
        for visitor in [each for each in self._visitors if each.leaves_at is not None and each.leaves_at <= now]:
            self._show_out(visitor)

    def shut(self) -> None:
        """Take the door away, and hear nobody any more; `fileno` is valid until `close`."""
        for visitor in list(self._visitors):
            self._show_out(visitor)
        if self._listener.fileno() < 0:
            return
        self._selector.unregister(self._listener)
        self._listener.close()
        if _identity(self.path) == self._made:
            with contextlib.suppress(OSError):
                os.unlink(self.path)

    def let_go(self) -> None:
        """Close our descriptors alone: another process goes on with the same door."""
        self._listener.close()
        self._selector.close()

    def close(self) -> None:
        """Do the same, and let go of everything."""
        self.shut()
        self._selector.close()

    def _let_in(self, *, now: float) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            if not is_ours(connection) or len(self._visitors) >= _MOST_VISITORS:
                connection.close()
                return
            visitor = _Visitor(connection, leaves_at=now + _SAID_WITHIN)
            self._visitors.add(visitor)
            self._selector.register(connection, selectors.EVENT_READ, visitor)

    def _hear(self, visitor: _Visitor) -> None:
        try:
            untrusted = visitor.connection.recv(MAX_DOOR_LINE)
        except BlockingIOError:
            return
        except OSError:
            untrusted = b""
        visitor.asked += untrusted
        if not untrusted or len(visitor.asked) > MAX_DOOR_LINE:  # it has gone, or never ends
            self._show_out(visitor)
        elif visitor.leaves_at is not None and visitor.asked.endswith(b"\n"):
            self._take(visitor)

    def _take(self, visitor: _Visitor) -> None:
        visitor.leaves_at = None
        self._tell(visitor, HEARD)
        try:
            question = parse_question(bytes(visitor.asked))
        except Malformed as error:
            self._answer(visitor, Refused(str(error)))
            return
        self._respond(question, lambda answer: self._answer(visitor, answer))

    def _answer(self, visitor: _Visitor, answer: Answer) -> None:
        if visitor in self._visitors:
            self._tell(visitor, format_answer(answer))
            self._show_out(visitor)

    def _tell(self, visitor: _Visitor, line: bytes) -> None:
        """Tell it; one that does not listen loses it: the kernel's buffer holds more than any answer has."""
        with contextlib.suppress(OSError):
            visitor.connection.sendall(line)

    def _show_out(self, visitor: _Visitor) -> None:
        self._visitors.discard(visitor)
        self._selector.unregister(visitor.connection)
        visitor.connection.close()


def _listen(path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # of an earlier process with our id
        listener.setblocking(False)
        listener.bind(path)
        listener.listen()
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _identity(path: str) -> tuple[int, int] | None:
    """Return which file is there, by device and inode."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
