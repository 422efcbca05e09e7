"""Nobody reads the session's memory: no core dump of it is written, and no debugger of the same user's looks into it.

The shell, which starts before, keeps the limits of its login.
"""

import contextlib
import resource
import sys
from typing import Final

#: prctl(2)'s PR_SET_DUMPABLE. Source: <linux/prctl.h>.
_SET_DUMPABLE: Final = 4


def forbid_core_dumps() -> None:
    """Have no core dump written, by this process nor by what it executes or starts from now on."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A dump that is piped to a collector ignores the limit; an empty filter leaves nothing to collect.
    with contextlib.suppress(OSError), open("/proc/self/coredump_filter", "w", encoding="ascii") as opened:
        opened.write("0")


def forbid_looks() -> None:
    """Let nobody but root attach to this process or read its memory, on Linux; ends with the next exec.

    Its files in /proc are root's from now on: what writes to one comes before.
    """
    if sys.platform == "linux":
        import ctypes  # 0.2 MB, and no other way

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_DUMPABLE, *[ctypes.c_ulong(0)] * 4)
