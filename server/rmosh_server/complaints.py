"""How `rmosh-server` says what went wrong."""

import sys

from rmosh.errors import BootstrapError


def print_error(error: BootstrapError) -> None:
    """Print an error and what to do about it on standard error, where there is one."""
    hint = f"\nhint: {error.hint}" if error.hint else ""
    print_warning(f"{error}{hint}")


def print_warning(message: str) -> None:
    """Print one remark on standard error, where there is one."""
    if sys.stderr is not None:
        sys.stderr.write(f"rmosh-server: {message}\n")
        sys.stderr.flush()
