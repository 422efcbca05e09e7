"""Packets on their way: what was in them, which arrived, which are lost (RFC 9002 section 6.1).

Knows packet numbers and times; what the packets carried is opaque (`Cargo`).
"""

from collections import OrderedDict
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple, Protocol

from rmosh.lazy_dataclass import dataclass
from rmosh.transport.policy import TIMER_GRANULARITY
from rmosh.transport.reordering import Reordering

#: Most packets remembered after they were given up, to learn from them when they turn out late.
_LATE_MEMORY = 1024


class Cargo(Protocol):
    """A part of a packet whose sender wants to know its fate."""

    def on_acknowledged(self, *, now: float) -> None:
        """The packet arrived."""

    def on_lost(self, *, now: float) -> None:
        """The packet seems not to have arrived; it may still turn out late."""


@dataclass(slots=True)
class SentPacket:
    """One packet that elicits an acknowledgement.

    Attributes:
        size: bytes of the whole datagram.
        window_limited: the congestion window held something back when it was sent.
        probes_mtu: it was sent to learn whether its size passes; its loss says nothing else.
        train: which of the streams' bursts it left with; -1 for none.
        probes_path: it was sent to learn whether the path works; that it is lost is no news of one that may be dead.
        counted_lost: it went into the loss estimate.
        background: it takes no room from what somebody waits for.
        alone: nothing else was on its way when it was sent, so that whatever it waited for is none of ours.
        ack_wait: seconds for which its acknowledgement may wait.
        owed_at: since when that is owed.
    """

    number: int
    sent_at: float
    size: int
    cargo: tuple[Cargo, ...]
    window_limited: bool = False
    probes_mtu: bool = False
    counted_lost: bool = False
    background: bool = False
    alone: bool = False
    probes_path: bool = False
    train: int = -1
    ack_wait: float = 0.0
    owed_at: float = 0.0

    @property
    def is_question(self) -> bool:
        """Whether a peer that is there answers it: a probe may be lost on a path that works."""
        return not self.probes_mtu and not self.probes_path


class AckResult(NamedTuple):
    """What one ACK frame told.

    Attributes:
        acknowledged: packets that arrived, newest first.
        late: how many of them were counted as lost before.
        newest_is_new: the largest acknowledged number was not known before, so an RTT sample may be taken.
    """

    acknowledged: tuple[SentPacket, ...]
    late: int
    newest_is_new: bool


