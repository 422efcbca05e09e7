"""How long what is sent on a path takes to be known to have arrived, losses included: what paths are compared by.

A datagram that is lost counts until a later one arrived, which says whatever of it is still worth saying: keys that are
open are in every datagram, and of screens the newest counts.
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
        self.count = 0

    def arrived(self, sent_at: float, *, now: float) -> None:
        """Count a datagram that is acknowledged, and what was given up before without a word."""
        self.count += 1
        if sent_at in self._overdue:
            self._overdue.remove(sent_at)
        self._samples.append((now, now - sent_at))
        while self._overdue:
            self._samples.append((now, now - self._overdue.popleft()))

    def overtaken(self, sent_at: float, *, now: float) -> None:
        """Count a datagram that is lost, as a later one has just shown."""
        self._samples.append((now, now - sent_at))

    def given_up(self, sent_at: float) -> None:
        """Count a datagram of which nothing is known once anything arrives."""
        self._overdue.append(sent_at)

    def begin_again(self) -> None:
        """Forget what was measured: it is another path, or another day."""
        self._samples.clear()
        self._overdue.clear()

    def at_most(self, share: float, *, now: float) -> float | None:
        """Return what such a share of them took at most, in seconds; None where there were too few lately."""
        lately = sorted(seconds for moment, seconds in self._samples if now - moment <= DELIVERIES_KEPT_FOR)
        return None if len(lately) < DELIVERIES_FEWEST else lately[int(len(lately) * share)]
