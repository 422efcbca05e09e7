"""A stream joined with a socket of this host, for as long as either lives."""

import contextlib
import socket
import struct
from selectors import EVENT_READ, EVENT_WRITE
from typing import Final, Protocol

from rmosh.errors import Malformed
from rmosh.forwarding.answers import parse_answer
from rmosh.forwarding.byte_stream import ResetCode
from rmosh.forwarding.first_message import MAX_ANSWER_TO_REQUEST, FirstMessage
from rmosh.forwarding.junction import Junction
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.waiting import Waiting

#: Lingering for no time: closing resets the connection, so that its program sees it was no orderly end. Source: POSIX.
_NO_LINGERING: Final = struct.pack("ii", 1, 0)


class Moves(Protocol):
    """What moves bytes or datagrams between both; `rmosh/forwarding/` has two."""

    def receive(self) -> None: ...
    def send(self) -> None: ...

    @property
    def is_over(self) -> bool: ...
    @property
    def is_broken(self) -> bool: ...
    @property
    def wants_to_receive(self) -> bool: ...
    @property
    def wants_to_send(self) -> bool: ...


class Joined:
    """A stream and a socket that are joined."""

    def __init__(
        self,
        conversation: Conversation,
        waiting: Waiting,
        connected: socket.socket,
        moves: "Moves | None" = None,
        *,
        is_offered: bool = False,
    ) -> None:
        """Join a socket, which does not block, with the stream of a conversation.

        Args:
            moves: in place of a junction of bytes.
            is_offered: we opened the stream, and the client has still to say whether it takes it.
        """
        self._conversation = conversation
        self._waiting = waiting
        self._socket = connected
        self._moves = moves or Junction(conversation.stream, connected)
        self._answer = FirstMessage(limit=MAX_ANSWER_TO_REQUEST) if is_offered else None
        conversation.served = self
        self.stream_changed()

    def stream_changed(self) -> None:
        """Give the socket what has come."""
        if self._answer is None or self._is_taken(self._answer):
            self._answer = None
            self._moves.send()
        self._settle()

    def close(self) -> None:
        """Close the socket; what it was joined with did not end in order, unless both had."""
        self._waiting.forget(self._socket)
        if self._moves.is_broken or not self._moves.is_over:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        self._socket.close()

    def _is_taken(self, answer: FirstMessage) -> bool:
        """Tell whether the client has taken what it was offered; one that does not want it ends it."""
        stream = self._conversation.stream
        try:
            untrusted = answer.take(stream)
            if untrusted is None or parse_answer(untrusted).is_done:
                return untrusted is not None
            self._conversation.reset(ResetCode.CANCELLED, "")
        except Malformed as fault:
            self._conversation.reset(ResetCode.MALFORMED, str(fault))
        return False

    def _ready(self, events: int) -> None:
        if events & EVENT_READ:
            self._moves.receive()  # what a program says first need not wait for the answer, which takes a round trip
        if events & EVENT_WRITE:
            self._moves.send()
        self._settle()

    def _settle(self) -> None:
        if self._conversation.served is not self:
            return
        if self._moves.is_over or self._conversation.is_given_up:
            self._conversation.end()
            return
        reading = EVENT_READ if self._moves.wants_to_receive else 0
        writing = EVENT_WRITE if self._answer is None and self._moves.wants_to_send else 0
        self._waiting.watch(self._socket, reading | writing, self._ready, owner=self)
