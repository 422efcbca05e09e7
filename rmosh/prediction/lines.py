"""The line under the cursor as one run of cells, over as many screen rows as it fills.

EditedLine editors think in lines, screens in rows; every editing effect reads a line, changes it and writes it
back, so wrapping is thought of here only.
"""

from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.cells import Cell, Row

from .situation import Situation, blank_like, scrolled_up, text_length
from .suggestions import without_suggestion


@dataclass(frozen=True, slots=True)
class EditedLine:
    """A logical line.

    Attributes:
        first_row: screen row where it starts.
        rows: how many screen rows it fills.
        cells: rows x columns cells, in order.
        start: index of the first cell that can be edited (after the prompt).
        cursor: index of the cursor; may equal len(cells).
        drawn: the cells as they stand; in `cells`, what is suggested and a prompt at the right edge are blank.
        right: index where a prompt at the right edge begins; None where there is none.
    """

    first_row: int
    rows: int
    cells: tuple[Cell, ...]
    start: int
    cursor: int
    drawn: tuple[Cell, ...]
    right: int | None

    @property
    def length(self) -> int:
        """Index just after the last cell that shows something, at least `start`."""
        return max(self.start, text_length(self.cells))

    @property
    def suggested(self) -> tuple[Cell, ...]:
        """What is suggested as the rest of the line, where the cursor is just before it; else nothing."""
        if self.drawn is self.cells or self.cursor >= len(self.cells) or self.cursor < self.length:
            return ()
        end = text_length(self.drawn[: self.right])
        return self.drawn[self.cursor : end] if self.drawn[self.cursor] is not self.cells[self.cursor] else ()

    def before(self, index: int) -> int:
        """Return the index of the character left of `index`: two cells left of a wide one."""
        index -= 1
        while index > self.start and self.cells[index].text == "":
            index -= 1
        return index

    def after(self, index: int) -> int:
        """Return the index of the character right of the one at `index`."""
        index += 1
        while index < len(self.cells) and self.cells[index].text == "":
            index += 1
        return index


def read_line(situation: Situation) -> EditedLine:
    """Return the line that the cursor is in: one row in full-screen applications, else the wrapped rows."""
    frame, cursor = situation.frame, situation.frame.cursor
    first = last = cursor.row
    start = 0
    if not frame.modes.alternate_screen:
        edited = situation.line
        if edited is not None and edited.row <= cursor.row:
            first, start = edited.row, edited.column
        else:
            while first > 0 and frame.rows[first - 1].wrapped:
                first -= 1
        while last < situation.bottom and frame.rows[last].wrapped:
            last += 1
    cells = tuple([cell for row in frame.rows[first : last + 1] for cell in row.cells])
    index = (cursor.row - first) * frame.columns + cursor.column + situation.wraps
    right = _right_prompt(situation, cells, index) if first == last else None
    typed = cells if right is None else cells[:right] + (blank_like(cells[:right]),) * (len(cells) - right)
    if situation.suggests is not None:
        typed = without_suggestion(typed, situation.suggests, index)
    return EditedLine(first, last + 1 - first, typed, start, index, cells, right)


def _right_prompt(situation: Situation, cells: tuple[Cell, ...], cursor: int) -> int | None:
    """Return where the prompt at the right edge begins, if it still stands apart from the text."""
    right = situation.line.right if situation.line is not None else None
    return right if right is not None and cursor < right < len(cells) and cells[right - 1].text == " " else None


def write_line(
    situation: Situation, line: EditedLine, cells: tuple[Cell, ...], cursor: int, *, clings: bool = False
) -> Situation | None:
    """Return the situation with `cells` as the line's content and the cursor at an index of it.

    `clings`: a cursor just after a full row stays on its last column (the kernel's echo) rather than
    going to the next row (line editors). None when the result cannot be told.
    """
    columns = situation.frame.columns
    length = text_length(cells)
    clung = clings and cursor > 0 and cursor % columns == 0 and cursor >= length
    index = cursor - 1 if clung else cursor
    needed = max(-(-length // columns), index // columns + 1, line.rows)
    if needed > line.rows and situation.frame.modes.alternate_screen:
        return None
    padding = blank_like(line.cells)
    padded = cells[:length] + (padding,) * (needed * columns - length)
    if line.right is not None and length < line.right and needed == 1:
        padded = padded[: line.right] + line.drawn[line.right :]
    if any(padded[edge].text == "" for edge in range(columns, len(padded), columns)):
        return None
    overflow = line.first_row + needed - len(situation.frame.rows)
    if overflow > 0:
        if overflow > line.first_row:
            return None
        situation = scrolled_up(situation, overflow)
    first = line.first_row - max(0, overflow)
    at = replace(situation.cursor, row=first + index // columns, column=index % columns)
    frame = replace(situation.frame, rows=_placed(situation, first, padded), cursor=at)
    return situation.shown_as(frame, wraps=clung)


def _placed(situation: Situation, first: int, cells: tuple[Cell, ...]) -> tuple[Row, ...]:
    columns, rows = situation.frame.columns, list(situation.frame.rows)
    count = len(cells) // columns
    for number in range(count):
        part = cells[number * columns : (number + 1) * columns]
        old = rows[first + number]
        wrapped = old.wrapped if count == 1 else number < count - 1
        if old.cells != part or old.wrapped != wrapped:
            rows[first + number] = Row(part, wrapped)
    return tuple(rows)