class SentPackets:
    """All packets whose fate is not known, in order of sending.

    Attributes:
        bytes_in_flight, bytes_on_way: of all of them but those in the background, and of all.
        open_questions: how many of them are no probes, so that a peer that works answers them.
        with_streams: how many of them carry streams.
        lost: how many were given up and were not acknowledged since, but for probes of the path's size.
    """

    def __init__(self) -> None:
        self._outstanding: OrderedDict[int, SentPacket] = OrderedDict()  # whose oldest is found at once
        self._given_up: OrderedDict[int, SentPacket] = OrderedDict()
        self._told: dict[int, int] = {}
        self._reordering = Reordering()
        self._waiting: SentPacket | None = None
        self._largest_acknowledged = -1
        self.bytes_in_flight = self.bytes_on_way = 0
        self.open_questions = 0
        self.with_streams = 0
        self.lost = 0

    def __len__(self) -> int:
        return len(self._outstanding)

    def sent(self, packet: SentPacket) -> None:
        """Remember a packet."""
        packet.alone = not self._outstanding
        packet.owed_at = packet.sent_at + packet.ack_wait
        if self._waiting is not None and self._waiting.owed_at > packet.owed_at:
            self._waiting.owed_at = packet.owed_at  # whoever acknowledges the later one tells of this, too
        self._waiting = packet if packet.ack_wait else None
        self._outstanding[packet.number] = packet
        self.bytes_in_flight += _weight(packet)
        self.bytes_on_way += packet.size
        self.open_questions += packet.is_question
        self.with_streams += packet.train >= 0

    def acknowledge(self, ranges: Iterable[tuple[int, int]], *, now: float, rtt: float) -> AckResult:
        """Take half-open ranges of packet numbers, newest first; numbers never sent are ignored.

        Args:
            now, rtt: by how much those were late that were given up is judged by these.
        """
        acknowledged: list[SentPacket] = []
        late = 0
        for start, stop in self._not_told_before(tuple(ranges)):
            for number in self._known_in(start, stop):
                packet = self._outstanding.pop(number, None)
                if packet is not None:
                    self.bytes_in_flight -= _weight(packet)
                    self.bytes_on_way -= packet.size
                    self.open_questions -= packet.is_question
                    self.with_streams -= packet.train >= 0
                else:
                    packet = self._given_up.pop(number)
                    self.lost -= not packet.probes_mtu
                    late += packet.counted_lost
                    if packet.counted_lost:
                        behind = self._largest_acknowledged - number
                        self._reordering.late(behind=behind, waited=(now - packet.sent_at) / rtt)
                acknowledged.append(packet)
        newest_is_new = bool(acknowledged) and acknowledged[0].number > self._largest_acknowledged
        if newest_is_new:
            self._largest_acknowledged = acknowledged[0].number
        return AckResult(tuple(acknowledged), late, newest_is_new)

    def _not_told_before(self, ranges: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
        """Return what the acknowledgement before did not tell: all the others were taken then."""
        told, self._told = self._told, dict(ranges)
        return [(max(start, told.get(start, start)), stop) for start, stop in ranges if told.get(start) != stop]

    def _known_in(self, start: int, stop: int) -> list[int]:
        """Return the remembered numbers of a range, newest first; costs the smaller of the two sets."""
        if stop - start <= len(self._outstanding) + len(self._given_up):
            numbers: Iterable[int] = range(stop - 1, start - 1, -1)
            return [n for n in numbers if n in self._outstanding or n in self._given_up]
        known = [n for known in (self._outstanding, self._given_up) for n in known if start <= n < stop]
        return sorted(known, reverse=True)

    def detect_lost(self, *, now: float, rtt: float) -> list[SentPacket]:
        """Return packets that count as lost from now on: sent well before one that arrived."""
        lost: list[SentPacket] = []
        patience = self._patience(rtt)
        for packet in self._before_newest():
            if not self.is_overtaken(packet) and packet.sent_at + patience > now:
                continue
            lost.append(packet)
        for packet in lost:
            packet.counted_lost = not packet.probes_mtu
            self._reordering.lost()
        self._give_up(lost)
        return lost

    def is_overtaken(self, packet: SentPacket) -> bool:
        """Tell whether so many later ones have arrived that it is hardly late."""
        return self._largest_acknowledged - packet.number >= self._reordering.packets

    def loss_deadline(self, *, rtt: float) -> float | None:
        """Return when the next packet would count as lost by time alone."""
        for packet in self._before_newest():
            return packet.sent_at + self._patience(rtt)
        return None

    def oldest_owed_at(self) -> float | None:
        """Return since when the acknowledgement of the oldest packet of unknown fate is owed."""
        for packet in self._outstanding.values():
            return packet.owed_at
        return None

    def open_of_flight(self, sent_at: float) -> int:
        """Return how many of those that left at a moment are of unknown fate."""
        # Packets stand as they left, and what was just answered is near the first: a stream has thousands behind it.
        not_later = takewhile(lambda packet: packet.sent_at <= sent_at, self._outstanding.values())
        return sum([packet.sent_at == sent_at for packet in not_later])

    def forget_owed_before(self, moment: float) -> list[SentPacket]:
        """Stop waiting for acknowledgements owed before a moment: the path is silent or gone."""
        gone = list(takewhile(lambda packet: packet.owed_at < moment, self._outstanding.values()))
        self._give_up(gone)
        return gone

    def _give_up(self, packets: Iterable[SentPacket]) -> None:
        for packet in packets:
            del self._outstanding[packet.number]
            self.bytes_in_flight -= _weight(packet)
            self.bytes_on_way -= packet.size
            self.open_questions -= packet.is_question
            self.with_streams -= packet.train >= 0
            self._given_up[packet.number] = packet
            self.lost += not packet.probes_mtu
        while len(self._given_up) > _LATE_MEMORY:
            del self._given_up[next(iter(self._given_up))]

    def _before_newest(self) -> Iterable[SentPacket]:
        for packet in self._outstanding.values():
            if packet.number > self._largest_acknowledged:
                return
            yield packet

    def _patience(self, rtt: float) -> float:
        return self._reordering.time * rtt + TIMER_GRANULARITY


def _weight(packet: SentPacket) -> int:
    return 0 if packet.background else packet.size
