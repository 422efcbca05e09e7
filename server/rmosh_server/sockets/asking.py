"""Asking sessions: all at once, so that one which is stopped or far behind costs no more than the others."""

import contextlib
import errno
import math
import select
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass
from rmosh_server.sockets.control_message import MAX_ANSWER, Message, decode_message, encode_message
from rmosh_server.sockets.passing import send_with
from rmosh_server.sockets.unix_sockets import connect, may_be_trusted
from rmosh_server.systems import peer_user

#: Seconds that sessions may take to answer. Reason: in the middle of a flood a turn of its loop takes some
#: milliseconds; on a machine that swaps much longer.
ANSWER_TIMEOUT: Final = 5.0

#: Seconds that the next may take once some have answered. Reason: these show how fast this machine is, and whoever asks
#: for one of them does not wait for one that is stopped.
LAGGARD_TIMEOUT: Final = 1.0

#: How often a session is tried again that could not be reached for now, in seconds: too many wait to be let in there,
#: or there are more sessions than this process may have descriptors.
_RETRY_INTERVAL: Final = 0.02

#: What the system says when it has no descriptor to give: a session that has answered gives one back.
_NONE_LEFT: Final = (errno.EMFILE, errno.ENFILE)


@dataclass(frozen=True, slots=True)
class Door:
    """Where a session can be asked: a socket in a private directory."""

    directory: str
    name: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """There is no answer, and why.

    Attributes:
        is_silent: it said nothing at all in time: it is stopped, or very far behind.
    """

    reason: str
    is_silent: bool = False


#: What a session said.
Answer: TypeAlias = dict[str, Any]


def ask(
    door: Door, question: Message, *, passing: Sequence[int] = (), patience: float = ANSWER_TIMEOUT
) -> "Answer | Unanswered":
    """Ask one session something, and pass it descriptors; wait so many seconds."""
    return ask_all([door], question, passing=passing, patience=patience)[0]


def ask_all(
    doors: Sequence[Door],
    question: Message,
    *,
    passing: Sequence[int] = (),
    patience: float = ANSWER_TIMEOUT,
    clock: Callable[[], float] = time.monotonic,
) -> "list[Answer | Unanswered]":
    """Ask sessions the same; return what came of each, in their order, after so many seconds at the latest.

    Once some have answered, the next is waited for no longer than LAGGARD_TIMEOUT.
    """
    line, give_up = encode_message(question), clock() + patience
    inquiries = [Inquiry(door, line, passing) for door in doors]
    with contextlib.ExitStack() as stack:
        for inquiry in inquiries:
            stack.callback(inquiry.close)
        _pursue(inquiries, give_up=give_up, clock=clock)
    outcomes = [inquiry.outcome for inquiry in inquiries]
    waited = min(patience, LAGGARD_TIMEOUT) if any(isinstance(outcome, dict) for outcome in outcomes) else patience
    silent = Unanswered(f"it did not answer within {waited:g} s", is_silent=True)
    return [silent if outcome is None else outcome for outcome in outcomes]


def _pursue(inquiries: "Sequence[Inquiry]", *, give_up: float, clock: Callable[[], float]) -> None:
    """Go on until each has an outcome or time is up."""
    pending, next_is_due = list(inquiries), math.inf
    while True:
        for inquiry in pending:
            inquiry.advance()
        waited_for, pending = pending, [inquiry for inquiry in pending if inquiry.outcome is None]
        if any(isinstance(inquiry.outcome, dict) for inquiry in waited_for):
            next_is_due = clock() + LAGGARD_TIMEOUT
        left = min(give_up, next_is_due) - clock()
        if not pending or left <= 0:
            return
        if not all(inquiry.is_connected for inquiry in pending):
            left = min(left, _RETRY_INTERVAL)
        waiting = select.poll()
        for inquiry in pending:
            if inquiry.is_connected:
                waiting.register(inquiry, inquiry.waits_for)
        waiting.poll(1000 * left)


class Inquiry:
    """One question to one session.

    Attributes:
        outcome: what came of it; None while it goes on.
        is_connected: whether somebody who may answer is at the other end.
    """

    def __init__(self, door: Door, line: bytes, passing: Sequence[int] = ()) -> None:
        self._door = door
        self._unsaid = line
        self._unpassed = passing
        self._heard = b""
        self._socket: socket.socket | None = None
        self.is_connected = False
        self.outcome: Answer | Unanswered | None = None

    def fileno(self) -> int:
        """Return the descriptor to wait on while it goes on."""
        assert self._socket is not None
        return self._socket.fileno()

    @property
    def has_asked(self) -> bool:
        """Whether all of the question was said."""
        return not self._unsaid

    @property
    def waits_for(self) -> int:
        """What to wait for, as `select.poll` names it."""
        return select.POLLOUT if self._unsaid else select.POLLIN

    def advance(self) -> None:
        """Do all that can be done without waiting."""
        try:
            self._connect()
            while self._unsaid and self.outcome is None:
                assert self._socket is not None
                self._unsaid = self._unsaid[send_with(self._socket, self._unsaid, self._unpassed) :]
                self._unpassed = ()
            while self.outcome is None:
                self._hear()
        except BlockingIOError:
            return
        except OSError as error:
            if not self.is_connected and error.errno in _NONE_LEFT:
                return
            self.outcome = Unanswered(f"it cannot be asked: {error.strerror}")
        self.close()

    def close(self) -> None:
        """Leave."""
        if self._socket is not None:
            self._socket.close()

    def _connect(self) -> None:
        if self.is_connected:
            return
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.setblocking(False)
        connect(self._socket, self._door.directory, self._door.name)
        self.is_connected = True
        user = peer_user(self._socket)
        if not may_be_trusted(user):
            self.outcome = Unanswered(f"user id {user} listens in its place")

    def _hear(self) -> None:
        assert self._socket is not None
        heard = self._socket.recv(MAX_ANSWER)
        self._heard += heard
        if self._heard.endswith(b"\n"):
            self.outcome = _understood(self._heard)
        elif not heard:
            self.outcome = Unanswered("it broke off in the middle of its answer" if self._heard else "it hung up")
        elif len(self._heard) > MAX_ANSWER:
            self.outcome = Unanswered(f"its answer has more than {MAX_ANSWER} bytes")


def _understood(untrusted: bytes) -> "Answer | Unanswered":
    try:
        return decode_message(untrusted)
    except Malformed:
        return Unanswered("its answer is no JSON object")
