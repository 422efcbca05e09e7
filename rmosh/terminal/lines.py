"""One line of the screen, kept as what was written on it; cells are made only when somebody reads them.

A line that scrolls off before a frame is taken never makes cells: this is where the emulator's speed comes from.
Knows nothing of cursors, margins or neighbours.
"""

from collections.abc import Sequence
from typing import Final

from rmosh.terminal.cells import TAB_WIDTH, Cell, Row, blank_cell, blank_row, tab_stop
from rmosh.terminal.pens import TAB_BRUSH, Brush, Pen, TabCell, Texts

#: Writes that a line may keep unread from one slice of input to the next. Reason: bounds a line that is rewritten for
#: ever without scrolling; larger saves little. Source: tests/benchmarks/chosen_numbers.py, runs-of-a-line.
MAX_RUNS_UNREAD: Final = 96

#: What a line remembers of a tab, by the columns that it moves over.
_TABS: Final = tuple(["\t".ljust(columns) for columns in range(TAB_WIDTH + 1)])


class Line:
    """A line under construction.

    Attributes:
        runs: writes since the cells were last made, oldest first: first column, column after the last, texts, brush.
        wrapped: the text goes on in the next line; set it through `set_wrapped`.
        has_wide: a wide character may be on it, so that writes must mind its halves.
        clusters: how many texts of several characters its runs may hold.
        has_protected: a protected cell may be on it, which a frame must not show as such.
        has_tabs: a cell in which a tab begins may be on it, which a frame must not show as such.
        has_gap: its last column is blank only because the wide character that goes on in the next line did not fit.
        is_read: cells were made of it.
        written: columns up to the last that was written and not erased before the cells were last made.
        frozen: the row of the last frame; stale when there are runs, None when stale otherwise.
    """

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
    _cells: list[Cell] | None = None
    _previous: Row | None = None
    _origin: object | None = None

    def __init__(self) -> None:
        self.runs: list[tuple[int, int, Texts, Pen | Brush]] = []

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was written on it since it was new."""
        return not self.runs and self._cells is None

    @property
    def length(self) -> int:
        """Columns up to the last that was ever written to since it was last cleared."""
        written = max([run[1] for run in self.runs], default=0)
        return max(written, len(self._cells)) if self._cells else written

    @property
    def plain_text(self) -> str | None:
        """Its text, if it was written from left to right in ASCII and the default style; None where it was not."""
        if self.has_gap or self._cells is not None:
            return None
        if len(self.runs) == 1:
            start, _, texts, brush = self.runs[0]
            plain = start == 0 and brush.is_plain and type(texts) is str and texts.isascii()
            return texts if plain else None  # type: ignore[return-value]
        pieces: list[str] = []
        column = 0
        for start, end, texts, brush in self.runs:
            if start != column or not brush.is_plain or type(texts) is not str or not texts.isascii():
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

    def clear(self, columns: int, eraser: Brush) -> None:
        """Make it all blank."""
        self.runs = [(0, columns, columns, eraser)] if eraser.style.background is not None else []
        self._cells = None
        self.is_read = self.wrapped = self.has_gap = self.has_wide = self.has_protected = self.has_tabs = False
        self.clusters = self.written = 0
        self.frozen = self._origin = None

    def successor(self) -> "Line":
        """Return a blank line for its place on the screen, which shares the row published last if it looks the same."""
        line = Line()
        line._previous = self._previous
        return line

    def erase(self, start: int, end: int, eraser: Brush) -> None:
        """Blank the columns from start up to end."""
        if start < end:
            self.runs.append((start, end, end - start, eraser))

    def erase_end(self, start: int, columns: int, eraser: Brush) -> None:
        """Blank the columns from start on; nothing to do where nothing was written yet, as after most output."""
        if start == 0:
            self.clear(columns, eraser)
            return
        if eraser.style.background is None and (self._forget_overwritten(start) or self._is_blank_from(start)):
            return
        self.runs.append((start, columns, columns - start, eraser))
        self.set_wrapped(False)

    def tab(self, start: int, end: int, columns: int) -> None:
        """Note a tab that moves from start to end, if that is the usual stop and all that it moves over is blank."""
        if end != tab_stop(start, columns):
            return
        runs = self.runs
        if self._cells is not None or (runs and max([run[1] for run in runs]) > start):
            blank, cells = blank_cell(), self.cells(columns)
            if self.written > start or any(cell is not blank for cell in cells[start:end]):
                return
        self.runs.append((start, end, _TABS[end - start], TAB_BRUSH))
        self.has_tabs = True

    def _is_blank_from(self, start: int) -> bool:
        return self._cells is None and all(run[1] <= start for run in self.runs)

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
                self._cells = None
                self.is_read = False
                self.written = 0
                return True
        return False

    def cells(self, columns: int) -> list[Cell]:
        """Return its cells, `columns` of them. To change them in place, use `cells_to_change`."""
        cells = self._cells
        if cells is None:
            cells = self._cells = [blank_cell()] * columns
            self.is_read = True
        if self.runs:
            self.frozen = None
            runs, self.runs = self.runs, []
            self._note_written(runs)
            if self.has_wide:
                for start, end, texts, brush in runs:
                    clear_halves(cells, start, end)
                    cells[start:end] = brush.paint(texts)  # type: ignore[arg-type]
            else:
                for start, end, texts, brush in runs:
                    cells[start:end] = brush.paint(texts)  # type: ignore[arg-type]
        return cells

    def _note_written(self, runs: list[tuple[int, int, Texts, Pen | Brush]]) -> None:
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

    def insert(self, start: int, limit: int, count: int, eraser: Brush, columns: int) -> None:
        """Shift the columns from start up to limit right by count, blanks coming in and the last ones lost."""
        cells = self.cells_to_change(columns)
        count = min(count, limit - start)
        self._part(start, limit - count, limit)
        cells[start:limit] = [*eraser.paint(count), *cells[start : limit - count]]
        if start < self.written <= limit:
            self.written = min(self.written + count, limit)

    def delete(self, start: int, limit: int, count: int, eraser: Brush, columns: int) -> None:
        """Shift the columns from start up to limit left by count, blanks coming in at the end."""
        cells = self.cells_to_change(columns)
        count = min(count, limit - start)
        self._part(start, start + count, limit)
        cells[start:limit] = [*cells[start + count : limit], *eraser.paint(count)]
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
        if self._cells is None and not self.runs and not self.wrapped:
            row = blank_row(columns)
        else:
            cells = tuple(self.cells(columns))
            tabs = tabs_in(cells) if self.has_tabs else ()
            if self.has_protected or self.has_tabs:
                cells = tuple([_published(cell) for cell in cells])
            if self._origin is None:
                self._origin = object()
            row = Row(cells, self.wrapped, self._origin, self.written, tabs)
        previous = self._previous
        if previous is not None and previous == row and (previous.written, previous.tabs) == (row.written, row.tabs):
            row = previous
        self.frozen = self._previous = row
        return row


def cut_out(cells: list[Cell], start: int, end: int) -> list[Cell]:
    """Return the cells from start up to end, blanks for halves of wide characters whose other half is outside."""
    cut = cells[start:end]
    if cut and cut[0].text == "":
        cut[0] = blank_cell(cut[0].style)
    if cut and end < len(cells) and cells[end].text == "":
        cut[-1] = blank_cell(cut[-1].style)
    return cut


def tabs_in(cells: Sequence[Cell]) -> tuple[int, ...]:
    """Return the columns in which a tab begins that nothing was written over."""
    return tuple(
        [
            column
            for column, cell in enumerate(cells)
            if type(cell) is TabCell
            and all(other.text == " " for other in cells[column : tab_stop(column, len(cells))])
        ]
    )


def _published(cell: Cell) -> Cell:
    """Return a cell without what only the emulator is to know of it."""
    if type(cell) is Cell:
        return cell
    return blank_cell(cell.style) if type(cell) is TabCell and cell.text == " " else Cell(cell.text, cell.style)


def clear_halves(cells: list[Cell], start: int, end: int) -> None:
    """Blank the outer halves of wide characters that a write from start up to end is about to cut."""
    if 0 < start < len(cells) and cells[start].text == "":
        cells[start - 1] = blank_cell(cells[start - 1].style)
    if end < len(cells) and cells[end].text == "":
        cells[end] = blank_cell(cells[end].style)
