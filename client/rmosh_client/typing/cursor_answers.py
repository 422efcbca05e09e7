"""Where the user's terminal says its cursor is, and how long that is waited for."""

import re
from typing import Final

from rmosh_client.typing.interview import Interview

#: An answer: row and column from 1. Source: ECMA-48 CPR.
_ANSWER: Final = re.compile(rb"\x1b\[(\d{1,4});\d{1,4}R")

#: Seconds that a terminal may take to say where its cursor is. Reason: a local one takes a few ms, one behind an ssh of
#: its own a round trip; a resize that is not understood costs some lines of scrollback, a screen that waits more.
_ANSWER_WITHIN: Final = 0.3

#: What asks. Source: ECMA-48 DSR.
_QUESTION: Final = b"\x1b[6n"


class CursorAnswers:
    """A topic of the interview, each time in a round of its own.

    Attributes:
        awaited: answers that are still to come, and that somebody waits for.
        held_until: before this a question only waits, in monotonic seconds.
    """

    def __init__(self, interview: Interview) -> None:
        self._interview = interview
        self.awaited = 0
        self.held_until = 0.0
        self._asks_at: float | None = None
        self._asked_until: float | None = None
        self._row: int | None = None
        self._answered = False

    @property
    def due_at(self) -> float | None:
        """When a question that waits is asked, or the answer to one is given up; None where there is none."""
        return self._asked_until if self._asks_at is None else self._asks_at

    def ask(self, *, now: float) -> bytes:
        """Return what asks the terminal once more; nothing where the question has to wait."""
        if now < self.held_until:
            self._asks_at = self.held_until
            return b""
        self._asks_at = None
        self._asked_until = now + _ANSWER_WITHIN
        self.awaited += 1
        return self._interview.ask((self,), now=now)

    def ask_what_waits(self, *, now: float) -> bytes:
        """Return what asks the terminal, where a question has waited long enough."""
        return b"" if self._asks_at is None else self.ask(now=now)

    def is_worth_waiting(self, *, now: float) -> bool:
        """Tell whether a question waits, or an answer may still come in time."""
        if self._asks_at is not None:
            return True
        return self._asked_until is not None and self.awaited > 0 and now < self._asked_until

    def give_up(self) -> int | None:
        """Return the row of the newest answer, 0-based, and await no more; None where none came."""
        row, self._row = self._row, None
        self.awaited, self._asks_at, self._asked_until = 0, None, None
        return row

    def begin(self) -> bytes:
        """Return what asks."""
        return _QUESTION

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
