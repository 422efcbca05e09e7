"""Many seeds of a world in which everything goes wrong, side by side, for programs that run as many as one likes."""

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor


def run_seeds(description: str | None, called: str, run: Callable[[int], str]) -> int:
    """Run those that the command line asks for; return how many failed, as an exit status.

    Args:
        called: what a seed makes, in the plural; `--seeds`, how many there are, may be called so too.
        run: returns what went wrong, "" where nothing did.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", f"--{called}", dest="count", type=int, default=10_000)
    parser.add_argument("--first-seed", type=int, default=0)
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.count)
    with ProcessPoolExecutor() as pool:
        failures = [failure for failure in pool.map(run, seeds, chunksize=20) if failure]
    print("\n".join(failures))
    print(f"{len(seeds)} {called}, {len(failures)} failed")
    return min(len(failures), 125)
