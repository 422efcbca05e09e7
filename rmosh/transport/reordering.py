"""How far packets overtake each other on a path: what turns out late was no loss, and the next one is waited for."""

from rmosh.transport.policy import (
    REORDERING_FORGOTTEN_AFTER,
    REORDERING_PACKETS,
    REORDERING_PACKETS_MAX,
    REORDERING_TIME,
    REORDERING_TIME_MAX,
)


class Reordering:
    """By how many packets and how much time one may be overtaken before it counts as lost.

    Attributes:
        packets: how many sent after it have arrived.
        time: how long it has been on its way, in round trips.
    """

    def __init__(self) -> None:
        self.packets = REORDERING_PACKETS
        self.time = REORDERING_TIME
        self._lost_since_late = 0

    def late(self, *, behind: int, waited: float) -> None:
        """Take note of a packet that was taken for lost and arrived.

        Args:
            behind: how many numbers after it have arrived.
            waited: how long it took to be acknowledged, in round trips.
        """
        self._lost_since_late = 0
        self.packets = max(self.packets, min(behind + 1, REORDERING_PACKETS_MAX))
        self.time = max(self.time, min(waited, REORDERING_TIME_MAX))

    def lost(self) -> None:
        """Take note of a packet that is taken for lost."""
        self._lost_since_late += 1
        if self._lost_since_late >= REORDERING_FORGOTTEN_AFTER:
            self.packets, self.time, self._lost_since_late = REORDERING_PACKETS, REORDERING_TIME, 0
