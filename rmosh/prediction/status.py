"""The bottom row of full-screen applications: the message on its left, and the ruler that counts the cursor.

Both are learned: what a key makes of the message, and whether the numbers follow the cursor. A status row
guessed wrong is repaired with the next screen and costs nothing else: it never decides whether a guess holds.
"""

import re
from collections.abc import Sequence
from typing import Final

from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.cells import Cell, Frame, Row

from .experience import Experience, Habit, RulerHabit
from .situation import Situation, blank_like, text_length

#: Line and column as editors show them: 12,5 or 12:5; a column may be two numbers (bytes and cells).
_RULER: Final = re.compile(r"(\d{1,9})([,:])(\d{1,6}(?:-\d{1,6})?)(?![\d,:])")

#: Screens in a row in which the numbers must have been the cursor's. Source: our own choice.
_PROVEN: Final = 3


@dataclass(frozen=True, slots=True)
class Ruler:
    """Numbers in a status row: first and last column they fill, the line, and the column as shown."""

    start: int
    end: int
    line: int
    separator: str
    column: str


def read_status(cells: tuple[Cell, ...]) -> tuple[tuple[Cell, ...], Ruler | None]:
    """Return a status row's message cells and its ruler, if it shows one."""
    if any(len(cell.text) != 1 for cell in cells):
        return tuple(cells), None
    rulers = list(_RULER.finditer("".join(_texts(cells))))
    if not rulers:
        return tuple(cells[: text_length(cells)]), None
    found = rulers[-1]
    ruler = Ruler(found.start(), found.end(), int(found[1]), found[2], found[3])
    message = cells[: found.start()]
    return tuple(message[: text_length(message)]), ruler


def learn_status(experience: Experience, habit: Habit, before: Situation, after: Frame) -> None:
    """Remember what a key made of the message, and whether the ruler shows the cursor."""
    bottom = before.bottom
    if bottom in (before.cursor.row, after.cursor.row):
        return
    old, _ = read_status(before.frame.rows[bottom].cells)
    message, ruler = read_status(after.rows[bottom].cells)
    habit.message_stays = _texts(old) == _texts(message)
    habit.message = message
    if ruler is None:
        return
    known = experience.rulers.get(before.application) or RulerHabit()
    if not text_length(after.rows[after.cursor.row].cells):
        known.on_empty_rows[before.typing] = ruler.column
    else:
        known.proven = known.proven + 1 if ruler.column == str(after.cursor.column + 1) else 0
    experience.rulers.put(before.application, known)


def foresee_status(experience: Experience, habit: Habit | None, before: Situation, after: Situation) -> Situation:
    """Return `after` with the status row that the key is expected to leave."""
    bottom = before.bottom
    if bottom in (before.cursor.row, after.cursor.row):
        return after
    row = before.frame.rows[bottom]
    message, ruler = read_status(row.cells)
    cells = list(row.cells)
    if habit is not None and habit.message is not None and not habit.message_stays:
        end = ruler.start if ruler is not None else len(cells)
        if max(len(message), len(habit.message)) < end:
            blank = blank_like(cells)
            cells[:end] = [*habit.message, *[blank] * (end - len(habit.message))]
    known = experience.rulers.get(before.application)
    if ruler is not None and known is not None and known.proven >= _PROVEN:
        _count(cells, ruler, known, before, after)
    if cells == list(row.cells):
        return after
    rows = (*after.frame.rows[:bottom], Row(tuple(cells), row.wrapped))
    return replace(after, frame=replace(after.frame, rows=rows))


def _count(cells: list[Cell], ruler: Ruler, known: RulerHabit, before: Situation, after: Situation) -> None:
    """Write the line and column of the cursor in `after` over the ruler, where there is room."""
    column = str(after.cursor.column + 1)
    if not text_length(after.cells):
        column = known.on_empty_rows.get(after.typing, column)
    line = ruler.line + after.cursor.row - before.cursor.row
    text = f"{line}{ruler.separator}{column}"
    width = max(len(text), ruler.end - ruler.start)
    if any(cell.text != " " for cell in cells[ruler.end : ruler.start + width + 1]):
        return
    style = cells[ruler.start].style
    padded = text.ljust(width)
    cells[ruler.start : ruler.start + width] = [Cell(character, style) for character in padded]


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [cell.text for cell in cells]
