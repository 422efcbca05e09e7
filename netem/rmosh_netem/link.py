"""One direction of a bad link: says when, and whether, each datagram arrives.

Sans-IO and seeded: the virtual-clock world of the tests, the relay and the laboratory ask the same `Link`. It
knows no sockets and no clock; `now` is seconds on any clock that does not run backwards.

A datagram meets, in this order: the MTU, the queue before the bottleneck, a blackout, loss, corruption, then delay
and jitter; with reorder a duplicate takes its own jitter. Every impairment draws from its own seeded stream, so that
changing the jitter does not change which datagrams are lost.

Fates are decided when a datagram is sent; a change of the model touches only what is sent later. Schedules, bad
spells, jitter in order, cellular traces and downloads run on the clock alone, from the link's begin: they are the same
for whatever is sent, and both directions that begin together are in one tunnel together.
"""

import math
import random
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

from .bottleneck import Bottleneck
from .errors import ImpossibleLink
from .link_model import DEFAULT_QUEUE, MIN_SPELL, Bursts, LinkModel
from .ordered_jitter import OrderedJitter
from .spells import Spells

__all__ = [
    "DEFAULT_QUEUE",
    "MIN_SPELL",
    "UDP_HEADERS",
    "Arrival",
    "Bursts",
    "Link",
    "LinkCounters",
    "LinkModel",
    "link_pair",
]

#: Bytes of IPv4 and UDP header before each datagram of a UDP socket. Source: RFC 791, RFC 768.
UDP_HEADERS: Final = 28


class Arrival(NamedTuple):
    """A datagram at the far end."""

    time: float
    data: bytes


@dataclass(slots=True)
class LinkCounters:
    """What has happened on a link so far, in datagrams; the byte counts include headers.

    `streamed` of those `sent` were pieces of TCP streams.
    """

    sent: int = 0
    streamed: int = 0
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


