"""What runs in the foreground of a terminal, as `ps` would name it."""

import os
from typing import Final

from rmosh_server.systems import command_line

#: Most characters of a command line that are told. Reason: it is shown in one line of a table.
MAX_COMMAND: Final = 200


def foreground_command(terminal: int) -> str:
    """Return the command line of a terminal's foreground process group; "" where it cannot be seen."""
    try:
        leader = os.tcgetpgrp(terminal)
    except OSError:
        return ""
    text = command_line(leader, limit=4 * MAX_COMMAND).decode("utf-8", "replace").strip()
    return "".join([character if character.isprintable() else "?" for character in text])[:MAX_COMMAND]
