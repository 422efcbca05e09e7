"""The entry point of the command `rmosh-server`."""

from rmosh_server.command.run import run


def main() -> int:
    """Do what the command line asks; return the exit status."""
    return run()
