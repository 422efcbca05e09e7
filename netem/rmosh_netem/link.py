"""One direction of a bad link: says when, and whether, each datagram arrives.

Sans-IO and seeded: the virtual-clock world of the tests, the relay and the laboratory ask the same `Link`. It
knows no sockets and no clock; `now` is seconds on any clock that does not run backwards.

A datagram meets, in this order: the MTU, the drop-tail queue before the bottleneck, a blackout, loss,
corruption, then delay and jitter; a duplicate takes its own jitter. Every impairment draws from its own
seeded stream, so that changing the jitter does not change which datagrams are lost.

Fates are decided when a datagram is sent; a change of the model touches only what is sent later.
"""

import math
import random
from collections import deque
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

from .errors import ImpossibleLink

#: Bytes of IPv4 and UDP header before each datagram of a UDP socket. Source: RFC 791, RFC 768.
UDP_HEADERS: Final = 28

#: Default bytes of a bottleneck's queue: a small home router's. Only links with a rate have one.
DEFAULT_QUEUE: Final = 64 * 1024

#: Shortest mean spell of `Bursts` in seconds; shorter ones are single losses, which `loss` models better.
MIN_SPELL: Final = 0.001

#: After so many mean cycles without a datagram the state of `Bursts` is drawn afresh; no memory lasts longer.
_FORGOTTEN_CYCLES: Final = 50


class Arrival(NamedTuple):
    """A datagram at the far end."""

    time: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Bursts:
    """Gilbert-Elliott loss: a link that is good, then bad, then good, for random (exponential) times.

    Time moves the states, not packets: sparse traffic such as typing would otherwise sit in one burst for
    minutes, and every tool under test meets the same outages however many packets it sends.

    Attributes:
        good: mean seconds of a good spell.
        bad: mean seconds of a bad spell.
        loss_good: share lost while good.
        loss_bad: share lost while bad.

    Source: E. O. Elliott, "Estimates of error rates for codes on burst-noise channels", BSTJ 42 (1963).
    """

    good: float
    bad: float
    loss_good: float = 0.0
    loss_bad: float = 1.0

    def __post_init__(self) -> None:
        for name in ("good", "bad"):
            if not MIN_SPELL <= getattr(self, name) < math.inf:
                raise ImpossibleLink(f"a mean {name} spell cannot be {getattr(self, name)} s: give 1ms or more")
        _require_share("burst loss_good", self.loss_good)
        _require_share("burst loss_bad", self.loss_bad)

    @property
    def mean_loss(self) -> float:
        """Share lost over a long time."""
        return (self.good * self.loss_good + self.bad * self.loss_bad) / (self.good + self.bad)


@dataclass(frozen=True, slots=True)
class LinkModel:
    """What one direction does to datagrams. The default is a perfect link.

    Attributes:
        delay: seconds every datagram takes at least.
        jitter: more seconds, uniform between 0 and this, drawn for each datagram.
        reorder: whether jitter may let datagrams overtake; otherwise a late one holds back those behind it.
        loss: share lost, each datagram by itself.
        bursts: bursty loss, besides `loss`; None for none.
        duplicate: share that arrives twice.
        duplicate_spread: seconds by which the second copy may be later, uniform.
        corrupt: share that arrives with one bit flipped.
        rate: bits per second of the bottleneck; None for no limit.
        queue: bytes that may wait before the bottleneck, the datagram being sent included; more is dropped.
        mtu: largest IP packet in bytes, headers included; larger ones vanish. None for no limit.
    """

    delay: float = 0.0
    jitter: float = 0.0
    reorder: bool = False
    loss: float = 0.0
    bursts: Bursts | None = None
    duplicate: float = 0.0
    duplicate_spread: float = 0.0
    corrupt: float = 0.0
    rate: float | None = None
    queue: int = DEFAULT_QUEUE
    mtu: int | None = None

    def __post_init__(self) -> None:
        for name in ("delay", "jitter", "duplicate_spread"):
            _require_time(name, getattr(self, name))
        for name in ("loss", "duplicate", "corrupt"):
            _require_share(name, getattr(self, name))
        if self.rate is not None:
            _require_positive("rate", self.rate)
        if self.queue < 1:
            raise ImpossibleLink(f"a queue of {self.queue} bytes lets nothing through: give at least 1500")
        if self.mtu is not None and self.mtu < 1:
            raise ImpossibleLink(f"an mtu of {self.mtu} bytes lets nothing through: give at least 576")


@dataclass(slots=True)
class LinkCounters:
    """What has happened on a link so far, in datagrams; the byte counts include headers."""

    sent: int = 0
    bytes_sent: int = 0
    arrived: int = 0
    bytes_arrived: int = 0
    lost: int = 0
    dropped_by_queue: int = 0
    dropped_by_mtu: int = 0
    dropped_by_blackout: int = 0
    duplicated: int = 0
    corrupted: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the counters by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(slots=True)
class _Spell:
    """Where the Gilbert-Elliott chain stands."""

    bad: bool = False
    until: float = -math.inf


