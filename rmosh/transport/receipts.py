"""Which of the peer's packets arrived, and when to tell it."""

from rmosh.rangeset import RangeSet
from rmosh.transport.frames import ACK, MAX_FURTHER_RANGES, Ack
from rmosh.transport.policy import (
    ACKNOWLEDGED_AGAIN,
    COPY_GAP,
    MOST_UNTOLD,
    RANGES_WORTH_FORGETTING,
    SOME_UNTOLD,
    SOME_UNTOLD_FOR,
)
from rmosh.transport.traffic import Load


class _Told:
    """Cargo of an ACK frame: once it arrived, the packets it told about need not be told again."""

    def __init__(self, receipts: "Receipts", largest: int) -> None:
        self._receipts = receipts
        self._largest = largest

    def on_acknowledged(self, *, now: float) -> None:
        self._receipts.forget_below(self._largest)

    def on_lost(self, *, now: float) -> None:
        pass


class Receipts:
    """Packet numbers received, and the acknowledgement that is owed for them."""

    def __init__(self) -> None:
        self._received = RangeSet()
        self._largest_at = 0.0
        self._due_at: float | None = None
        self._untold = 0
        self._untold_since = 0.0
        self._urgent_untold = 0
        self._copies = 0
        self._copy_at = 0.0
        self._told_up_to = self.largest = -1

    def received(self, number: int, *, elicits_ack: bool, patience: float, received_at: float) -> None:
        """Remember an authentic packet.

        Args:
            patience: seconds that its acknowledgement may wait for something to ride on, or for others.
            received_at: when it came to this host; what is told of it counts from then.
        """
        if number > self.largest:
            self.largest, self._largest_at = number, received_at
        self._received.add(number)
        if elicits_ack:
            if self._untold == 0:
                self._untold_since = received_at
            self._untold += 1
            self._urgent_untold += patience == 0
            moment = received_at if self._untold >= MOST_UNTOLD else received_at + patience
            if self._untold >= SOME_UNTOLD:
                moment = min(moment, self._untold_since + SOME_UNTOLD_FOR)
            self._due_at = moment if self._due_at is None else min(self._due_at, moment)

    def due_at(self) -> float | None:
        """Return when an acknowledgement must leave even alone; None when none is owed."""
        return self._copy_at if self._due_at is None and self._copies else self._due_at

    def acknowledgement(self, *, now: float) -> Ack:
        """Return the ACK frame for everything received so far, at least one packet, and owe nothing."""
        self._due_at = None
        self._untold = self._urgent_untold = 0
        self._told_up_to = self.largest
        ranges = self._received.newest_first(1 + MAX_FURTHER_RANGES)
        return Ack(ranges, max(0.0, now - self._largest_at))

    def forget_below(self, number: int) -> None:
        """Stop telling about packets below a number: the peer knows what became of them."""
        self._received.forget_below(number)

    @property
    def owed(self) -> bool:
        """Whether the peer waits for an acknowledgement, or it shall be told once more."""
        return self._due_at is not None or self._copies > 0

    @property
    def forgettable(self) -> bool:
        """Whether there are so many holes that a datagram with room, whose arrival will be known, should tell them."""
        return not self.owed and len(self._received) > RANGES_WORTH_FORGETTING

    def plan_copies(self, *, is_lossy: bool, now: float) -> None:
        """Have the acknowledgement that leaves now told again soon, or count that as one of those.

        Args:
            is_lossy: it may well be lost: where it tells of several that were to be told at once it is told again, as
                the peer would else be without news of a whole message. So it is where some of that are missing.
        """
        first_of_newest, _ = self._received.newest_first(1)[0]
        is_lossy = is_lossy or first_of_newest > self._told_up_to + 1
        if is_lossy and self._urgent_untold > 1:
            self._copies = ACKNOWLEDGED_AGAIN
        else:
            self._copies = max(0, self._copies - 1)
        self._copy_at = now + COPY_GAP

    def told(self, *, now: float) -> Load:
        """Return the acknowledgement of everything received, ready to be sent."""
        acknowledgement = self.acknowledgement(now=now)
        return Load(ACK.encode(acknowledgement), _Told(self, acknowledgement.largest), elicits_ack=False)
