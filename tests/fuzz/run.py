"""Fuzz one part of rmosh, guided by coverage: `pip install '.[fuzz]'`, then `python tests/fuzz/run.py terminal`.

Inputs that reach new code are kept in --found; those worth keeping go into tests/fuzz/corpus by hand, small. An input
that breaks something is written to the present directory and can be given again: `run.py TARGET crash-...`.
"""

import argparse
import sys
from pathlib import Path

import atheris

HERE = Path(__file__).parent

with atheris.instrument_imports(include=["rmosh", "rmosh_client"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("inputs", nargs="*", help="run only these files")
    parser.add_argument("--runs", type=int, default=1_000_000, help="how many inputs (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="for the fuzzer's choices (default %(default)s)")
    parser.add_argument("--longest", type=int, default=512, help="longest input, bytes (default %(default)s)")
    parser.add_argument("--seconds", type=int, default=0, help="stop after so long (default: when all runs are done)")
    parser.add_argument("--found", type=Path, default=Path("results/fuzz"), help="where inputs are kept")
    chosen = parser.parse_args()
    corpus = [*map(str, chosen.inputs)]
    if not corpus:
        found = chosen.found / chosen.target
        found.mkdir(parents=True, exist_ok=True)
        corpus = [str(found), str(HERE / "corpus" / chosen.target)]
    options = [f"-runs={chosen.runs}", f"-seed={chosen.seed}", f"-max_len={chosen.longest}", "-timeout=20"]
    if chosen.seconds:
        options.append(f"-max_total_time={chosen.seconds}")
    atheris.Setup([sys.argv[0], *options, *corpus], TARGETS[chosen.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
