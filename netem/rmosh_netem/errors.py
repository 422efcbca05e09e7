"""What can go wrong in the latency laboratory, and how its commands end.

Each message is one line and ends with what to do.
"""

import signal
import sys
from typing import Final

#: Exit status of our own failures. Source: argparse uses 2 for usage, ssh 255 for its own; this is neither.
EXIT_FAILED: Final = 1

#: Exit status of a command line that means nothing. Source: argparse.
EXIT_USAGE: Final = 2


class NetemError(Exception):
    """Root of all errors that rmosh_netem raises on purpose."""


class BadQuantity(NetemError):
    """A text is not the time, share, rate or size it should be."""


class ImpossibleLink(NetemError):
    """A link model's values cannot be, such as a loss of 130 %."""


class BadRequest(NetemError):
    """What is asked for is not there to be had, or makes no sense."""


class BadProfile(NetemError):
    """A profile is unknown, or its file cannot be understood."""


class Unavailable(NetemError):
    """Something the laboratory needs is not there: a program, a port, an address."""


class BenchFailed(NetemError):
    """A measured program did not do what the workload waits for."""


def end_by_sigterm() -> None:
    """Let SIGTERM end us by way of every context manager, so that nothing we started stays behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