class Link:
    """One direction of a link with its queue, its chance and its counters."""

    def __init__(self, model: LinkModel, seed: int, *, headers: int = UDP_HEADERS) -> None:
        """Make an idle link.

        Args:
            model: what it does to datagrams.
            seed: same seed, same calls, same fates.
            headers: bytes on the wire besides each datagram's own; 0 where whole IP packets are sent.
        """
        self.model = model
        self.counters = LinkCounters()
        self._headers = headers
        self._loss_chance = random.Random(f"{seed}/loss")
        self._burst_chance = random.Random(f"{seed}/bursts")
        self._jitter_chance = random.Random(f"{seed}/jitter")
        self._duplicate_chance = random.Random(f"{seed}/duplicate")
        self._corrupt_chance = random.Random(f"{seed}/corrupt")
        self._spell = _Spell()
        self._blackouts: list[tuple[float, float]] = []
        self._queued: deque[tuple[float, int]] = deque()
        self._queued_bytes = 0
        self._busy_until = -math.inf
        self._stream_until = -math.inf
        self._last_arrival = -math.inf

    def send(self, data: bytes, *, now: float) -> list[Arrival]:
        """Put one datagram on the link; return its arrivals: none when lost, two when duplicated."""
        size = len(data) + self._headers
        self.counters.sent += 1
        self.counters.bytes_sent += size
        if self.model.mtu is not None and size > self.model.mtu:
            self.counters.dropped_by_mtu += 1
            return []
        if self.model.rate is not None and self.queued_bytes(now=now) + size > self.model.queue:
            self.counters.dropped_by_queue += 1
            return []
        departure = self._pass_bottleneck(size, now)
        if self._blacked_out_until(departure) is not None:
            self.counters.dropped_by_blackout += 1
            return []
        if self._is_lost(departure):
            self.counters.lost += 1
            return []
        return self._deliver(data, size, departure)

    def send_stream(self, data: bytes, *, now: float, headers: int = 0) -> Arrival:
        """Put a piece of a TCP stream on the link; return its arrival, never lost and never out of order.

        Rate, delay, jitter and blackouts (which hold the stream) apply; loss does not: only a kernel's own
        TCP on a link of whole packets shows what loss does to a stream. The caller keeps the queue short by
        sending no more while `queued_bytes` is above the model's queue.
        """
        size = len(data) + headers
        self.counters.sent += 1
        self.counters.bytes_sent += size
        departure = max(self._pass_bottleneck(size, now), self._stream_until)
        while (end := self._blacked_out_until(departure)) is not None:
            departure = end
        self._stream_until = departure
        return Arrival(self._arrive(size, departure, in_order=True), data)

    def black_out(self, *, start: float, end: float) -> None:
        """Let nothing through that would leave the bottleneck from `start` until `end`.

        Raises:
            ImpossibleLink: it does not end.
        """
        if not -math.inf < start <= end < math.inf:
            raise ImpossibleLink(f"a blackout cannot last from {start} to {end}: give a finite time")
        self._blackouts = [window for window in self._blackouts if window[1] > start]
        self._blackouts.append((start, end))

    def queued_bytes(self, *, now: float) -> int:
        """Bytes, headers included, that have not yet left the bottleneck."""
        while self._queued and self._queued[0][0] <= now:
            self._queued_bytes -= self._queued.popleft()[1]
        return self._queued_bytes

    def _pass_bottleneck(self, size: int, now: float) -> float:
        """Return when the last bit of `size` bytes leaves."""
        start = max(now, self._busy_until)
        if self.model.rate is None:
            return start
        departure = start + size * 8 / self.model.rate
        self._busy_until = departure
        self._queued.append((departure, size))
        self._queued_bytes += size
        return departure

    def _blacked_out_until(self, time: float) -> float | None:
        """Return when the blackout of `time` ends, None where there is none."""
        return max((end for start, end in self._blackouts if start <= time < end), default=None)

    def _is_lost(self, departure: float) -> bool:
        lost = self._loss_chance.random() < self.model.loss
        bursts = self.model.bursts
        if bursts is None:
            return lost
        self._advance_spell(bursts, departure)
        share = bursts.loss_bad if self._spell.bad else bursts.loss_good
        return self._burst_chance.random() < share or lost

    def _advance_spell(self, bursts: Bursts, time: float) -> None:
        spell = self._spell
        if time - spell.until > _FORGOTTEN_CYCLES * (bursts.good + bursts.bad):
            spell.bad = self._burst_chance.random() < bursts.bad / (bursts.good + bursts.bad)
            spell.until = time + self._spell_length(bursts)
        while spell.until <= time:
            spell.bad = not spell.bad
            spell.until += self._spell_length(bursts)

    def _spell_length(self, bursts: Bursts) -> float:
        return self._burst_chance.expovariate(1 / (bursts.bad if self._spell.bad else bursts.good))

    def _deliver(self, data: bytes, size: int, departure: float) -> list[Arrival]:
        if self._corrupt_chance.random() < self.model.corrupt and data:
            data = self._corrupted(data)
        arrivals = [Arrival(self._arrive(size, departure, in_order=not self.model.reorder), data)]
        if self._duplicate_chance.random() < self.model.duplicate:
            self.counters.duplicated += 1
            late = self._duplicate_chance.uniform(0, self.model.duplicate_spread)
            time = self._arrive(size, departure, in_order=not self.model.reorder)
            arrivals.append(Arrival(time + late, data))
        return arrivals

    def _arrive(self, size: int, departure: float, *, in_order: bool) -> float:
        time = departure + self.model.delay
        if self.model.jitter:
            time += self._jitter_chance.uniform(0, self.model.jitter)
        if in_order:
            time = self._last_arrival = max(time, self._last_arrival)
        self.counters.arrived += 1
        self.counters.bytes_arrived += size
        return time

    def _corrupted(self, data: bytes) -> bytes:
        self.counters.corrupted += 1
        bit = self._corrupt_chance.randrange(len(data) * 8)
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        return bytes(damaged)


def _require_time(name: str, seconds: float) -> None:
    if not 0 <= seconds < math.inf:
        raise ImpossibleLink(f"{name} cannot be {seconds} s: give 0 or more")


def _require_positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ImpossibleLink(f"{name} cannot be {value}: give more than 0")


def _require_share(name: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise ImpossibleLink(f"{name} cannot be {share}: give a share between 0 and 1, or 0% and 100%")
