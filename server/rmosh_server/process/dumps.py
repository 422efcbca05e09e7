"""Nobody reads the session's memory: no core dump of it is written, and no debugger of the same user's looks into it.

The shell, which starts before, keeps the limits of its login.
"""

import contextlib
import resource


def forbid_core_dumps() -> None:
    """Have no core dump written, by this process nor by what it executes or starts from now on."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A dump that is piped to a collector ignores the limit; an empty filter leaves nothing to collect.
    with contextlib.suppress(OSError), open("/proc/self/coredump_filter", "w", encoding="ascii") as opened:
        opened.write("0")
