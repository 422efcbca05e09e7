"""Which of the peer's packets arrived, and when to tell it."""

from rmosh.rangeset import RangeSet
from rmosh.transport.frames import ACK, MAX_FURTHER_RANGES, Ack
from rmosh.transport.policy import MAX_ACK_DELAY, RANGES_WORTH_FORGETTING
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
        self._owed_since: float | None = None
        self._urgent = False
        self.largest = -1

    def received(self, number: int, *, elicits_ack: bool, urgent: bool, now: float) -> None:
        """Remember an authentic packet.

        Args:
            urgent: acknowledge at once, nothing worth waiting for will come to ride on.
        """
        if number > self.largest:
            self.largest, self._largest_at = number, now
        self._received.add(number)
        if elicits_ack:
            if self._owed_since is None:
                self._owed_since = now
            self._urgent = self._urgent or urgent

    def due_at(self) -> float | None:
        """Return when an acknowledgement must leave even alone; None when none is owed."""
        if self._owed_since is None:
            return None
        return self._owed_since if self._urgent else self._owed_since + MAX_ACK_DELAY

    def acknowledgement(self, *, now: float) -> Ack:
        """Return the ACK frame for everything received so far, at least one packet, and owe nothing."""
        self._owed_since = None
        self._urgent = False
        ranges = self._received.newest_first(1 + MAX_FURTHER_RANGES)
        return Ack(ranges, max(0.0, now - self._largest_at))

    def forget_below(self, number: int) -> None:
        """Stop telling about packets below a number: the peer knows what became of them."""
        self._received.forget_below(number)

    @property
    def owed(self) -> bool:
        """Whether the peer waits for an acknowledgement."""
        return self._owed_since is not None

    @property
    def forgettable(self) -> bool:
        """Whether there are so many holes that a datagram with room, whose arrival will be known, should tell them."""
        return self._owed_since is None and len(self._received) > RANGES_WORTH_FORGETTING

    def told(self, *, now: float) -> Load:
        """Return the acknowledgement of everything received, ready to be sent."""
        acknowledgement = self.acknowledgement(now=now)
        return Load(ACK.encode(acknowledgement), _Told(self, acknowledgement.largest), elicits_ack=False)
