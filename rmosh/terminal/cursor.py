"""The cursor and how it moves: absolutely, relatively, by lines, by tab stops; scrolling where it must.

Knows nothing of what is drawn. Positions are 0-based rows and columns; operations have pyte's names and take the
parameters of their control sequence.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from rmosh.terminal.cells import TAB_WIDTH
from rmosh.terminal.grid import Grid
from rmosh.terminal.pens import PenBox


class CursorGrid(Grid):
    """A grid with a cursor and the modes that steer it.

    Attributes:
        row, column: the cursor; its column is the last one while a wrap is pending.
        wrap_pending: the last column was just written: the next character goes to the next line.
        pen: what is written with; scrolling leaves blanks in its background.
        tab_stops: columns, ascending.
    """

    def __init__(self, *, rows: int, columns: int) -> None:
        super().__init__(rows=rows, columns=columns)
        self.pens = PenBox()
        self.tab_stops = default_tab_stops(columns)
        self.reset_cursor()

    def reset_cursor(self) -> None:
        """Bring the cursor home and the modes that steer it to their initial state."""
        self.row = self.column = 0
        self.wrap_pending = False
        self.origin_mode = self.newline_mode = self.reverse_wrap = False
        self.autowrap = True
        self.pen = self.pens.pen()

    @property
    def limit(self) -> int:
        """The column that text at the cursor must end before: the right margin's, or the screen's edge beyond it."""
        return self.right + 1 if self.column <= self.right else self.columns

    @property
    def is_between_side_margins(self) -> bool:
        return self.left <= self.column <= self.right

    @property
    def is_inside_margins(self) -> bool:
        return self.top <= self.row <= self.bottom and self.is_between_side_margins

    def move_to(self, row: int, column: int) -> None:
        """Put the cursor somewhere on the screen, the nearest place if that is outside."""
        self.row = max(0, min(row, self.rows - 1))
        self.column = max(0, min(column, self.columns - 1))
        self.wrap_pending = False

    def cursor_position(self, params: Sequence[int]) -> None:
        """CUP, HVP: go to a row and column, 1-based; inside the margins in origin mode."""
        row = (params[0] or 1) - 1
        column = (params[1] or 1) - 1
        if self.origin_mode:
            row = min(row + self.top, self.bottom)
            column = min(column + self.left, self.right)
        last_row, last_column = self.rows - 1, self.columns - 1
        self.row = row if row < last_row else last_row
        self.column = column if column < last_column else last_column
        self.wrap_pending = False

    def home(self) -> None:
        """Go to the first position, of the margins in origin mode."""
        self.cursor_position((1, 1))

    def cursor_up(self, params: Sequence[int]) -> None:
        """CUU: up, not beyond the top margin."""
        top = self.top if self.row >= self.top else 0
        self.move_to(max(top, self.row - (params[0] or 1)), self.column)

    def cursor_down(self, params: Sequence[int]) -> None:
        """CUD: down, not beyond the bottom margin."""
        bottom = self.bottom if self.row <= self.bottom else self.rows - 1
        self.move_to(min(bottom, self.row + (params[0] or 1)), self.column)

    def cursor_forward(self, params: Sequence[int]) -> None:
        """CUF: right, not beyond the right margin."""
        self.move_to(self.row, min(self.limit - 1, self.column + (params[0] or 1)))

    def cursor_back(self, params: Sequence[int]) -> None:
        """CUB: left, not beyond the left margin; around it with reverse wrap."""
        count = params[0] or 1
        if self.reverse_wrap and self.autowrap:
            self._back_around(count)
            return
        left = self.left if self.column >= self.left else 0
        self.move_to(self.row, max(left, self.column - count))

    def _back_around(self, count: int) -> None:
        """Go left, from the left margin to the right margin of the line above. Source: xterm 412, mode 1045.

        Mode 45 does so as well here; in xterm since 383 only within a line that was wrapped.
        """
        count = min(count, self.rows * self.columns)
        if self.wrap_pending:
            count -= 1
            self.wrap_pending = False
        left = self.left if self.column >= self.left else 0
        if count <= self.column - left:
            self.column -= count
            return
        lines, columns = divmod(count - (self.column - left) - 1, self.right - self.left + 1)
        self.column = self.right - columns
        self._up_around(lines + 1)

    def _up_around(self, count: int) -> None:
        """Go up, from the top margin to the bottom margin, and into the margins from the screen's edges outside."""
        if not self.top <= self.row <= self.bottom:
            outside = (self.row - self.bottom) % self.rows
            if count < outside:
                self.row = (self.row - count) % self.rows
                return
            self.row = self.bottom
            count -= outside
        self.row = self.top + (self.row - self.top - count) % (self.bottom - self.top + 1)

    def backspace(self, _: Sequence[int]) -> None:
        """BS: left by one."""
        self.cursor_back((1,))

    def cursor_down1(self, params: Sequence[int]) -> None:
        """CNL: down, to the left margin."""
        self.cursor_down(params)
        self.carriage_return(())

    def cursor_up1(self, params: Sequence[int]) -> None:
        """CPL: up, to the left margin."""
        self.cursor_up(params)
        self.carriage_return(())

    def cursor_to_column(self, params: Sequence[int]) -> None:
        """CHA, HPA: to a column of this row."""
        self.cursor_position((self.row + 1 - (self.top if self.origin_mode else 0), params[0]))

    def cursor_to_line(self, params: Sequence[int]) -> None:
        """VPA: to a row of this column."""
        self.cursor_position((params[0], self.column + 1 - (self.left if self.origin_mode else 0)))

    def move_columns(self, count: int) -> None:
        """HPR, HPB: along the row, whatever the margins but in origin mode."""
        last = self.right if self.origin_mode else self.columns - 1
        self.move_to(self.row, min(self.column + count, last))

    def move_rows(self, count: int) -> None:
        """VPR, VPB: along the column, whatever the margins but in origin mode."""
        last = self.bottom if self.origin_mode else self.rows - 1
        self.move_to(min(self.row + count, last), self.column)

    def carriage_return(self, _: Sequence[int]) -> None:
        """CR: to the left margin, or to the edge from left of it."""
        self.column = self.left if self.column >= self.left or self.origin_mode else 0
        self.wrap_pending = False

    def index(self) -> None:
        """IND: down by one, scrolling at the bottom margin."""
        self.wrap_pending = False
        if self.row != self.bottom:
            if self.row < self.rows - 1:
                self.row += 1
        elif self.is_full_width or self.is_between_side_margins:
            self.scroll_up(1, self.pen.eraser)

    def reverse_index(self, _: Sequence[int]) -> None:
        """RI: up by one, scrolling at the top margin."""
        if self.row == self.top:
            if self.left <= self.column <= self.right:
                self.add_lines(self.top, 1, self.pen.eraser)
        elif self.row:
            self.row -= 1
        self.wrap_pending = False

    def linefeed(self, _: Sequence[int]) -> None:
        """LF, VT, FF: down by one; to the left margin too in newline mode."""
        if self.newline_mode:
            self.carriage_return(())
        self.index()

    def next_line(self, _: Sequence[int]) -> None:
        """NEL: down by one and to the left margin."""
        self.carriage_return(())
        self.index()

    def tab(self, params: Sequence[int]) -> None:
        """HT, CHT: to the next tab stop, or the last column before the margin; a pending wrap stays pending."""
        last = self.limit - 1
        if self.column < last:
            stop = bisect_right(self.tab_stops, self.column) + ((params[0] if params else 1) or 1) - 1
            column = min([*self.tab_stops[stop : stop + 1], last])
            if not params and self.is_full_width:
                self.lines[self.row].tab(self.column, column, self.columns)
            self.column = column

    def tab_back(self, params: Sequence[int]) -> None:
        """CBT: to the tab stop before."""
        first = self.left if self.origin_mode else 0
        stop = bisect_left(self.tab_stops, self.column) - (params[0] or 1)
        self.move_to(self.row, max(self.tab_stops[stop] if stop >= 0 else 0, first))

    def set_tab_stop(self, _: Sequence[int]) -> None:
        """HTS: a tab stop here."""
        if self.column not in self.tab_stops:
            insort(self.tab_stops, self.column)

    def clear_tab_stop(self, params: Sequence[int]) -> None:
        """TBC: none here (0), or none at all (3)."""
        if params[0] == 0:
            self.tab_stops = [stop for stop in self.tab_stops if stop != self.column]
        elif params[0] == 3:
            self.tab_stops.clear()

    def reset_tab_stops(self) -> None:
        """DECST8C: tab stops as at the start."""
        self.tab_stops = default_tab_stops(self.columns)


def default_tab_stops(columns: int) -> list[int]:
    """Return the tab stops that a line of so many columns starts with."""
    return list(range(TAB_WIDTH, columns, TAB_WIDTH))
