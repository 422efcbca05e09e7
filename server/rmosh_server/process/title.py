"""What `top` and `pgrep` show of a process."""

import contextlib


def show_name(name: str) -> None:
    """Have `top` and `pgrep` show a name instead of the interpreter's."""
    with contextlib.suppress(OSError), open("/proc/self/comm", "w", encoding="ascii") as opened:
        opened.write(name)
