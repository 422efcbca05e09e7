"""A session's private door: processes of the same user come in, ask one question each and go with the answer.

It knows nothing of what is asked. Nobody who is inside can hold the session up: nothing here waits, and whoever has
not asked or not listened in time is shown out.
"""

import contextlib
import selectors
import socket
from collections.abc import Callable
from typing import Final

from rmosh.channels.closing.policy import NEVER
from rmosh.errors import Malformed
from rmosh_server.sockets.control_message import MAX_QUESTION, Message, decode_message, encode_message
from rmosh_server.sockets.passing import PassedDescriptors, receive_with
from rmosh_server.sockets.unix_sockets import may_be_trusted
from rmosh_server.systems import peer_user

#: Processes inside at once; the kernel keeps further ones waiting. Reason: bounds descriptors, and the questions
#: answered in one turn of the loop, where keys and output come first.
MAX_VISITORS: Final = 8

#: How long one may stay, in seconds. Reason: who asks has the question ready; only a stopped process takes longer.
VISIT_TIMEOUT: Final = 2.0

#: How long the door stays shut after nobody could be let in, in seconds. Reason: it means that the host is out of
#: descriptors, and trying at once again would only burn its CPU.
SHUT_TIME: Final = 1.0

#: Gives the answer to a question, which descriptors may have come with.
Answer = Callable[[Message, PassedDescriptors], Message]


class _Visitor:
    """A process that has come in.

    Attributes:
        asked: the part of its question that has arrived.
        passed: what came with it.
        untold: the part of its answer that it has not taken yet; empty while there is none.
        leaves_at: when it is shown out, in monotonic seconds.
    """

    __slots__ = ("asked", "connection", "leaves_at", "passed", "untold")

    def __init__(self, connection: socket.socket, *, leaves_at: float) -> None:
        self.connection = connection
        self.leaves_at = leaves_at
        self.asked = b""
        self.passed = PassedDescriptors()
        self.untold = b""


class ControlSocket:
    """The session's end."""

    def __init__(self, listener: socket.socket) -> None:
        """Take over a socket that listens."""
        listener.setblocking(False)
        self._listener = listener
        self._visitors: list[_Visitor] = []
        self._shut_until = -NEVER
        # Epoll, or kqueue: one descriptor that is ready when the listener or any visitor is.
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._is_open = True

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._selector.fileno()

    @property
    def next_wakeup(self) -> float:
        """When something is to be done even if nobody says anything, in monotonic seconds."""
        shut = NEVER if self._is_open else self._shut_until
        return min([visitor.leaves_at for visitor in self._visitors], default=shut)

    def answer_questions(self, answer: Answer, *, now: float) -> None:
        """Let in who waits, answer what was asked since the last time and show out who stayed too long."""
        for key, _ in self._selector.select(0):
            if isinstance(key.data, _Visitor):
                self._attend_to(key.data, answer)
            else:
                self._let_in(now=now)
        for visitor in [visitor for visitor in self._visitors if visitor.leaves_at <= now]:
            self._show_out(visitor)
        self._mind_the_door(now=now)

    def close(self) -> None:
        """Send everybody away and hear nobody any more."""
        for visitor in self._visitors[:]:
            self._show_out(visitor)
        self._selector.close()
        self._listener.close()

    def _let_in(self, *, now: float) -> None:
        while len(self._visitors) < MAX_VISITORS:
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:
                self._shut_until = now + SHUT_TIME
                return
            self._receive(_Visitor(connection, leaves_at=now + VISIT_TIMEOUT))

    def _receive(self, visitor: _Visitor) -> None:
        """Let a process of our own user, or of root, stay."""
        self._visitors.append(visitor)
        try:
            visitor.connection.setblocking(False)
            self._selector.register(visitor.connection, selectors.EVENT_READ, visitor)
            trusted = may_be_trusted(peer_user(visitor.connection))
        except OSError:
            trusted = False
        if not trusted:
            self._show_out(visitor)

    def _mind_the_door(self, *, now: float) -> None:
        wanted = len(self._visitors) < MAX_VISITORS and now >= self._shut_until
        if wanted and not self._is_open:
            self._selector.register(self._listener, selectors.EVENT_READ)
        elif self._is_open and not wanted:
            self._selector.unregister(self._listener)
        self._is_open = wanted

    def _attend_to(self, visitor: _Visitor, answer: Answer) -> None:
        try:
            if not visitor.untold:
                self._hear(visitor, answer)
            if visitor.untold:
                self._tell(visitor)
        except BlockingIOError:
            return
        except OSError:
            self._show_out(visitor)  # it has gone: its own business

    def _hear(self, visitor: _Visitor, answer: Answer) -> None:
        heard = receive_with(visitor.connection, MAX_QUESTION + 1 - len(visitor.asked), visitor.passed)
        visitor.asked += heard
        if b"\n" in visitor.asked or len(visitor.asked) > MAX_QUESTION:
            visitor.untold = encode_message(_answered(visitor.asked, visitor.passed, answer))
            visitor.passed.close()
        elif not heard:
            self._show_out(visitor)

    def _tell(self, visitor: _Visitor) -> None:
        taken = visitor.connection.send(visitor.untold)
        visitor.untold = visitor.untold[taken:]
        if visitor.untold:
            self._selector.modify(visitor.connection, selectors.EVENT_WRITE, visitor)
        else:
            self._show_out(visitor)

    def _show_out(self, visitor: _Visitor) -> None:
        self._visitors.remove(visitor)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(visitor.connection)
        visitor.connection.close()
        visitor.passed.close()


def _answered(untrusted: bytes, passed: PassedDescriptors, answer: Answer) -> Message:
    if len(untrusted) > MAX_QUESTION:
        return {"error": f"a question has at most {MAX_QUESTION} bytes"}
    try:
        return answer(decode_message(untrusted), passed)
    except Malformed as error:
        return {"error": str(error)}
