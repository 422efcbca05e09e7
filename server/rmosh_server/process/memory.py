"""The memory of a process of ours: nobody else reads it, and what a flood took of it goes back to the host."""

import contextlib


def forbid_core_dumps() -> None:
    """Have no core dump written, by this process nor by what it executes or starts from now on.

    The shell, which starts before, keeps the limits of its login.
    """
    import resource  # which a serving process does without

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A dump that is piped to a collector ignores the limit; an empty filter leaves nothing to collect.
    with contextlib.suppress(OSError), open("/proc/self/coredump_filter", "w", encoding="ascii") as opened:
        opened.write("0")


def give_memory_back() -> None:
    """Return free pages to the system, where its C library can do that (glibc; 0.2 ms for 5 MB).

    It keeps what is freed below something that is still in use.
    """
    import ctypes  # 0.1 MB that a session without a flood does without

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
