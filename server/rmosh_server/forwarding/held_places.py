"""Who listens where, and who has to let go: a client that is gone must not keep its next login from its own ports.

A listener lives as long as its client, and a client that is merely silent keeps everything. But where another of the
user's clients asks for the same place, one that was not heard for a while yields it: in this session at once, in others
when they are asked through their control sockets.
"""

from collections.abc import Callable, Sequence
from selectors import EVENT_READ, EVENT_WRITE
from typing import Final

from rmosh.forwarding.byte_stream import ResetCode
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.waiting import Waiting
from rmosh_server.sockets.asking import Door, Inquiry
from rmosh_server.sockets.control_message import encode_message

#: How long a client must be unheard before it yields a place to another, in seconds. Reason: one that is idle is heard
#: every 10 s, and its datagrams take up to a second or two.
YIELDS_AFTER: Final = 12.0

#: How much longer it is waited for one that was heard just now, in seconds. Reason: others tell in tenths how long a
#: client was unheard, and 11.96 rounded up would be asked again at 11.99 and keep the place.
YIELDING_SLACK: Final = 0.2

#: How long other sessions may take to answer, in seconds; and how often those are tried again that are too busy.
ASKING_PATIENCE: Final = 2.0
_ASKED_AGAIN_AFTER: Final = 0.1

#: How long a client has been unheard, in seconds.
Unheard = Callable[[bytes], float]


class HeldPlaces:
    """The places where this session listens for its clients."""

    def __init__(self, waiting: Waiting, *, unheard: Unheard, neighbours: Callable[[], Sequence[Door]]) -> None:
        """Begin with none.

        Args:
            unheard: tells how long a client has been, in seconds.
            neighbours: finds where the user's other sessions can be asked.
        """
        self._waiting = waiting
        self._unheard = unheard
        self._neighbours = neighbours
        self._held: dict[Conversation, str] = {}

    def take(self, place: str, conversation: Conversation) -> None:
        """Note who listens at a place: `tcp 8080`, `unix /path`."""
        self._held[conversation] = place

    def leave(self, conversation: Conversation) -> None:
        """Note that it listens no longer."""
        self._held.pop(conversation, None)

    def release(self, place: str) -> tuple[bool, float | None]:
        """Let go of a place where its client is gone.

        Returns:
            whether somebody did, and for how many seconds a client was unheard that keeps it; None where none does.
        """
        holders = [conversation for conversation, held in self._held.items() if held == place]
        gone = [holder for holder in holders if self._unheard(holder.client) >= YIELDS_AFTER]
        for holder in gone:
            holder.reset(ResetCode.CANCELLED, f"another client asked for {place}, and this one was not heard")
        staying = [self._unheard(holder.client) for holder in holders if holder not in gone]
        return bool(gone), min(staying, default=None)

    def contest(self, place: str, then: "Callable[[Contest], None]") -> "Contest":
        """Ask who holds a place to let go of it; `then` is told what came of it."""
        return Contest(place, self, self._waiting, self._neighbours, then)


class Contest:
    """One place that is asked for, though somebody holds it.

    Attributes:
        is_released: somebody let go of it.
        yields_in: seconds until whoever holds it would, if not heard until then; None where none of ours holds it.
    """

    def __init__(
        self,
        place: str,
        held_places: HeldPlaces,
        waiting: Waiting,
        neighbours: Callable[[], Sequence[Door]],
        then: "Callable[[Contest], None]",
    ) -> None:
        self._waiting = waiting
        self._then = then
        self._inquiries: list[Inquiry] = []
        self.is_released, unheard = held_places.release(place)
        self.yields_in: float | None = None if unheard is None else _yields_in(unheard)
        if unheard is None:
            line = encode_message({"do": "release", "listener": place})
            self._inquiries = [Inquiry(door, line) for door in neighbours()]
        self._ends_at = waiting.now + ASKING_PATIENCE
        waiting.at(self, waiting.now, self._go_on)

    def close(self) -> None:
        """Ask no further, and tell nobody."""
        self._waiting.not_at(self)
        for inquiry in self._inquiries:
            self._waiting.forget(inquiry)
            inquiry.close()
        self._inquiries.clear()

    def _go_on(self) -> None:
        """Ask those on that have said nothing yet, now and in a moment."""
        for inquiry in [*self._inquiries]:
            self._advance(inquiry)
        if not self._inquiries or self._waiting.now >= self._ends_at:
            self.close()
            self._then(self)
        else:
            self._waiting.at(self, min(self._ends_at, self._waiting.now + _ASKED_AGAIN_AFTER), self._go_on)

    def _advance(self, inquiry: Inquiry) -> None:
        inquiry.advance()
        if inquiry.outcome is None:
            if inquiry.is_connected:
                events = EVENT_READ if inquiry.has_asked else EVENT_WRITE
                self._waiting.watch(inquiry, events, lambda _: self._heard(inquiry))
            return
        self._waiting.forget(inquiry)
        self._inquiries.remove(inquiry)
        if isinstance(inquiry.outcome, dict):
            self._note(inquiry.outcome)

    def _heard(self, inquiry: Inquiry) -> None:
        self._advance(inquiry)
        if not self._inquiries:
            self._waiting.at(self, self._waiting.now, self._go_on)

    def _note(self, untrusted: dict[str, object]) -> None:
        self.is_released = self.is_released or untrusted.get("released") is True
        unheard = untrusted.get("unheard")
        if isinstance(unheard, (int, float)):
            self.yields_in = min(_yields_in(unheard), YIELDS_AFTER)


def _yields_in(unheard: float) -> float:
    return max(0.0, YIELDS_AFTER - unheard) + YIELDING_SLACK
