"""How many files this process may have open: a browser behind a proxy needs more than most systems give at first."""

import contextlib
import resource
from typing import Final

#: As many as are asked for where the system allows more. Reason: sixteen times what one end lets another open streams.
_ENOUGH: Final = 65536


def allow_more() -> bool:
    """Take as many as the system allows; return whether that is more than before.

    Programs that are started later inherit it. Reason: those that break by it keep more than 1024 files open.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(_ENOUGH, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return False
    with contextlib.suppress(ValueError, OSError):  # macOS has a limit of its own below what it tells
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return True
    return False
