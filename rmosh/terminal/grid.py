"""The lines of the screen, its margins, and what moves and erases within them. Knows no cursor.

Rows and columns are 0-based; margins name the first and the last row or column inside them.
"""

from rmosh.terminal.cells import Cell
from rmosh.terminal.clears import Clears
from rmosh.terminal.effort import Effort
from rmosh.terminal.history import History
from rmosh.terminal.lines import Line, clear_halves, cut_out
from rmosh.terminal.pens import Brush, ProtectedCell


class Grid:
    """Rows x columns of cells, as lines.

    Attributes:
        lines: the lines of the screen shown now, top first.
        top, bottom, left, right: margins.
        is_full_width: the side margins are the edges of the screen.
        has_side_margins: left and right margins may be set (DECLRMM); when not, they are the screen's edges.
        keeps_history: lines that scroll off are history (the main screen); else they are gone.
        clears: judges what becomes of the lines that were erased all at once.
        effort: what operations on whole areas may still cost.
    """

    def __init__(self, *, rows: int, columns: int) -> None:
        self.rows = rows
        self.columns = columns
        self.lines = [Line() for _ in range(rows)]
        self.history = History()
        self.clears = Clears(self.history)
        self.effort = Effort()
        self.keeps_history = True
        self.has_side_margins = False
        self.reset_margins()

    def reset_margins(self) -> None:
        """Make the margins the edges of the screen."""
        self.top = 0
        self.bottom = self.rows - 1
        self.set_side_margins(0, self.columns - 1)

    def set_side_margins(self, left: int, right: int) -> None:
        """Set the left and the right margin."""
        self.left, self.right = left, right
        self.is_full_width = left == 0 and right == self.columns - 1

    def scroll_up(self, count: int, eraser: Brush) -> None:
        """Scroll what is inside the margins up; lines that leave the screen's top are history."""
        if not self.is_full_width:
            self._shift_up(self.top, count, eraser)
            return
        lines, top, bottom = self.lines, self.top, self.bottom
        if top == 0 and self.clears.held is not None:
            self.clears.settle(lines)
        has_background = eraser.style.background is not None
        for _ in range(min(count, bottom - top + 1)):
            line = lines.pop(top)
            if top == 0 and self.keeps_history:
                self.history.push(line)
            line = Line()
            if has_background:
                line.clear(self.columns, eraser)
            lines.insert(bottom, line)
        if top:
            lines[top - 1].set_wrapped(False)

    def remove_lines(self, row: int, count: int, eraser: Brush) -> None:
        """Scroll up from a row inside the margins on; the lines removed are gone."""
        count = min(count, self.bottom - row + 1)
        if not self.is_full_width:
            self._shift_up(row, count, eraser)
            return
        del self.lines[row : row + count]
        end = self.bottom + 1 - count
        self.lines[end:end] = [self._blank_line(eraser) for _ in range(count)]
        if row:
            self.lines[row - 1].set_wrapped(False)

    def add_lines(self, row: int, count: int, eraser: Brush) -> None:
        """Scroll down from a row inside the margins on: blank lines come in there."""
        count = min(count, self.bottom - row + 1)
        if not self.is_full_width:
            self._shift_down(row, count, eraser)
            return
        end = self.bottom + 1
        del self.lines[end - count : end]
        self.lines[row:row] = [self._blank_line(eraser) for _ in range(count)]
        self.lines[self.bottom].set_wrapped(False)
        if row:
            self.lines[row - 1].set_wrapped(False)

    def _blank_line(self, eraser: Brush) -> Line:
        line = Line()
        if eraser.style.background is not None:
            line.clear(self.columns, eraser)
        return line

    def _shift_up(self, top: int, count: int, eraser: Brush) -> None:
        if not self.effort.affords(self.bottom + 1 - top, self.right + 1 - self.left):
            return
        for row in range(top, self.bottom + 1):
            source = row + count
            self._set_between_margins(row, source if source <= self.bottom else None, eraser)

    def _shift_down(self, top: int, count: int, eraser: Brush) -> None:
        if not self.effort.affords(self.bottom + 1 - top, self.right + 1 - self.left):
            return
        for row in range(self.bottom, top - 1, -1):
            source = row - count
            self._set_between_margins(row, source if source >= top else None, eraser)

    def _set_between_margins(self, row: int, source: int | None, eraser: Brush) -> None:
        """Give a row the cells that another one has between the side margins, or blanks."""
        if source is None:
            self.set_cells(row, self.left, list(eraser.paint(self.right - self.left + 1)))
        else:
            cells = cut_out(self.cells(source), self.left, self.right + 1)
            self.set_cells(row, self.left, cells, origin=self.lines[source])

    def cells(self, row: int) -> list[Cell]:
        """Return the cells of a row, to look at."""
        return self.lines[row].cells(self.columns)

    def set_cells(self, row: int, column: int, cells: list[Cell], *, origin: Line | None = None) -> None:
        """Replace the cells of a row from a column on.

        Args:
            origin: the line that they are from; None for cells of one column each that nothing protects.
        """
        line = self.lines[row]
        if origin is not None:
            line.has_wide = line.has_wide or origin.has_wide
            line.has_protected = line.has_protected or origin.has_protected
            line.has_tabs = line.has_tabs or origin.has_tabs
        line.set_cells(column, cells, self.columns)

    def erase(self, row: int, start: int, end: int, eraser: Brush) -> None:
        """Blank the columns of a row from start up to end."""
        line = self.lines[row]
        if end == self.columns:
            line.erase_end(start, end, eraser)
        else:
            line.erase(start, end, eraser)

    def erase_selectively(self, row: int, start: int, end: int, eraser: Brush) -> None:
        """Blank the columns of a row from start up to end, but for protected cells."""
        line = self.lines[row]
        if not line.has_protected:
            self.erase(row, start, end, eraser)
            return
        cells = line.cells_to_change(self.columns)
        clear_halves(cells, start, end)
        (blank,) = eraser.paint(1)
        for column in range(start, end):
            if not isinstance(cells[column], ProtectedCell):
                cells[column] = blank

    def insert_cells(self, row: int, column: int, limit: int, count: int, eraser: Brush) -> None:
        """Shift a row's cells from a column up to a limit right by count."""
        line = self.lines[row]
        line.set_wrapped(False)
        line.insert(column, limit, count, eraser, self.columns)

    def delete_cells(self, row: int, column: int, limit: int, count: int, eraser: Brush) -> None:
        """Shift a row's cells from a column up to a limit left by count."""
        line = self.lines[row]
        line.set_wrapped(False)
        line.delete(column, limit, count, eraser, self.columns)
