"""What runs in the foreground of a terminal, as `ps` would name it."""

import os
from typing import Final

#: Most characters of a command line that are told. Reason: it is shown in one line of a table.
MAX_COMMAND: Final = 200


def foreground_command(terminal: int) -> str:
    """Return the command line of a terminal's foreground process group; "" where it cannot be seen."""
    try:
        with open(f"/proc/{os.tcgetpgrp(terminal)}/cmdline", "rb") as opened:
            words = opened.read(4 * MAX_COMMAND).split(b"\0")
    except OSError:
        return ""
    text = b" ".join(words).decode("utf-8", "replace").strip()
    return "".join([character if character.isprintable() else "?" for character in text])[:MAX_COMMAND]
