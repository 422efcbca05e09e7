"""What one direction of a link does to datagrams, as values. Knows neither chance nor time: that is `Link`'s part."""

import math
from dataclasses import dataclass, replace
from typing import Final

from .cellular import Opportunities
from .errors import ImpossibleLink
from .schedule import Schedule

#: Default bytes of a bottleneck's queue: a small home router's. Only links with a rate have one.
DEFAULT_QUEUE: Final = 64 * 1024

#: Counts what the model does otherwise than before: results of another revision are no repeats. Revision 2 keeps
#: jitter's distribution where datagrams come close together; before, dense traffic met the greatest of many draws.
REVISION: Final = 2

#: Shortest mean spell of `Bursts` in seconds; shorter ones are single losses, which `loss` models better.
MIN_SPELL: Final = 0.001


@dataclass(frozen=True, slots=True)
class Bursts:
    """Gilbert-Elliott loss: a link that is good, then bad, then good, for random (exponential) times.

    Time moves the states, not packets: sparse traffic such as typing would otherwise sit in one burst for
    minutes. They are drawn from the seed and the clock alone, so that every tool under test meets the same outages.

    Attributes:
        good: mean seconds of a good spell.
        bad: mean seconds of a bad spell.
        loss_good: share lost while good.
        loss_bad: share lost while bad.
        both_ways: whether both directions of a link are bad together; otherwise each has its own spells.

    Source: E. O. Elliott, "Estimates of error rates for codes on burst-noise channels", BSTJ 42 (1963).
    """

    good: float
    bad: float
    loss_good: float = 0.0
    loss_bad: float = 1.0
    both_ways: bool = False

    def __post_init__(self) -> None:
        for name in ("good", "bad"):
            if not MIN_SPELL <= getattr(self, name) < math.inf:
                raise ImpossibleLink(f"a mean {name} spell cannot be {getattr(self, name)} s: give 1ms or more")
        _require_share("burst loss_good", self.loss_good)
        _require_share("burst loss_bad", self.loss_bad)


@dataclass(frozen=True, slots=True)
class LinkModel:
    """What one direction does to datagrams. The default is a perfect link.

    Attributes:
        delay: seconds every datagram takes at least.
        jitter: more seconds, uniform between 0 and this at any pace of sending.
        reorder: whether jitter is drawn for each datagram, so that it may overtake; otherwise it wanders, see
            `OrderedJitter`.
        loss: share lost, each datagram by itself.
        bursts: bursty loss, besides `loss`; None for none.
        duplicate: share that arrives twice.
        duplicate_spread: seconds by which the second copy may be later, uniform.
        corrupt: share that arrives with one bit flipped.
        rate: bits per second of the bottleneck; None for no limit.
        cellular: the bottleneck's moments of delivery, in the place of a rate; None for none.
        queue: bytes that may wait before the bottleneck, the datagram being sent included; more is dropped.
        codel: whether CoDel keeps that queue short.
        download: whether somebody else's download keeps that queue nearly full.
        mtu: largest IP packet in bytes, headers included; larger ones vanish. None for no limit.
        schedule: how all this changes as time goes on; None for never.
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
    cellular: Opportunities | None = None
    queue: int = DEFAULT_QUEUE
    codel: bool = False
    download: bool = False
    mtu: int | None = None
    schedule: Schedule | None = None

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
        self._require_one_bottleneck()
        if self.schedule is not None:
            for change in self.schedule.changes:
                self.as_of(change.at)

    @property
    def has_bottleneck(self) -> bool:
        """Whether datagrams may have to wait for those before them."""
        return self.rate is not None or self.cellular is not None

    def as_of(self, time: float) -> "LinkModel":
        """Return what holds `time` seconds after the schedule's begin, itself without a schedule.

        Raises:
            ImpossibleLink: the schedule changes it to what cannot be.
        """
        if self.schedule is None:
            return self
        values = self.schedule.values_at(time)
        try:
            return replace(self, schedule=None, **values)  # type: ignore[arg-type]  # as the caller names them
        except ImpossibleLink as error:
            raise ImpossibleLink(f"{time:g} s into {self.schedule.name}: {error}") from error

    def _require_one_bottleneck(self) -> None:
        if self.rate is not None and self.cellular is not None:
            raise ImpossibleLink("a link has a rate or a cellular trace, not both: set one of them to none")
        if self.download and self.rate is None:
            raise ImpossibleLink("a download fills the queue before a rate: give a rate, or leave the download out")
        if self.download and self.codel:
            raise ImpossibleLink(
                "how a download yields to codel is its TCP's part: take the download out and run a real one"
            )


def _require_time(name: str, seconds: float) -> None:
    if not 0 <= seconds < math.inf:
        raise ImpossibleLink(f"{name} cannot be {seconds} s: give 0 or more")


def _require_positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ImpossibleLink(f"{name} cannot be {value}: give more than 0")


def _require_share(name: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise ImpossibleLink(f"{name} cannot be {share}: give a share between 0 and 1, or 0% and 100%")
