"""Where the user's terminal says its cursor is, taken out from between the keys while an answer is awaited."""

import re
from typing import Final

#: The question, and an answer: row and column from 1. Source: ECMA-48 DSR and CPR.
QUESTION: Final = b"\x1b[6n"
_ANSWER: Final = re.compile(rb"\x1b\[(\d{1,4});(\d{1,4})R")

#: The beginning of an answer at the end of what was read, longer than any key that a person types.
_BEGUN: Final = re.compile(rb"\x1b\[\d{1,4}(?:;\d{0,4})?\Z")


class CursorAnswers:
    """Sifts what was typed while answers are due; at other times everything passes.

    Attributes:
        awaited: answers that are still to come.
    """

    def __init__(self) -> None:
        self.awaited = 0
        self._row: int | None = None
        self._held = b""

    def asked(self) -> None:
        """Take note that the terminal was asked once more."""
        self.awaited += 1

    def take(self) -> int | None:
        """Return the row of the newest answer, 0-based, and await no more; None where none came."""
        row, self._row, self.awaited = self._row, None, 0
        return row

    def sift(self, data: bytes) -> bytes:
        """Return what was typed, without answers; the beginning of one is kept until more comes."""
        if self._held:
            data, self._held = self._held + data, b""
        while self.awaited and (answer := _ANSWER.search(data)) is not None:
            self.awaited -= 1
            self._row = max(0, int(answer[1]) - 1)
            data = data[: answer.start()] + data[answer.end() :]
        if self.awaited and (begun := _BEGUN.search(data)) is not None:
            data, self._held = data[: begun.start()], begun[0]
        return data
