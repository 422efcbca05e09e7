"""The entry point of the command `rmosh-server`."""

from rmosh_server.process.deferred import defer


def main() -> int:
    """Do what the command line asks; return the exit status."""
    defer("inspect")
    # Only now: nearly everything imports `dataclasses`, and that imports `inspect`.
    from rmosh_server.command.run import run

    return run()
