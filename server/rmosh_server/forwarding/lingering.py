"""A session that is over stays for others whom its client lets in: they need not log in anew."""

from typing import Final

from rmosh.channels.closing.policy import NEVER
from rmosh.forwarding.requests import Linger
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.waiting import Waiting

#: Longest that a server stays for nobody, in seconds. Reason: what people set ssh's ControlPersist to.
LINGERS_FOR: Final = 600.0


class Lingering:
    """Who wants the server to stay, and since when nobody was let in."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._wishes: set[_Wish] = set()
        self._used_at = waiting.now

    @property
    def until(self) -> float:
        """Until when the server stays, in monotonic seconds; long ago where nobody wants it."""
        return self._used_at + LINGERS_FOR if self._wishes else -NEVER

    def used(self) -> None:
        """Take note that somebody was let in."""
        self._used_at = self._waiting.now

    def begin(self, _request: Linger, conversation: Conversation) -> None:
        """Stay for as long as a stream lives."""
        self.used()
        conversation.done()
        wish = _Wish(conversation, self._wishes)
        wish.stream_changed()


class _Wish:
    """A client's wish that the server stay."""

    def __init__(self, conversation: Conversation, wishes: "set[_Wish]") -> None:
        self._conversation = conversation
        self._wishes = wishes
        conversation.served = self
        wishes.add(self)

    def stream_changed(self) -> None:
        """See whether it was given up."""
        stream = self._conversation.stream
        while stream.read():  # which is nothing that we know
            pass
        if stream.at_end or self._conversation.is_given_up:
            self._conversation.end()

    def close(self) -> None:
        """Take the wish back."""
        self._wishes.discard(self)
