"""Which process group is in the foreground of a terminal: what runs in it, and which number it has for the client."""

import os
from collections import OrderedDict
from typing import Final

from rmosh_server.systems import command_line

#: Most characters of a command line that are told. Reason: it is shown in one line of a table.
MAX_COMMAND: Final = 200

#: Groups whose number is remembered, in groups. Reason: bounds memory, and ids are used again in time; a shell and
#: the jobs that it goes back to are far fewer.
REMEMBERED_GROUPS: Final = 256


def foreground_command(terminal: int) -> str:
    """Return the command line of a terminal's foreground process group; "" where it cannot be seen."""
    try:
        leader = os.tcgetpgrp(terminal)
    except OSError:
        return ""
    text = command_line(leader, limit=4 * MAX_COMMAND).decode("utf-8", "replace").strip()
    return "".join([character if character.isprintable() else "?" for character in text])[:MAX_COMMAND]


class Readers:
    """Numbers process groups in the order in which they came to the foreground, and counts the changes.

    So the client learns no process ids.

    Attributes:
        number: of the group in the foreground; 0 is the one that leads the session.
        switches: how often another one came there.
    """

    def __init__(self, *, leader: int) -> None:
        self.number = 0
        self.switches = 0
        self._numbers = OrderedDict({leader: 0})
        self._given = 1

    def note(self, group: int) -> None:
        """Take the id of the group that is in the foreground now; 0 where there is none."""
        if group == 0:
            return
        number = self._numbers.get(group)
        if number is None:
            number, self._given = self._given, self._given + 1
        self._numbers[group] = number
        self._numbers.move_to_end(group)
        if len(self._numbers) > REMEMBERED_GROUPS:
            self._numbers.popitem(last=False)
        if number != self.number:
            self.number = number
            self.switches += 1
