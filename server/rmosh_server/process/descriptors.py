"""The standard streams of a process that must not hold on to its login."""

import os
from typing import Final

from rmosh.errors import BootstrapError, Stage

STANDARD_INPUT: Final = 0
STANDARD_OUTPUT: Final = 1

#: First descriptor that is not a standard stream, and the end of the range closed in case SSH left some open.
FIRST_OTHER: Final = 3
OTHERS_END: Final = 65536

#: Descriptors that a session opens at most: UDP, both ends of the PTY, two pipes, its file, its socket and who comes in
#: there, modules and files that are read for a moment; and as many again for what the system's libraries open.
SPARE: Final = 48


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


def require_spare() -> None:
    """Check that a session will have the descriptors it needs, while there is still somebody to tell.

    Raises:
        BootstrapError: the host does not give so many.
    """
    spare: list[int] = []
    try:
        for _ in range(SPARE):
            spare.append(os.dup(STANDARD_OUTPUT))
    except OSError as error:
        raise BootstrapError(
            Stage.SERVER_FAILED,
            f"a session needs {SPARE} more descriptors, and there are {len(spare)}: {error.strerror}",
            hint="`ulimit -n` shows how many a process may have, /proc/sys/fs/file-nr how many are in use",
        ) from error
    finally:
        for descriptor in spare:
            os.close(descriptor)


def point_at_null(descriptor: int) -> None:
    """Make a descriptor one of the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)
    else:
        os.set_inheritable(descriptor, True)