class Link:
    """One direction of a link with its queue, its chance and its counters."""

    def __init__(
        self,
        model: LinkModel,
        seed: int,
        *,
        headers: int = UDP_HEADERS,
        begin: float = 0.0,
        shared_seed: int | None = None,
    ) -> None:
        """Make an idle link.

        Args:
            model: what it does to datagrams.
            seed: same seed, same calls, same fates.
            headers: bytes on the wire besides each datagram's own; 0 where whole IP packets are sent.
            begin: when schedules, spells and traces begin, on the clock of `now`.
            shared_seed: of the spells that hit both directions together; None for this direction's own.
        """
        self.model = model
        self.counters = LinkCounters()
        self._headers = headers
        self._loss_chance = random.Random(f"{seed}/loss")
        self._burst_chance = random.Random(f"{seed}/bursts")
        self._jitter_chance = random.Random(f"{seed}/jitter")
        self._duplicate_chance = random.Random(f"{seed}/duplicate")
        self._corrupt_chance = random.Random(f"{seed}/corrupt")
        self._seed = seed
        self._shared_seed = seed if shared_seed is None else shared_seed
        self._spells: tuple[Bursts, Spells] | None = None
        self._ordered_jitter: tuple[float, OrderedJitter] | None = None
        self._blackouts: list[tuple[float, float]] = []
        self._bottleneck = Bottleneck(begin=begin)
        self._begin = begin
        self._stage: tuple[LinkModel, int] | None = None
        self._model_now = model
        self._stream_until = -math.inf
        self._last_arrival = -math.inf

    def send(self, data: bytes, *, now: float) -> list[Arrival]:
        """Put one datagram on the link; return its arrivals: none when lost, two when duplicated."""
        size = len(data) + self._headers
        self.counters.sent += 1
        self.counters.bytes_sent += size
        model = self._take_model(now)
        if model.mtu is not None and size > model.mtu:
            self.counters.dropped_by_mtu += 1
            return []
        departure = self._bottleneck.pass_through(size, model=model, now=now)
        if departure is None:
            self.counters.dropped_by_queue += 1
            return []
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
        sending no sooner than `stream_may_send_at` says.
        """
        size = len(data) + headers
        self.counters.sent += 1
        self.counters.streamed += 1
        self.counters.bytes_sent += size
        passed = self._bottleneck.pass_stream(size, model=self._take_model(now), now=now)
        departure = max(passed, self._stream_until)
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

    def begin_again(self, *, now: float) -> None:
        """Let schedules, spells and traces begin now; what is under way stays."""
        self._begin = now
        self._stage = None
        self._bottleneck.begin_again(now=now)

    def has_bottleneck(self, *, now: float) -> bool:
        """Whether a rate or a trace holds now, the schedule obeyed."""
        return self._take_model(now).has_bottleneck

    def stream_may_send_at(self, size: int, *, now: float) -> float:
        """Return `now`, or when to ask again: what a TCP stream does to the queue while it waits is its kind's."""
        return self._bottleneck.stream_may_send_at(size, model=self._take_model(now), now=now)

    def queued_bytes(self, *, now: float) -> int:
        """Bytes, headers included, that have not yet left the bottleneck."""
        return self._bottleneck.queued_bytes(now=now)

    def model_at(self, now: float) -> LinkModel:
        """Return what the schedule makes of the model at a time."""
        return self.model.as_of(now - self._begin)

    def _take_model(self, now: float) -> LinkModel:
        """Return, and from now on use, what the schedule makes of the model."""
        if self.model.schedule is None:
            self._model_now = self.model
            return self.model
        stage = self.model, self.model.schedule.stage_at(now - self._begin)
        if stage != self._stage:
            self._stage = stage
            self._model_now = self.model.as_of(now - self._begin)
        return self._model_now

    def _blacked_out_until(self, time: float) -> float | None:
        """Return when the blackout of `time` ends, None where there is none."""
        ends = [end for start, end in self._blackouts if start <= time < end]
        if self.model.schedule is not None:
            scheduled = self.model.schedule.blackout_end(time - self._begin)
            ends += [self._begin + scheduled] if scheduled is not None else []
        return max(ends, default=None)

    def _is_lost(self, departure: float) -> bool:
        lost = self._loss_chance.random() < self._model_now.loss
        bursts = self._model_now.bursts
        if bursts is None:
            return lost
        share = bursts.loss_bad if self._is_bad(bursts, departure) else bursts.loss_good
        return self._burst_chance.random() < share or lost

    def _is_bad(self, bursts: Bursts, time: float) -> bool:
        if self._spells is None or self._spells[0] != bursts:
            seed = self._shared_seed if bursts.both_ways else self._seed
            self._spells = bursts, Spells(bursts, seed)
        return self._spells[1].is_bad(time - self._begin)

    def _deliver(self, data: bytes, size: int, departure: float) -> list[Arrival]:
        if self._corrupt_chance.random() < self._model_now.corrupt and data:
            data = self._corrupted(data)
        arrivals = [Arrival(self._arrive(size, departure, in_order=not self._model_now.reorder), data)]
        if self._duplicate_chance.random() < self._model_now.duplicate:
            self.counters.duplicated += 1
            late = self._duplicate_chance.uniform(0, self._model_now.duplicate_spread)
            time = self._arrive(size, departure, in_order=not self._model_now.reorder)
            arrivals.append(Arrival(time + late, data))
        return arrivals

    def _arrive(self, size: int, departure: float, *, in_order: bool) -> float:
        time = departure + self._model_now.delay
        jitter = self._model_now.jitter
        if jitter and in_order:
            time += self._jitter_in_order(jitter, departure)
        elif jitter:
            time += self._jitter_chance.uniform(0, jitter)
        if in_order:
            time = self._last_arrival = max(time, self._last_arrival)
        self.counters.arrived += 1
        self.counters.bytes_arrived += size
        return time

    def _jitter_in_order(self, jitter: float, departure: float) -> float:
        if self._ordered_jitter is None or self._ordered_jitter[0] != jitter:
            self._ordered_jitter = jitter, OrderedJitter(jitter, seed=self._seed)
        return self._ordered_jitter[1].at(departure - self._begin)

    def _corrupted(self, data: bytes) -> bytes:
        self.counters.corrupted += 1
        bit = self._corrupt_chance.randrange(len(data) * 8)
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        return bytes(damaged)


def link_pair(
    up: LinkModel, down: LinkModel, *, seed: int, begin: float, headers: int = UDP_HEADERS
) -> tuple[Link, Link]:
    """Return both directions of one link, which begin together and share the spells that hit both ways."""
    return (
        Link(up, seed * 2, headers=headers, begin=begin, shared_seed=seed),
        Link(down, seed * 2 + 1, headers=headers, begin=begin, shared_seed=seed),
    )
