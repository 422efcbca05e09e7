"""All streams of a session's clients, and what serves each: one descriptor and one turn for the session's loop."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from rmosh.containment import place_of
from rmosh.errors import Malformed
from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.byte_stream import ByteStream, ByteStreams, ResetCode
from rmosh.forwarding.first_message import MAX_REQUEST, FirstMessage
from rmosh.forwarding.requests import parse_request
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.held_places import HeldPlaces
from rmosh_server.forwarding.host import Host
from rmosh_server.forwarding.permissions import Permissions
from rmosh_server.forwarding.services import SERVICES
from rmosh_server.forwarding.waiting import Waiting
from rmosh_server.process.descriptor_limit import raise_descriptor_limit
from rmosh_server.sockets.asking import Door

if TYPE_CHECKING:
    from rmosh_server.forwarding.ways import ClientsMachines

#: Bytes taken at once off a stream that nobody serves any more.
_DROPPED_AT_ONCE: Final = 1 << 16

#: What a client is told of a stream that failed so.
_OUR_FAULT: Final = "a fault of the server's own"

#: The clients of a session that have streams.
Clients = Callable[[], "Iterable[tuple[bytes, ByteStreams]]"]


class Forwarding:
    """What clients reach from this host."""

    def __init__(
        self,
        clients: Clients,
        *,
        unheard: Callable[[bytes], float],
        complain: Callable[[str], None],
        permissions: Callable[[], Permissions] = Permissions,
        neighbours: Callable[[], "Sequence[Door]"] = tuple,
        own_program: "tuple[str, ...]" = (),
        ways: "Callable[[], ClientsMachines | None]" = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin, because a first stream was opened.

        Args:
            clients: tells the session's clients that have streams, by their session ids.
            unheard: tells how many seconds a client has been unheard.
            complain: told in a line of each fault that was survived.
            permissions: tells what is allowed, once somebody wants to forward something; everything without rules.
            ways: tells what the session has of its clients' machines, if anything; the caller closes that.
            neighbours: finds where the user's other sessions can be asked.
            own_program: the words that run this server anew; none where it is in memory alone.
        """
        raise_descriptor_limit()
        self._clients = clients
        self._complain = complain
        self._waiting = Waiting(clock=clock, failed=self._end_of_failed)
        self._conversations: dict[tuple[bytes, int], Conversation] = {}
        held_places = HeldPlaces(self._waiting, unheard=unheard, neighbours=neighbours)
        self.host = Host(self._waiting, held_places, permissions=permissions, own_program=own_program, ways=ways)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._waiting.fileno()

    @property
    def next_wakeup(self) -> float:
        """When something is to be done even if nothing happens, in monotonic seconds."""
        return self._waiting.next_wakeup

    @property
    def lingers_until(self) -> float:
        """Until when the server stays though its session is over, in monotonic seconds; long ago for not at all."""
        return self.host.lingering.until

    def turn(self, *, now: float) -> None:
        """Serve what clients opened and said, and what this host has for them."""
        self._waiting.now = now
        for client, streams in self._clients():
            for stream in streams.opened():
                conversation = Conversation(client, streams, stream, begin=self._begin, end=self._end)
                self._begin(conversation)
                _Unasked(conversation, self.host)
                self._changed(client, stream)
            for stream in streams.changed():
                self._changed(client, stream)
        self._waiting.attend(now=now)

    def client_left(self, client: bytes) -> None:
        """Close all that a client has open, because it is forgotten; one that is merely silent keeps everything."""
        for conversation in [each for each in self._conversations.values() if each.client == client]:
            conversation.end()

    def release(self, place: str) -> "tuple[bool, float | None]":
        """Let go of where a client listens that is gone, because another of the user's asks for it."""
        return self.host.held_places.release(place)

    def child_ended(self, child: int, status: int) -> None:
        """Take that a child process has ended, with what wait(2) says of it; most are none of these."""
        self.host.child_ended(child, status)

    def close(self) -> None:
        """Close everything: the session is over."""
        for conversation in [*self._conversations.values()]:
            conversation.end()
        self.host.names.close()
        self._waiting.close()

    def _begin(self, conversation: Conversation) -> None:
        self._conversations[conversation.client, conversation.stream.number] = conversation

    def _end(self, conversation: Conversation) -> None:
        self._conversations.pop((conversation.client, conversation.stream.number), None)

    def _changed(self, client: bytes, stream: ByteStream) -> None:
        conversation = self._conversations.get((client, stream.number))
        if conversation is None or conversation.served is None:
            while stream.read(_DROPPED_AT_ONCE):  # nobody serves it any more: what was on its way is in vain
                pass
            return
        try:
            conversation.served.stream_changed()
        except Exception as fault:
            self._failed(fault)
            conversation.reset(ResetCode.CANCELLED, _OUR_FAULT)

    def _end_of_failed(self, fault: Exception, owner: object) -> None:
        """Tell of a fault, and give up the stream that it served, if any."""
        self._failed(fault)
        for conversation in [
            each for each in self._conversations.values() if owner is not None and each.served is owner
        ]:
            conversation.reset(ResetCode.CANCELLED, _OUR_FAULT)

    def _failed(self, fault: Exception) -> None:
        self._complain(f"a fault in a forward, which ends it ({type(fault).__name__} in {place_of(fault)})")


class _Unasked:
    """A stream whose request has still to come."""

    def __init__(self, conversation: Conversation, host: Host) -> None:
        self._conversation = conversation
        self._host = host
        self._request = FirstMessage(limit=MAX_REQUEST)
        conversation.served = self

    def stream_changed(self) -> None:
        """Have the request served once it has come."""
        conversation = self._conversation
        try:
            untrusted = self._request.take(conversation.stream)
            request = None if untrusted is None else parse_request(untrusted)
        except Malformed as fault:
            conversation.reset(ResetCode.MALFORMED, str(fault))
            return
        if request is not None:
            serve = SERVICES.get(type(request))
            if serve is None:
                conversation.refuse(AnswerStatus.NOT_UNDERSTOOD, f"this server knows no {type(request).__name__}")
            else:
                serve(request, conversation, self._host)
        elif conversation.is_given_up:
            conversation.end()

    def close(self) -> None:
        """Nothing is held yet."""
