"""The rows that scrolled off lately as they were published, by line number: what clients may have on their screens."""

from collections.abc import Sequence
from typing import Final

from rmosh.terminal.cells import Frame, Row
from rmosh.terminal.history import Entry, height_of
from rmosh.terminal.style_table import current_table

#: Most rows remembered. Reason: two of the largest screens in use; frames share them, so they cost little.
MAX_RECENT_ROWS: Final = 256


class RecentRows:
    """Remembers the newest of them."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._generation = current_table().generation

    def forget(self) -> None:
        """Remember none any more."""
        self._rows.clear()

    def append(self, entries: Sequence[Entry], *, end: int) -> None:
        """Take what scrolled off since the last time, the newest line being number `end` - 1."""
        if Row not in set(map(type, entries)):
            return
        rows: list[tuple[int, Row]] = []
        number = end
        for entry in reversed(entries):
            number -= height_of(entry)
            if end - number > MAX_RECENT_ROWS:
                break
            if isinstance(entry, Row):
                rows.append((number, entry))
        self.add(rows[::-1])

    def add(self, rows: Sequence[tuple[int, Row]]) -> None:
        """Take rows by their line numbers."""
        self._rows.update(rows)
        generation = current_table().generation
        if generation != self._generation:
            self._generation = generation
            self._rows = {number: row.renewed() for number, row in self._rows.items()}
        while len(self._rows) > MAX_RECENT_ROWS:
            del self._rows[next(iter(self._rows))]

    def get(self, number: int) -> Row | None:
        """Return the row that became a line; None where that is not known."""
        return self._rows.get(number)

    def shown_by(self, frame: Frame, number: int) -> bool:
        """Tell whether a frame shows a line as it was when it scrolled off."""
        row = self._rows.get(number)
        place = number - frame.history
        if row is None or frame.modes.alternate_screen or not 0 <= place < len(frame.rows):
            return False
        return frame.rows[place] is row or frame.rows[place] == row
