"""Which traffic class has something to say and when; one that is due and gives nothing is held back for a while.

Else an endpoint would be woken at once, again and again, or send datagrams without end for the sake of what is never
in them. No class of ours ever is held back (`tests/world` asserts it); this is for the one with a fault.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rmosh.transport.channel import ChannelEnd, Urgency
from rmosh.transport.heartbeat import Heartbeat
from rmosh.transport.key_exchange import KeyExchange
from rmosh.transport.policy import HELD_BACK_FOR, MAX_VAIN_WAKEUPS
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import SMALLEST_ROOM, BulkTraffic, Load, TrafficClass, size_of


class Speaker(NamedTuple):
    """A traffic class, and the name of the channel that it speaks for."""

    name: str
    traffic: TrafficClass


class FrameScheduler:
    """Those who speak at one endpoint, the most urgent first.

    Attributes:
        goes_on: after a datagram's frames were given, whether there may be more to say at the same moment.
        stalls: how often a class was held back, by its channel's name, or the endpoint's "timers".
    """

    def __init__(self, speakers: Sequence[Speaker]) -> None:
        self._speakers = tuple(speakers)
        self._bulk = [traffic for _, traffic in speakers if isinstance(traffic, BulkTraffic)]
        self._fills = frozenset(speaker for speaker in speakers if speaker.traffic in self._bulk)
        self._held_until: dict[TrafficClass, float] = {}
        self._vain = 0
        self.goes_on = True
        self.stalls: Counter[str] = Counter()

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when the first of them is due (0 for at once), or None."""
        first: float | None = None
        for _, traffic in self._speakers:
            due_at = self._due_at(traffic, link) if self._held_until else traffic.due_at(link)
            if due_at is not None and (first is None or due_at < first):
                first = due_at
        return first

    def _due_at(self, traffic: TrafficClass, link: LinkConditions) -> float | None:
        due_at = traffic.due_at(link)
        held_until = self._held_until.get(traffic) if self._held_until else None
        return due_at if due_at is None or held_until is None else max(due_at, held_until)

    @property
    def has_bulk(self) -> bool:
        """Whether any class may have bulk to say."""
        return self.bulk_has_begun and any(traffic.has_bulk for traffic in self._bulk)

    @property
    def bulk_has_begun(self) -> bool:
        """Whether any class ever had bulk to say."""
        return any([traffic.has_begun for traffic in self._bulk])  # noqa: C419 - a list is quicker than a generator

    def bulk_alone(self, link: LinkConditions, *, now: float) -> BulkTraffic | None:
        """Return the class that has bulk to say now, where no other has anything to say."""
        due = [traffic for _, traffic in self._speakers if self._is_due(traffic, link, now=now)]
        return next((bulk for bulk in self._bulk if due == [bulk]), None)

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the frames for one datagram, at most `room` bytes of them.

        Whoever gave nothing of it though SMALLEST_ROOM was left has nothing to say.
        """
        first_due = self._first_due(link, self._speakers, now=now)
        gathered: list[Load] = []
        may_go_on: list[Speaker] = []
        left = room
        for speaker in self._speakers:
            if gathered and speaker is not first_due and speaker in self._fills:
                may_go_on.append(speaker)
                continue  # it would only make a datagram larger that somebody waits for
            given = speaker.traffic.loads(left, link, now=now)
            if speaker is first_due:
                self._judge(speaker, link, gave=bool(given), fairly=room == link.room <= 2 * left, now=now)
            if given:
                may_go_on.append(speaker)
                gathered += given
                left -= size_of(given)
        self.goes_on = left < SMALLEST_ROOM or self._first_due(link, may_go_on, now=now) is not None
        return gathered

    def _first_due(self, link: LinkConditions, among: Iterable[Speaker], *, now: float) -> Speaker | None:
        for speaker in among:
            if self._is_due(speaker.traffic, link, now=now):
                return speaker
        return None

    def _is_due(self, traffic: TrafficClass, link: LinkConditions, *, now: float) -> bool:
        due_at = self._due_at(traffic, link)
        return due_at is not None and due_at <= now

    def _judge(self, speaker: Speaker, link: LinkConditions, *, gave: bool, fairly: bool, now: float) -> None:
        """Hold a class back that was first to speak, said nothing and still is due.

        Args:
            fairly: no acknowledgement took room, and what rides along at most half of it.
        """
        if gave:
            self._held_until.pop(speaker.traffic, None)
        elif fairly and (due_at := speaker.traffic.due_at(link)) is not None and due_at <= now:
            self._held_until[speaker.traffic] = now + HELD_BACK_FOR
            self.stalls[speaker.name] += 1

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
        for speaker in self._speakers:
            speaker.traffic.hurry()


def speakers(channels: Mapping[str, ChannelEnd], heartbeat: Heartbeat | None, exchange: KeyExchange) -> list[Speaker]:
    """Return who has something to say, the most urgent first; what fills the link leaves room for what keeps it."""
    said = [(urgency, Speaker(name, traffic)) for name, end in channels.items() for urgency, traffic in end.senders]
    ordered = sorted(said, key=lambda each: each[0])
    keeping = [] if heartbeat is None else [Speaker("heartbeat", heartbeat)]
    keeping.append(Speaker("keys", exchange))
    urgent = [speaker for urgency, speaker in ordered if urgency is not Urgency.BULK]
    return [*urgent, *keeping, *(speaker for urgency, speaker in ordered if urgency is Urgency.BULK)]
