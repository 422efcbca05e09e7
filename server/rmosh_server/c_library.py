"""The C library of the process, for what Python has no name for."""

import ctypes
from functools import cache
from typing import Any


@cache
def c_library() -> Any:
    """Return it.

    Raises:
        OSError: it cannot be had.
    """
    return ctypes.CDLL(None, use_errno=True)


def as_long(number: int) -> Any:
    """Return a number as a function of unknown arguments takes one that may be long."""
    return ctypes.c_long(number)
