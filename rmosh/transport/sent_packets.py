"""Packets on their way: what was in them, which arrived, which are lost (RFC 9002 section 6.1).

Knows packet numbers and times; what the packets carried is opaque (`Cargo`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rmosh.transport.policy import REORDERING_PACKETS, REORDERING_TIME, TIMER_GRANULARITY

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
        probes_path: it was sent to learn whether the path works; that it is lost is no news of one that may be dead.
        counted_lost: it went into the loss estimate.
        background: it takes no room from what somebody waits for.
        alone: nothing else was on its way when it was sent, so that whatever it waited for is none of ours.
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
        bytes_in_flight: of all of them but those in the background.
        open_questions: how many of them are no probes, so that a peer that works answers them.
        lost: how many were given up and were not acknowledged since, but for probes of the path's size.
    """

    def __init__(self) -> None:
        self._outstanding: dict[int, SentPacket] = {}
        self._given_up: dict[int, SentPacket] = {}
        self._largest_acknowledged = -1
        self.bytes_in_flight = 0
        self.open_questions = 0
        self.lost = 0

    def __len__(self) -> int:
        return len(self._outstanding)

    def sent(self, packet: SentPacket) -> None:
        """Remember a packet."""
        packet.alone = not self._outstanding
        self._outstanding[packet.number] = packet
        self.bytes_in_flight += _weight(packet)
        self.open_questions += packet.is_question

    def acknowledge(self, ranges: Iterable[tuple[int, int]]) -> AckResult:
        """Take half-open ranges of packet numbers, newest first; numbers never sent are ignored."""
        acknowledged: list[SentPacket] = []
        late = 0
        for start, stop in ranges:
            for number in self._known_in(start, stop):
                packet = self._outstanding.pop(number, None)
                if packet is not None:
                    self.bytes_in_flight -= _weight(packet)
                    self.open_questions -= packet.is_question
                else:
                    packet = self._given_up.pop(number)
                    self.lost -= not packet.probes_mtu
                    late += packet.counted_lost
                acknowledged.append(packet)
        newest_is_new = bool(acknowledged) and acknowledged[0].number > self._largest_acknowledged
        if newest_is_new:
            self._largest_acknowledged = acknowledged[0].number
        return AckResult(tuple(acknowledged), late, newest_is_new)

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
        self._give_up(lost)
        return lost

    def is_overtaken(self, packet: SentPacket) -> bool:
        """Tell whether so many later ones have arrived that it is hardly late."""
        return self._largest_acknowledged - packet.number >= REORDERING_PACKETS

    def loss_deadline(self, *, rtt: float) -> float | None:
        """Return when the next packet would count as lost by time alone."""
        for packet in self._before_newest():
            return packet.sent_at + self._patience(rtt)
        return None

    def oldest_sent_at(self) -> float | None:
        """Return when the oldest packet of unknown fate was sent."""
        for packet in self._outstanding.values():
            return packet.sent_at
        return None

    def forget_before(self, moment: float) -> list[SentPacket]:
        """Stop waiting for packets sent before a moment: the path they took is silent or gone."""
        gone = [packet for packet in self._outstanding.values() if packet.sent_at < moment]
        self._give_up(gone)
        return gone

    def _give_up(self, packets: Iterable[SentPacket]) -> None:
        for packet in packets:
            del self._outstanding[packet.number]
            self.bytes_in_flight -= _weight(packet)
            self.open_questions -= packet.is_question
            self._given_up[packet.number] = packet
            self.lost += not packet.probes_mtu
        while len(self._given_up) > _LATE_MEMORY:
            del self._given_up[next(iter(self._given_up))]

    def _before_newest(self) -> Iterable[SentPacket]:
        for packet in self._outstanding.values():
            if packet.number > self._largest_acknowledged:
                return
            yield packet

    @staticmethod
    def _patience(rtt: float) -> float:
        return REORDERING_TIME * rtt + TIMER_GRANULARITY


def _weight(packet: SentPacket) -> int:
    return 0 if packet.background else packet.size
