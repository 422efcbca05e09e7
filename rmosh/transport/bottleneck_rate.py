"""What the narrowest place of a path passes a second, from how far apart a train of datagrams arrives.

A train leaves at once, so that its datagrams queue behind each other and arrive as fast as the path passes them: that
is known after a round trip, before more is sent than fits (packet trains; Dovrolis, Ramanathan and Moore, IEEE/ACM
ToN 2004).
"""

from collections import deque

from rmosh.transport.policy import TRAIN_LEAST_TIME, TRAINS_FEWEST, TRAINS_KEPT


class BottleneckRate:
    """The median of what the latest trains told, in bytes a second."""

    def __init__(self) -> None:
        self._rates: deque[float] = deque(maxlen=TRAINS_KEPT)
        self._train = -1
        self._began_by = self._latest_by = 0.0
        self._bytes = 0

    def arrived(self, train: int, size: int, *, sent_at: float, arrived_at: float) -> None:
        """Take note that so many bytes of a train arrived since its datagrams before; trains are numbered upwards.

        Args:
            sent_at, arrived_at: the last of them, whose times may differ by any offset.
        """
        spread = arrived_at - sent_at  # what took us its time to send is no time of the path's
        if train < self._train:
            return
        if train > self._train:
            self._finish()
            self._train, self._began_by, self._latest_by, self._bytes = train, spread, spread, 0
            return
        self._bytes += size
        self._latest_by = max(self._latest_by, spread)

    def _finish(self) -> None:
        if self._bytes:
            self._rates.append(self._bytes / max(TRAIN_LEAST_TIME, self._latest_by - self._began_by))

    @property
    def rate(self) -> float | None:
        """That median; None where too few trains told anything."""
        return sorted(self._rates)[len(self._rates) // 2] if len(self._rates) >= TRAINS_FEWEST else None
