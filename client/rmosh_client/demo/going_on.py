"""What a demo leads to: a host of one's own."""

import shlex
import shutil
import sys


def how_to_go_on() -> str:
    """Return how to go on from a demo: nothing has to be installed on the host."""
    rmosh = "rmosh" if shutil.which("rmosh") else shlex.quote(sys.argv[0])
    return (
        "Now log in to a host of yours (HOST: what you would give to ssh), which needs nothing but a Python:\n\n"
        f"    {rmosh} HOST\n"
    )
