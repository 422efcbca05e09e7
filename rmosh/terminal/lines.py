"""One line of the screen, kept as what was written on it; strings are made of it when somebody reads it, and cells
only while somebody changes them.

A line that scrolls off before a frame is taken makes neither: this is where the emulator's speed comes from. Knows
nothing of cursors, margins or neighbours.
"""

from typing import Final

from rmosh.terminal.pens import DEFAULT_PEN, Pen, blank_of
from rmosh.terminal.rows import TAB_WIDTH, Row, blank_row, tab_stop
from rmosh.terminal.runs import TAB, Run, closed, opened, published, write_cells, written_over
from rmosh.terminal.style_table import DEFAULT
from rmosh.terminal.styles import Cell, blank_cell

#: Writes that a line may keep unread from one slice of input to the next. Reason: bounds a line that is rewritten for
#: ever without scrolling; larger saves little. Source: tests/benchmarks/chosen_numbers.py, runs-of-a-line.
MAX_RUNS_UNREAD: Final = 96

#: What a line remembers of a tab, by the columns that it moves over.
_TABS: Final = tuple([TAB.ljust(columns) for columns in range(TAB_WIDTH + 1)])


class Line:
    """A line under construction.

    Attributes:
        runs: writes since strings or cells were last made, oldest first.
        wrapped: the text goes on in the next line; set it through `set_wrapped`.
        has_wide: a wide character may be on it, so that writes must mind its halves.
        clusters: how many texts of several characters its runs may hold.
        has_protected: a protected cell may be on it, which a frame must not show as such.
        has_tabs: a cell in which a tab begins may be on it, which a frame must not show as such.
        has_gap: its last column is blank only because the wide character that goes on in the next line did not fit.
        is_read: strings or cells were made of it.
        written: columns up to the last that was written and not erased before these were last made.
        frozen: the row of the last frame; stale when there are runs, None when stale otherwise.
    """

    # `_previous` is the row that was published last, `_drawn` the writes that make it of a blank line, and its columns,
    # where those are known: a program that draws its screen anew makes the same ones, mostly.

    # What most lines never change is kept once, on the class: a line of a flood costs half as much to make.
    wrapped = False
    has_gap = False
    has_wide = False
    clusters = 0
    has_protected = False
    has_tabs = False
    frozen: Row | None = None
    is_read = False
    written = 0
    _row: Row | None = None
    _cells: list[Cell] | None = None
    _previous: Row | None = None
    _drawn: tuple[list[Run], int] | None = None
    _origin: object | None = None

    def __init__(self) -> None:
        self.runs: list[Run] = []

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was written on it since it was new."""
        return not self.runs and not self.is_read

    @property
    def length(self) -> int:
        """Columns up to the last that was ever written to since it was last cleared."""
        made = len(self._cells) if self._cells is not None else self._row.columns if self._row is not None else 0
        return max([made, *[run[1] for run in self.runs]])

    @property
    def plain_text(self) -> str | None:
        """Its text, if it was written from left to right in ASCII and the default style; None where it was not."""
        if self.has_gap or self.is_read:
            return None
        if len(self.runs) == 1:
            start, _, texts, pen = self.runs[0]
            plain = start == 0 and not pen and type(texts) is str and texts.isascii()
            return texts if plain else None  # type: ignore[return-value]
        pieces: list[str] = []
        column = 0
        for start, end, texts, pen in self.runs:
            if start != column or pen or type(texts) is not str or not texts.isascii():
                return None
            pieces.append(texts)
            column = end
        return "".join(pieces)

    def set_wrapped(self, wrapped: bool) -> None:
        """Note whether the text goes on in the next line."""
        if not wrapped:
            self.has_gap = False
        if self.wrapped != wrapped:
            self.wrapped = wrapped
            self.frozen = None

    def clear(self, columns: int, eraser: Pen) -> None:
        """Make it all blank."""
        self.runs = [(0, columns, columns, eraser)] if eraser else []
        self._row = self._cells = None
        self.is_read = self.wrapped = self.has_gap = self.has_wide = self.has_protected = self.has_tabs = False
        self.clusters = self.written = 0
        self.frozen = self._origin = None

    def successor(self) -> "Line":
        """Return a blank line for its place on the screen, which shares the row published last if it looks the same."""
        line = Line()
        line._previous, line._drawn = self._previous, self._drawn
        return line

    def erase(self, start: int, end: int, eraser: Pen) -> None:
        """Blank the columns from start up to end."""
        if start < end:
            self.runs.append((start, end, end - start, eraser))

    def erase_end(self, start: int, columns: int, eraser: Pen) -> None:
        """Blank the columns from start on; nothing to do where nothing was written yet, as after most output."""
        if start == 0:
            self.clear(columns, eraser)
            return
        if not eraser and (self._forget_overwritten(start) or self._is_blank_from(start)):
            return
        self.runs.append((start, columns, columns - start, eraser))
        self.set_wrapped(False)

    def tab(self, start: int, end: int, columns: int) -> None:
        """Note a tab that moves from start to end, if that is the usual stop and all that it moves over is blank."""
        if end != tab_stop(start, columns):
            return
        runs = self.runs
        if self.is_read or (runs and max([run[1] for run in runs]) > start):
            row = self.row(columns)
            if self.written > start or row.signs[start:end].strip(" ") or row.styles[start:end].strip(DEFAULT):
                return
        self.runs.append((start, end, _TABS[end - start], DEFAULT_PEN))
        self.has_tabs = True

    def _is_blank_from(self, start: int) -> bool:
        return not self.is_read and all(run[1] <= start for run in self.runs)

    def _forget_overwritten(self, start: int) -> bool:
        """Make it a new line of the last writes, if they cover all up to start, as those of a redrawn row do."""
        if self.has_wide or self.wrapped:
            return False
        end = start
        for place in range(len(self.runs) - 1, -1, -1):
            run = self.runs[place]
            if run[1] != end:
                return False
            end = run[0]
            if end == 0:
                del self.runs[:place]
                self._row = self._cells = None
                self.is_read = False
                self.written = 0
                return True
        return False

    def row(self, columns: int) -> Row:
        """Return its strings, of `columns` columns, as `rmosh.terminal.runs` has them; nothing else the row tells."""
        if self._cells is not None:
            cells, self._cells = self.cells(columns), None
            self._row = closed(cells) if self._has_marks else Row(tuple(cells))
        elif self.runs:
            self._row = written_over(self._row, self._take_runs(), columns)
        elif self._row is None:
            self._row = blank_row(columns)
        self.is_read = True
        return self._row

    def shown(self, columns: int) -> Row:
        """Return its strings as a frame has them; nothing else the row tells but tabs."""
        row = self.row(columns)
        return published(row) if self._has_marks else row

    def cells(self, columns: int) -> list[Cell]:
        """Return its cells, `columns` of them. To change them in place, use `cells_to_change`."""
        cells = self._cells
        if cells is None:
            row, self._row = self._row or blank_row(columns), None
            cells = self._cells = opened(row) if self._has_marks else list(row.cells)
            self.is_read = True
        if self.runs:
            write_cells(cells, self._take_runs(), has_wide=self.has_wide)
        return cells

    def _take_runs(self) -> list[Run]:
        """Return the writes that are about to be made strings or cells."""
        self.frozen = None
        runs, self.runs = self.runs, []
        self._note_written(runs)
        return runs

    def _note_written(self, runs: list[Run]) -> None:
        written = self.written
        for start, end, texts, _ in runs:
            if type(texts) is not int:
                if end > written:
                    written = end
            elif start < written <= end:
                written = start
        self.written = written

    def cells_to_change(self, columns: int) -> list[Cell]:
        """Return its cells to change in place, keeping their number."""
        cells = self.cells(columns)
        self.frozen = None
        return cells

    def set_cells(self, start: int, cells: list[Cell], columns: int) -> None:
        """Replace the cells from a column on by others, which cut no wide character."""
        target = self.cells_to_change(columns)
        self._part(start, start + len(cells))
        target[start : start + len(cells)] = cells

    def insert(self, start: int, limit: int, count: int, eraser: Pen, columns: int) -> None:
        """Shift the columns from start up to limit right by count, blanks coming in and the last ones lost."""
        cells = self.cells_to_change(columns)
        count = min(count, limit - start)
        self._part(start, limit - count, limit)
        cells[start:limit] = [*[blank_of(eraser)] * count, *cells[start : limit - count]]
        if start < self.written <= limit:
            self.written = min(self.written + count, limit)

    def delete(self, start: int, limit: int, count: int, eraser: Pen, columns: int) -> None:
        """Shift the columns from start up to limit left by count, blanks coming in at the end."""
        cells = self.cells_to_change(columns)
        count = min(count, limit - start)
        self._part(start, start + count, limit)
        cells[start:limit] = [*cells[start + count : limit], *[blank_of(eraser)] * count]
        if start < self.written <= limit:
            self.written = max(start, self.written - count)

    def _part(self, *seams: int) -> None:
        """Blank both halves of wide characters that stand across a seam, which is left of the column it names."""
        cells = self._cells
        if not self.has_wide or cells is None:
            return
        for seam in seams:
            if seam < len(cells) and cells[seam].text == "":
                for half in range(max(seam - 1, 0), seam + 1):
                    cells[half] = blank_cell(cells[half].style)

    def freeze(self, columns: int) -> Row:
        """Return it as an immutable row; the same object as last time if it looks the same."""
        previous = self._previous
        is_drawn_again = (self.runs, columns) == self._drawn and (not self.is_read or self._row is previous)
        if is_drawn_again and previous is not None and previous.wrapped == self.wrapped:
            self.runs, self.is_read, self.written = [], True, previous.written
            self._row = self.frozen = previous
            return previous
        is_known = self.runs and not self.is_read and not self._has_marks
        self._drawn = (self.runs, columns) if is_known else None
        row = blank_row(columns) if self.is_untouched and not self.wrapped else self._published(columns)
        if previous is not None and previous == row and (previous.written, previous.tabs) == (row.written, row.tabs):
            row = previous
        if self._row is not None and not self._has_marks:
            self._row = row
        self.frozen = self._previous = row
        return row

    @property
    def _has_marks(self) -> bool:
        """Whether its strings may say more than a frame is to show."""
        return self.has_tabs or self.has_protected

    def renew(self) -> None:
        """Let go of old tables of styles."""
        is_one = self._row is self.frozen
        self.frozen = self._previous = self.frozen and self.frozen.renewed()
        self._row = self.frozen if is_one else self._row and self._row.renewed()

    def _published(self, columns: int) -> Row:
        row = self.shown(columns)
        if self._origin is None:
            self._origin = object()
        return row.replace(wrapped=self.wrapped, origin=self._origin, written=self.written)
