"""The standard streams of a process that must not hold on to its login."""

import os
from typing import Final

STANDARD_OUTPUT: Final = 1

#: First descriptor that is not a standard stream, and the end of the range closed in case SSH left some open.
FIRST_OTHER: Final = 3
OTHERS_END: Final = 65536


def close_others() -> None:
    """Close all that was inherited beside the standard streams."""
    os.closerange(FIRST_OTHER, OTHERS_END)


def is_open(descriptor: int) -> bool:
    """Tell whether a descriptor is open."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def fill_standard_streams() -> None:
    """Give closed standard streams a harmless file, so that no socket gets a number that is written to."""
    for descriptor in range(FIRST_OTHER):
        if not is_open(descriptor):
            point_at_null(descriptor)


def leave_standard_streams() -> None:
    """Let go of the login's standard streams."""
    for descriptor in range(FIRST_OTHER):
        point_at_null(descriptor)


def point_at_null(descriptor: int) -> None:
    """Make a descriptor one of the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)
    else:
        os.set_inheritable(descriptor, True)
