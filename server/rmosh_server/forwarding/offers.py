"""Clients that take connections to their agent or display: whoever connects on this host goes to the newest of them."""

import socket
from collections.abc import Callable, Sequence
from functools import partial
from selectors import EVENT_READ
from typing import Final

from rmosh.errors import RmoshError
from rmosh.forwarding.requests import Request
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.joined import Joined
from rmosh_server.forwarding.waiting import Waiting

#: How long programs wait while no client takes them, in seconds; then they are turned away. Reason: a client that comes
#: back from a change of networks takes one or two; a program that hangs tells nobody why.
OFFER_PATIENCE: Final = 3.0

#: Connections accepted in one turn. Reason: each opens a stream.
_ACCEPTED_PER_TURN: Final = 16

#: Says what a connection is offered as; None turns it away.
Introduce = Callable[[socket.socket], "Request | None"]


class ClientOffers:
    """Those of one session, for one kind of connection."""

    def __init__(self, listeners: Sequence[socket.socket], introduce: Introduce, waiting: Waiting) -> None:
        """Take connections once a client takes them."""
        self._listeners = listeners
        self._introduce = introduce
        self._waiting = waiting
        self._conversations: list[Conversation] = []

    def add(self, conversation: Conversation) -> None:
        """Send all who come from now on to this client."""
        conversation.served = _Offer(conversation, self)
        self._conversations.append(conversation)
        self._waiting.not_at(self)
        self._watch()

    def remove(self, conversation: Conversation) -> None:
        """Send nobody there any more; the newest of the others counts."""
        if conversation in self._conversations:
            self._conversations.remove(conversation)
        if not self._conversations:
            for listener in self._listeners:
                self._waiting.forget(listener)
            self._waiting.at(self, self._waiting.now + OFFER_PATIENCE, self._watch)

    def close(self) -> None:
        """Take nobody any more."""
        self._waiting.not_at(self)
        for listener in self._listeners:
            self._waiting.forget(listener)

    def _watch(self) -> None:
        """Accept whoever comes: they are offered to a client, or turned away where there is none."""
        for listener in self._listeners:
            self._waiting.watch(listener, EVENT_READ, partial(self._accept, listener))

    def _accept(self, listener: socket.socket, _: int) -> None:
        for _ in range(_ACCEPTED_PER_TURN):
            try:
                accepted, _who = listener.accept()
            except OSError:  # nobody is left, or no descriptor
                return
            accepted.setblocking(False)
            if not self._is_offered(accepted):
                accepted.close()

    def _is_offered(self, accepted: socket.socket) -> bool:
        request = self._introduce(accepted) if self._conversations else None
        if request is None:
            return False
        try:
            offered = self._conversations[-1].open(request)
        except RmoshError:  # that client has as many streams as it may
            return False
        Joined(offered, self._waiting, accepted, is_offered=True)
        return True


class _Offer:
    """One client's, for as long as its stream lives."""

    def __init__(self, conversation: Conversation, offers: ClientOffers) -> None:
        self._conversation = conversation
        self._offers = offers

    def stream_changed(self) -> None:
        """Look whether the client still takes them."""
        if self._conversation.is_given_up or self._conversation.stream.at_end:
            self._conversation.end()

    def close(self) -> None:
        """It does no more."""
        self._offers.remove(self._conversation)
