"""How the commands end: their exit status, and SIGTERM."""

import signal
import sys
from typing import Final

#: Exit status of our own failures. Source: argparse uses 2 for usage, ssh 255 for its own; this is neither.
EXIT_FAILED: Final = 1

#: Exit status of a command line that means nothing. Source: argparse.
EXIT_USAGE: Final = 2


def end_by_sigterm() -> None:
    """Let SIGTERM end us by way of every context manager, so that nothing we started stays behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
