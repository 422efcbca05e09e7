"""Nobody reads this process's memory: no core dump of it is written, and no debugger of the same user's looks into it.

What it starts (ssh, a proxy command) keeps the user's own limits.
"""

import contextlib
import resource
import sys
from collections.abc import Iterator
from typing import Final

#: prctl(2)'s PR_SET_DUMPABLE. Source: <linux/prctl.h>.
_SET_DUMPABLE: Final = 4


def forbid_looks() -> None:
    """Let nobody but root attach to this process, read its memory or have it dumped, on Linux; children are free."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_DUMPABLE, *[ctypes.c_ulong(0)] * 4)


class CoreLimit:
    """The limit on core dumps, which children would inherit: 0 but for when some are started."""

    def __init__(self) -> None:
        self._usual = resource.getrlimit(resource.RLIMIT_CORE)

    @contextlib.contextmanager
    def lowered(self) -> Iterator[None]:
        """Have no core dump written while this is open."""
        _, hard = self._usual
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, self._usual)

    @contextlib.contextmanager
    def lifted(self) -> Iterator[None]:
        """Be as usual again while this is open, for what is started."""
        now = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, self._usual)
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, now)
