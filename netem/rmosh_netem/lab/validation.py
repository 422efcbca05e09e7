"""Checks the laboratory against what it was asked for: `rmosh-netem validate`."""

import math
import socket
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ..link import LinkModel
from ..profiles import Profile
from .backends import BackendName
from .lab import Lab
from .probes import Seen, ping, send_datagrams, tcp_throughput

if TYPE_CHECKING:
    from rich.table import Table

#: Bounds that issue and README promise: seconds of a delay, share of a rate, bits a second with nothing in the way.
_DELAY_BOUND: Final = 0.001
_RATE_BOUND: Final = 0.03
_LEAST_THROUGHPUT: Final = 300e6

#: How sure a share must be within its interval. With five such checks one seed in twenty has one outside by chance, so
#: what is outside is measured once more, anew: twice outside by chance happens to one seed in two thousand.
_CONFIDENCE: Final = 0.99


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table."""

    what: str
    asked: str
    measured: str
    bound: str
    passed: bool


def validate(*, seed: int, backend: BackendName, say: Callable[[str], None]) -> list[Check]:
    """Measure everything, about half a minute.

    Raises:
        NetemError: there can be no laboratory here.
    """
    checks: list[Check] = []
    with Lab(Profile("validation", "", "", LinkModel(), LinkModel()), seed=seed, backend=backend, private=True) as lab:
        for name, measure in _MEASUREMENTS.items():
            say(f"measuring {name}")
            lab.change(up=LinkModel(), down=LinkModel())
            checks += measure(lab)
    return checks


def as_table(checks: Sequence[Check]) -> "Table":
    """Return the checks as a table for people."""
    from rich.table import Table

    table = Table("what", "asked", "measured", "bound", "", title="rmosh-netem lab, asked and measured")
    for check in checks:
        verdict = "[green]ok[/green]" if check.passed else "[red]no[/red]"
        table.add_row(check.what, check.asked, check.measured, check.bound, verdict)
    return table


def binomial_interval(trials: int, share: float) -> tuple[int, int]:
    """Return the least and the most successes that `_CONFIDENCE` of all experiments have."""
    if share in (0, 1):
        return round(trials * share), round(trials * share)
    tail = (1 - _CONFIDENCE) / 2
    total, low, high = 0.0, 0, trials
    for successes in range(trials + 1):
        chance = math.lgamma(trials + 1) - math.lgamma(successes + 1) - math.lgamma(trials - successes + 1)
        chance += successes * math.log(share) + (trials - successes) * math.log1p(-share)
        if total <= tail:
            low = successes
        total += math.exp(chance)
        if total >= 1 - tail:
            high = successes
            break
    return low, high


def _round_trips(lab: Lab) -> Iterator[Check]:
    families = [(socket.AF_INET, "IPv4"), *([(socket.AF_INET6, "IPv6")] if lab.client.ipv6 else [])]
    for delay in (0.0, 0.050):
        lab.change(up=LinkModel(delay=delay), down=LinkModel(delay=delay))
        for family, name in families:
            times = sorted(seen.arrived - seen.sent for seen in ping(lab, family, count=150, interval=0.01))
            if not times:
                yield Check(f"ping RTT, {name}", _ms(2 * delay), "no answer", "", False)
                continue
            median, p99 = statistics.median(times), times[len(times) * 99 // 100]
            passed = abs(median - 2 * delay) <= _DELAY_BOUND
            yield Check(f"ping RTT, {name}", _ms(2 * delay), f"{_ms(median)}, p99 {_ms(p99)}", "±1 ms", passed)


@dataclass(frozen=True, slots=True)
class _Share:
    """How many of so many trials had a fate whose chance is known."""

    count: int
    trials: int
    chance: float


def _losses(lab: Lab) -> Iterator[Check]:
    def pings() -> _Share:
        return _Share(len({seen.number for seen in ping(lab, socket.AF_INET, count=2000, interval=0.0005)}), 2000, 0.64)

    def datagrams() -> _Share:
        return _Share(len(_arrived(lab, 3000)), 3000, 0.71)

    lab.set("loss=20%")
    yield _share("pings, 20 % lost each way", pings)
    lab.set("loss=29%")
    yield _share("datagrams, 29 % lost", datagrams)


def _copies_and_damage(lab: Lab) -> Iterator[Check]:
    lab.set("duplicate=10%")
    yield _share("datagrams duplicated", lambda: _Share(len(_arrived(lab, 2000)) - 2000, 2000, 0.10))
    lab.change(up=LinkModel(corrupt=0.10), down=LinkModel())
    yield _share("datagrams corrupted", lambda: _Share(2000 - len(_arrived(lab, 2000)), 2000, 0.10))


def _arrived(lab: Lab, count: int) -> Sequence[Seen]:
    return send_datagrams(lab, count=count, interval=0.0003, size=100)[1]


def _reordering(lab: Lab) -> Iterator[Check]:
    spread = 0.010
    lab.change(up=LinkModel(jitter=spread, reorder=True), down=LinkModel())
    yield _share("pairs reordered by jitter", lambda: _swapped(lab, spread))


def _swapped(lab: Lab, spread: float) -> _Share:
    """Two packets `gap` apart, with jitter uniform to `spread`, change places with chance (1 - gap/spread)^2 / 2."""
    sent, arrived = send_datagrams(lab, count=3000, interval=0.001, size=100)
    at = {seen.number: seen.arrived for seen in arrived}
    pairs = [number for number in range(0, 3000, 2) if number in at and number + 1 in at]
    swapped = sum(at[first] > at[first + 1] for first in pairs)
    chances = [max(0.0, 1 - (sent[first + 1] - sent[first]) / spread) ** 2 / 2 for first in pairs]
    return _Share(swapped, len(pairs), statistics.fmean(chances))


def _rates(lab: Lab) -> Iterator[Check]:
    for rate, count in ((1e6, 300), (20e6, 4000)):
        size = 1000
        lab.change(up=LinkModel(rate=rate, queue=count * size), down=LinkModel())
        _, arrived = send_datagrams(lab, count=count, interval=size * 8 / rate / 2, size=size)
        times = sorted(seen.arrived for seen in arrived)
        measured = (len(times) - 1) * size * 8 / (times[-1] - times[0])
        passed = abs(measured / rate - 1) <= _RATE_BOUND
        yield Check("rate limit", f"{rate / 1e6:g} Mbit/s", f"{measured / 1e6:.3f} Mbit/s", "±3 %", passed)


def _queue(lab: Lab) -> Iterator[Check]:
    model = LinkModel(delay=0.020, rate=2e6, queue=64_000)
    lab.change(up=model, down=LinkModel())
    size = 1000
    sent, arrived = send_datagrams(lab, count=60, interval=0.0, size=size)
    errors = _queueing_errors(sent, arrived, model=model, size=size)
    worst = max(errors, default=math.inf)
    yield Check(
        "queueing delay",
        "24 to 260 ms",
        f"off by {_ms(statistics.median(errors or [math.inf]))}, worst {_ms(worst)}",
        "±1 ms (median)",
        bool(errors) and statistics.median(errors) <= _DELAY_BOUND,
    )
    model = replace(model, queue=20_000)
    lab.change(up=model, down=LinkModel())
    sent, arrived = send_datagrams(lab, count=60, interval=0.0, size=size)
    departed = int((sent[-1] - sent[0]) * 2e6 / 8 / size)
    passed = 20 <= len(arrived) <= 20 + departed + 1
    yield Check("drop-tail queue", "20 of 60 packets", f"{len(arrived)} kept", f"20 to {21 + departed}", passed)


def _queueing_errors(sent: Sequence[float], arrived: Sequence[Seen], *, model: LinkModel, size: int) -> list[float]:
    """Return how far each arrival is from that of an ideal queue."""
    assert model.rate is not None
    came = {seen.number: seen.arrived for seen in arrived}
    busy_until, errors = -math.inf, []
    for number, time in enumerate(sent):
        busy_until = max(time, busy_until) + size * 8 / model.rate
        if number in came:
            errors.append(abs(came[number] - busy_until - model.delay))
    return errors


def _blackouts(lab: Lab) -> Iterator[Check]:
    lab.blackout(0.5)
    sent, arrived = send_datagrams(lab, count=800, interval=0.001, size=100)
    first = min((seen.arrived for seen in arrived), default=math.inf)
    lasted = first - sent[0]
    yield Check("blackout", "500 ms", _ms(lasted), "-10/+2 ms", 0.490 <= lasted <= 0.502)


def _throughput(lab: Lab) -> Iterator[Check]:
    measured = tcp_throughput(lab, seconds=3.0)
    passed = measured >= _LEAST_THROUGHPUT
    yield Check("unimpaired TCP", "300 Mbit/s", f"{measured / 1e6:.0f} Mbit/s", "at least", passed)


_MEASUREMENTS: Final[dict[str, Callable[[Lab], Iterator[Check]]]] = {
    "round trips": _round_trips,
    "losses": _losses,
    "copies and damage": _copies_and_damage,
    "reordering": _reordering,
    "rates": _rates,
    "queues": _queue,
    "a blackout": _blackouts,
    "throughput": _throughput,
}


def _share(what: str, measure: Callable[[], _Share]) -> Check:
    """Check a share; once more, and said so, where it is outside of its interval."""
    check = _judge(what, measure())
    return check if check.passed else _judge(f"{what} (second try)", measure())


def _judge(what: str, found: _Share) -> Check:
    low, high = binomial_interval(found.trials, found.chance)
    bound = f"{low / found.trials:.1%} to {high / found.trials:.1%}"
    measured = f"{found.count / found.trials:.1%} of {found.trials}"
    return Check(what, f"{found.chance:.1%}", measured, bound, low <= found.count <= high)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
