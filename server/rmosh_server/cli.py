"""The entry point of the command `rmosh-server`."""

from .deferred import defer


def main() -> int:
    """Do what the command line asks; return the exit status."""
    defer("inspect")
    from .command import run  # only now: nearly everything imports `dataclasses`, and that imports `inspect`

    return run()
