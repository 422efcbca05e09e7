"""Which process group reads the terminal, numbered so that the client learns no process ids."""

from collections import OrderedDict
from typing import Final

#: Groups whose number is remembered, in groups. Reason: bounds memory, and ids are used again in time; a shell and
#: the jobs that it goes back to are far fewer. Source: our own choice.
REMEMBERED: Final = 256


class Readers:
    """Numbers process groups in the order in which they came to the foreground, and counts the changes.

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
        if len(self._numbers) > REMEMBERED:
            self._numbers.popitem(last=False)
        if number != self.number:
            self.number = number
            self.switches += 1
