"""Cover traffic: when datagrams leave, so that a listener does not learn when keys are typed, nor how many.

While somebody types and for a random while after, the client sends one datagram of one size at equal spaces, with keys
in it or nothing; the server answers each at once with one of that size, and what the keys did goes with the next
answer. As OpenSSH's ObscureKeystrokeTiming (9.5), whose server answers at once and sends echoes when they come.
"""

from collections.abc import Callable
from typing import Protocol

from rmosh.transport.policy import COVER_AFTER_TYPING, SLOT_INTERVAL, SLOTS_AWAITED

#: Bytes of entropy for how long slots go on after a key.
_ENTROPY_BYTES = 2


class CoverTraffic(Protocol):
    """What the endpoint asks: when a datagram may leave, and when one must.

    Attributes:
        asks: what leaves with a slot asks for an acknowledgement.
    """

    asks: bool

    @property
    def slot_at(self) -> float | None:
        """When a datagram must leave, whatever is in it; None for never."""

    def opens_at(self, *, now: float) -> float:
        """Return before which moment none may leave."""

    def heard(self, *, now: float) -> None:
        """A datagram that asks for an acknowledgement arrived."""

    def slot_used(self, *, now: float) -> None:
        """What must leave with this slot has left."""


class NoCoverTraffic:
    """Whatever is due leaves at once."""

    asks = False
    slot_at = None

    def opens_at(self, *, now: float) -> float:
        """Return 0: at any time."""
        return 0.0

    def heard(self, *, now: float) -> None:
        """Take no note."""

    def slot_used(self, *, now: float) -> None:
        """Take no note."""


class TypingCover:
    """The client's: slots at equal spaces from the first key on."""

    asks = True

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy
        self._next = 1.0
        self._until = 0.0
        self._slot_used_at: float | None = None

    def typed(self, *, now: float) -> None:
        """Somebody typed."""
        if self.slot_at is None:
            self._next = now
        least, most = COVER_AFTER_TYPING
        share = int.from_bytes(self._entropy(_ENTROPY_BYTES), "big") / (1 << 8 * _ENTROPY_BYTES)
        self._until = max(self._until, now + least + share * (most - least))

    @property
    def slot_at(self) -> float | None:
        """The next slot while somebody types, or did a moment ago."""
        return self._next if self._next <= self._until else None

    def opens_at(self, *, now: float) -> float:
        """Return the next slot; more than one datagram may leave with one."""
        return 0.0 if self.slot_at is None or now == self._slot_used_at else self._next

    def heard(self, *, now: float) -> None:
        """Take no note: what the server says is not typed."""

    def slot_used(self, *, now: float) -> None:
        """Go on to the next slot that is not over."""
        self._slot_used_at = now
        self._next += SLOT_INTERVAL * (1 + max(0, int((now - self._next) / SLOT_INTERVAL)))


class AnsweringCover:
    """The server's: an answer to each datagram at once, and nothing in between while more are to come."""

    asks = False

    def __init__(self) -> None:
        self._heard_at: float | None = None
        self._awaits_until = 0.0
        self._slot_used_at: float | None = None

    @property
    def slot_at(self) -> float | None:
        """The moment of what is not answered yet."""
        return self._heard_at

    def opens_at(self, *, now: float) -> float:
        """Return when the next datagram is overdue, if nothing is to be answered."""
        return 0.0 if self._heard_at is not None or now == self._slot_used_at else self._awaits_until

    def heard(self, *, now: float) -> None:
        """Answer."""
        self._heard_at = now
        self._awaits_until = now + SLOTS_AWAITED * SLOT_INTERVAL

    def slot_used(self, *, now: float) -> None:
        """Wait for the next datagram."""
        self._heard_at = None
        self._slot_used_at = now
