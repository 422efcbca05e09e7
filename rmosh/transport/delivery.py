"""How long what is sent on a path takes to be known to have arrived, losses included: what paths are compared by.

A datagram that is lost counts until a later one arrived, which says whatever of it is still worth saying: keys that are
open are in every datagram, and of screens the newest counts. Where nothing was sent for a while nothing was open, and
what was lost before, such as the last of several copies, was not missed.
"""

from collections import deque

from rmosh.transport.policy import DELIVERIES_FEWEST, DELIVERIES_KEPT, DELIVERIES_KEPT_FOR

#: Most datagrams whose fate nothing has told yet that are remembered.
_MOST_OVERDUE = 16


class DeliveryTimes:
    """The delivery times of late, in seconds.

    Attributes:
        count: how many datagrams arrived in all.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=DELIVERIES_KEPT)
        self._overdue: deque[float] = deque(maxlen=_MOST_OVERDUE)
        self._sent_at = self._resumed_at = 0.0
        self._newest_sent_at: float | None = None
        self.count = 0

    def sent(self, sent_at: float, *, rest: float) -> None:
        """Take note of a datagram.

        Args:
            rest: seconds for which none is sent only where nothing is open.
        """
        if sent_at - self._sent_at > rest:
            self._resumed_at = sent_at
        self._sent_at = sent_at

    def arrived(self, sent_at: float, *, now: float) -> None:
        """Count a datagram that is acknowledged, once of what left with it, and what was given up without a word."""
        self.count += 1
        if sent_at in self._overdue:
            self._overdue.remove(sent_at)
        if sent_at != self._newest_sent_at:
            self._samples.append((now, now - sent_at))
        self._newest_sent_at = sent_at
        while self._overdue:
            self._samples.append((now, now - self._overdue.popleft()))

    def overtaken(self, sent_at: float, *, now: float) -> None:
        """Count a datagram that is lost, as a later one has just shown."""
        if sent_at >= self._resumed_at:
            self._samples.append((now, now - sent_at))

    def given_up(self, sent_at: float, *, rest: float, now: float) -> None:
        """Count a datagram of which nothing is known once anything arrives, unless it was not missed.

        Args:
            rest: as above.
        """
        if now - self._sent_at <= rest:
            self._overdue.append(sent_at)

    def begin_again(self) -> None:
        """Forget what was measured: it is another path, or another day."""
        self._samples.clear()
        self._overdue.clear()

    def at_most(self, share: float, *, now: float) -> float | None:
        """Return what such a share of them took at most, in seconds; None where there were too few lately."""
        lately = sorted([seconds for moment, seconds in self._samples if now - moment <= DELIVERIES_KEPT_FOR])
        return None if len(lately) < DELIVERIES_FEWEST else lately[int(len(lately) * share)]
