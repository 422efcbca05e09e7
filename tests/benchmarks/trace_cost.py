"""What an observer costs while there is none, and while there is one that writes qlog: processor time of one session.

Run: python tests/benchmarks/trace_cost.py [--runs 5] [--against ROOT]

Both cores, 5 % loss each way, 500 keys and a flood of 3,000 lines, in virtual time; the runs of a build that is
compared with take turns with these. Bytes are IP packets both ways: they are the same, observed or not.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]

#: Where a tree has what is imported here.
_FOLDERS = ("", "client", "server", "netem", "tests/world")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--against", type=Path, help="the root of another build's tree")
    parser.add_argument("--one", choices=["off", "on"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        seconds, sent = run(observed=arguments.one == "on")
        print(seconds, sent)
        return
    builds = [("off", ROOT, "off"), ("on", ROOT, "on")]
    if arguments.against is not None:
        builds.insert(0, ("the other build", arguments.against.resolve(), "off"))
    measured: dict[str, list[tuple[float, int]]] = {name: [] for name, _, _ in builds}
    for _ in range(arguments.runs):
        for name, root, mode in builds:
            measured[name].append(in_process(root, mode))
    for name, figures in measured.items():
        least, middle = min(figures)[0], median(figure[0] for figure in figures)
        print(f"{name:<16} least {least:.3f} s, median {middle:.3f} s, {figures[0][1]} bytes")


def in_process(root: Path, mode: str) -> tuple[float, int]:
    """Run once with what a tree has."""
    paths = os.pathsep.join(str(root / folder) for folder in _FOLDERS)
    command = [sys.executable, __file__, "--one", mode]
    told = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, check=True, capture_output=True, text=True)
    seconds, sent = told.stdout.split()
    return float(seconds), int(sent)


def run(*, observed: bool) -> tuple[float, int]:
    """Return the processor's seconds that a session takes, and the bytes that went over its link."""
    try:
        from tests.world.virtual_session import make_virtual_session
    except ImportError:  # an older build's
        from virtual_session import make_virtual_session  # type: ignore[import-not-found, no-redef]  # as said
    from rmosh_netem.link import LinkModel

    session = make_virtual_session(LinkModel(delay=0.05, loss=0.05), seed=3)
    if observed:
        from tests.world.trace_reading import trace_both

        trace_both(session)
    began = time.process_time()
    for _ in range(500):
        session.type(b"k")
        session.world.run(0.1)
    session.output(b"".join(b"line %d\r\n" % number for number in range(3000)))
    session.world.run(5)
    seconds = time.process_time() - began
    return seconds, session.world.up.counters.bytes_sent + session.world.down.counters.bytes_sent


if __name__ == "__main__":
    main()
