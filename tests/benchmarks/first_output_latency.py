"""How long the first output after a login, an attach or a move takes in the virtual world: the screen, then the rest.

Run: python tests/benchmarks/first_output_latency.py [--seeds 4] [--rate 20e6] [--loss 0] [--delays 0.005 0.15]

Both cores are real, time is virtual. `command`: 16 KB that hardly deflate and the end, for a client that is just
coming; `later`: the same 3 s after it came; `moved`: after a move to that link from one of 10 ms; `grown`: after the
path became that link unannounced; `long`: 135 KB. Told is the worst of the seeds: round trips (and ms) from the last
line on the user's screen to the end, and how many lines are missing then. `attach`: to so many lines, milliseconds
until the screen is there and until all lines are.
"""

import argparse

from rmosh_netem.link import LinkModel
from tests.world.first_output import attach, command, grown_longer, later, long, moved

#: Seconds each way.
DELAYS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3)

RUNS = {"command": command, "later": later, "moved": moved, "grown": grown_longer, "long": long}


def main() -> None:
    """Measure everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--rate", type=float, default=20e6)
    parser.add_argument("--loss", type=float, default=0.0)
    parser.add_argument("--delays", type=float, nargs="+", default=DELAYS)
    arguments = parser.parse_args()
    print(f"{arguments.rate / 1e6:g} Mbit/s, loss {arguments.loss:.0%}")
    attached = f"{'attach 900':>16}{'attach 20,000':>16}"
    print(f"{'each way':<10}" + "".join([f"{name:>26}" for name in RUNS]) + attached)
    for delay in arguments.delays:
        link = LinkModel(delay=delay, rate=arguments.rate, loss=arguments.loss)
        print(row(link, arguments.seeds), flush=True)


def row(link: LinkModel, seeds: int) -> str:
    """Measure one link."""
    told = f"{1000 * link.delay:<10.0f}"
    for run in RUNS.values():
        ends = [run(link, seed) for seed in range(seeds)]
        after = max(end.after for end in ends)
        told += f"{after / (2 * link.delay):10.1f} ({1000 * after:6.0f}) {max(end.missing for end in ends):5}"
    for lines in (900, 20_000):
        times = [attach(link, lines, seed) for seed in range(seeds)]
        told += f"{1000 * max(screen for screen, _ in times):8.0f}{1000 * max(whole for _, whole in times):8.0f}"
    return told


if __name__ == "__main__":
    main()
