"""How `rmosh-server` says what went wrong."""

import contextlib
import sys

from rmosh.errors import BootstrapError


def print_error(error: BootstrapError) -> None:
    """Print an error and what to do about it on standard error, where there is one."""
    hint = f"\nhint: {error.hint}" if error.hint else ""
    print_warning(f"{error}{hint}")


def print_warning(message: str) -> None:
    """Print one remark on standard error, where somebody reads that; a session does not end because nobody does."""
    write_on_stderr(f"rmosh-server: {message}\n")


def write_on_stderr(text: str) -> None:
    """Write a text on standard error, or nowhere if that is closed, at either end, or full."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()
