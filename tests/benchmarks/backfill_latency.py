"""How much longer keys take in the virtual world while lines for the scrollback arrive: p50, p90, p99 and worst.

Run: python tests/benchmarks/backfill_latency.py [--keys 60] [--seeds 4]

Both cores are real, time is virtual. The same keys are typed twice: after a screenful of output and after thousands of
lines that hardly deflate; in bursts, as a quick typist does, and with pauses of up to four seconds in between.
"""

import argparse
import random
from collections.abc import Callable
from dataclasses import dataclass

from rmosh_netem.link import LinkModel
from tests.world.test_history_over_bad_links import long_lines, printed
from tests.world.virtual_session import key_latencies, make_virtual_session, percentile

#: Lines printed where there is to be no backfill: what the screen shows.
A_SCREEN = 24

SHARES = (0.5, 0.9, 0.99, 1.0)


@dataclass(frozen=True)
class Case:
    """A link, how many lines keep it busy, and the seconds between keys and in pauses."""

    link: LinkModel
    lines: int
    gaps: tuple[float, float] = (0.05, 0.3)
    pauses: tuple[float, float] = (0.3, 4.0)


CASES = {
    "LAN, 100 Mbit/s": Case(LinkModel(delay=0.0005, rate=100e6), 40_000, (0.005, 0.03), (0.02, 0.2)),
    "RTT 100, 20 Mbit/s": Case(LinkModel(delay=0.05, rate=20e6), 40_000),
    "RTT 100, 20 Mbit/s, 5 % loss": Case(LinkModel(delay=0.05, rate=20e6, loss=0.05), 40_000),
    "RTT 200, 2 Mbit/s": Case(LinkModel(delay=0.1, rate=2e6), 40_000),
    "RTT 30, 1 Mbit/s": Case(LinkModel(delay=0.015, rate=1e6), 30_000),
    "RTT 100, 1 Mbit/s": Case(LinkModel(delay=0.05, rate=1e6), 30_000),
    "RTT 100, 256 kbit/s": Case(LinkModel(delay=0.05, rate=256_000), 15_000),
    "RTT 100, 128 kbit/s": Case(LinkModel(delay=0.05, rate=128_000), 10_000),
}


def main() -> None:
    """Measure everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=4)
    arguments = parser.parse_args()
    print(f"{'ms without a backfill, and more with one':<44}" + f"{'p50':>12}{'p90':>12}{'p99':>12}{'worst':>12}")
    for name, case in CASES.items():
        for pausing in (False, True):
            quiet = latencies(case, A_SCREEN, arguments.keys, arguments.seeds, pausing=pausing)
            filling = latencies(case, case.lines, arguments.keys, arguments.seeds, pausing=pausing)
            figures = [(1000 * percentile(quiet, share), 1000 * percentile(filling, share)) for share in SHARES]
            row = "".join([f"{without:6.0f}{more - without:+6.1f}" for without, more in figures])
            print(f"{name + (', with pauses' if pausing else ''):<44}{row}", flush=True)


def latencies(case: Case, lines: int, keys: int, seeds: int, *, pausing: bool) -> list[float]:
    """Return the seconds that each key took."""
    found: list[float] = []
    for seed in range(seeds):
        up = LinkModel(delay=case.link.delay, loss=case.link.loss)
        session = make_virtual_session(up, seed=seed, down=case.link)
        session.world.run(2)
        printed(session, long_lines(0, lines))
        session.world.run(2 * case.link.delay)
        before = pauses(session.world.run, case.pauses, seed) if pausing else _at_once
        found += key_latencies(session, keys, gaps=case.gaps, seed=seed, before_key=before)
    return found


def pauses(wait: Callable[[float], None], length: tuple[float, float], seed: int) -> Callable[[], None]:
    """Return what pauses before every tenth key or so."""
    chance = random.Random(seed)

    def before_key() -> None:
        if chance.random() < 0.1:
            wait(chance.uniform(*length))

    return before_key


def _at_once() -> None:
    pass


if __name__ == "__main__":
    main()
