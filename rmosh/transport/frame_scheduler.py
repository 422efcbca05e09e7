"""Which traffic class has something to say and when; one that is due and gives nothing is held back for a while.

Else an endpoint would be woken at once, again and again, or send datagrams without end for the sake of what is never
in them. No class of ours ever is held back (`tests/world` asserts it); this is for the one with a fault.
"""

from collections import Counter
from collections.abc import Sequence

from rmosh.transport.policy import HELD_BACK_FOR, MAX_VAIN_WAKEUPS
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import Load, TrafficClass


class FrameScheduler:
    """The traffic classes of one endpoint, the most urgent first.

    Attributes:
        stalls: how often a class was held back, by its name, or the endpoint's "timers".
    """

    def __init__(self, classes: Sequence[TrafficClass]) -> None:
        self._classes = tuple(classes)
        self._held_until: dict[TrafficClass, float] = {}
        self._vain = 0
        self.stalls: Counter[str] = Counter()

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when the first of them is due (0 for at once), or None."""
        moments = [moment for traffic in self._classes if (moment := self._due_at(traffic, link)) is not None]
        return min(moments) if moments else None

    def _due_at(self, traffic: TrafficClass, link: LinkConditions) -> float | None:
        due_at = traffic.due_at(link)
        held_until = self._held_until.get(traffic)
        return due_at if due_at is None or held_until is None else max(due_at, held_until)

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the frames for one datagram, at most `room` bytes of them."""
        due = self._first_due(link, now=now)
        gathered: list[Load] = []
        left = room
        for traffic in self._classes:
            given = traffic.loads(left, link, now=now)
            if traffic is due:
                self._judge(traffic, link, gave=bool(given), fairly=room == link.room <= 2 * left, now=now)
            gathered += given
            left -= sum(len(load.encoded) for load in given)
        return gathered

    def _first_due(self, link: LinkConditions, *, now: float) -> TrafficClass | None:
        for traffic in self._classes:
            due_at = self._due_at(traffic, link)
            if due_at is not None and due_at <= now:
                return traffic
        return None

    def _judge(self, traffic: TrafficClass, link: LinkConditions, *, gave: bool, fairly: bool, now: float) -> None:
        """Hold a class back that was first to speak, said nothing and still is due.

        Args:
            fairly: no acknowledgement took room, and what rides along at most half of it.
        """
        if gave:
            self._held_until.pop(traffic, None)
        elif fairly and (due_at := traffic.due_at(link)) is not None and due_at <= now:
            self._held_until[traffic] = now + HELD_BACK_FOR
            self.stalls[type(traffic).__name__] += 1

    def rested(self, wakeup: float, *, now: float) -> float:
        """Return when to wake the endpoint that wants to be: later where it wanted that at once too often, in vain."""
        if wakeup > now:
            return wakeup
        self._vain += 1
        if self._vain <= MAX_VAIN_WAKEUPS:
            return wakeup
        self.stalls["timers"] += 1
        return now + HELD_BACK_FOR

    def led_to_something(self) -> None:
        """Datagrams left: what the endpoint was woken for was not in vain."""
        self._vain = 0

    def hurry(self) -> None:
        """The peer answers again after silence, or the path is new: nobody waits any longer."""
        self._held_until.clear()
        for traffic in self._classes:
            traffic.hurry()
