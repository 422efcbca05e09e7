"""Where the user's terminal says its cursor is."""

import re
from typing import Final

from rmosh_client.interview import Interview

#: An answer: row and column from 1. Source: ECMA-48 CPR.
_ANSWER: Final = re.compile(rb"\x1b\[(\d{1,4});\d{1,4}R")


class CursorAnswers:
    """A topic of the interview, each time in a round of its own.

    Attributes:
        questions: ECMA-48 DSR.
        awaited: answers that are still to come, and that somebody waits for.
    """

    questions: Final = b"\x1b[6n"

    def __init__(self, interview: Interview) -> None:
        self._interview = interview
        self.awaited = 0
        self._row: int | None = None
        self._answered = False

    def ask(self, *, now: float) -> bytes:
        """Return what asks the terminal once more."""
        self.awaited += 1
        return self._interview.ask((self,), now=now)

    def give_up(self) -> int | None:
        """Return the row of the newest answer, 0-based, and await no more; None where none came."""
        row, self._row, self.awaited = self._row, None, 0
        return row

    def take(self, answer: bytes) -> bool:
        """Take one answer."""
        match = _ANSWER.fullmatch(answer)
        if match is None:
            return False
        self.awaited = max(0, self.awaited - 1)
        self._row = max(0, int(match[1]) - 1)
        self._answered = True
        return True

    def end(self) -> None:
        """Await no answer where the fence came without one."""
        if not self._answered:
            self.awaited = max(0, self.awaited - 1)
        self._answered = False
