"""How `rmosh-server` says what went wrong."""

import contextlib
import sys

from rmosh.errors import BootstrapError
from rmosh_server.plain_text import remark


def print_error(error: BootstrapError) -> None:
    """Print an error and what to do about it on standard error, where there is one."""
    print_warning(str(error))
    if error.hint:
        write_on_stderr(f"hint: {remark(error.hint)}\n")


def print_warning(message: str) -> None:
    """Print one remark on standard error, where somebody reads that; a session does not end because nobody does."""
    write_on_stderr(f"rmosh-server: {remark(message)}\n")


def write_on_stderr(text: str) -> None:
    """Write a text on standard error, or nowhere if that is closed, at either end, or full."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()
