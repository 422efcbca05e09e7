"""The lines of the screen, its margins, and the cursor: how they scroll, and how it moves.

Knows nothing of what is drawn. Positions are 0-based rows and columns; operations have pyte's names and take the
parameters of their control sequence.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from rmosh.terminal.cells import TAB_WIDTH, Cell
from rmosh.terminal.charsets import PLAIN_SETS, CharacterSets
from rmosh.terminal.clears import Clears
from rmosh.terminal.effort import Effort
from rmosh.terminal.history import ScrolledOff
from rmosh.terminal.lines import Line
from rmosh.terminal.pens import DEFAULT_PEN, Effects, Pen, blank_of, eraser_of, is_protected
from rmosh.terminal.runs import Run, cut_out
from rmosh.terminal.width import COMMON_WIDTHS, Widths


class Grid:
    """Rows x columns of cells, as lines, and a cursor in them.

    Attributes:
        lines: the lines of the screen shown now, top first.
        top, bottom, left, right: margins; they name the first and the last row or column inside them.
        is_full_width: the side margins are the edges of the screen.
        has_side_margins: left and right margins may be set (DECLRMM); when not, they are the screen's edges.
        keeps_history: lines that scroll off are history (the main screen); else they are gone.
        clears: judges what becomes of the lines that were erased all at once.
        effort: what operations on whole areas may still cost.
        row, column: the cursor; its column is the last one while a wrap is pending.
        wrap_pending: the last column was just written: the next character goes to the next line.
        pen: what is written with; scrolling leaves blanks in its background.
        effects: what SGR sequences do to it.
        narrow: short texts met that are not ASCII and have one column a character.
        tab_stops: columns, ascending.
        insert_mode: characters push the rest of the line right (IRM).
        fast_limit: text of one-column characters that ends before this column may be written to the line as it is; 0
            when any mode forbids it.
        last_text: what was drawn last, for REP.
        guards_areas: protection was last used ECMA-48's way (SPA), which ordinary erasing minds and selective erasing
            does not; else DEC's way (DECSCA), the other way round. Source: xterm.
        attribute_extent: changing renditions of an area means a rectangle (2), or a stream of characters (DECSACE).
        counts_graphemes: a grapheme cluster has one or two columns (mode 2027); else each of its characters counts.
        widths: how programs here count columns.
    """

    def __init__(self, *, rows: int, columns: int, widths: Widths = COMMON_WIDTHS) -> None:
        self.rows = rows
        self.columns = columns
        self.widths = widths
        self.lines = [Line() for _ in range(rows)]
        self.history = ScrolledOff()
        self.clears = Clears(self.history)
        self.effort = Effort()
        self.keeps_history = True
        self.has_side_margins = False
        self.reset_margins()
        self.effects = Effects()
        self.narrow: set[str] = set()
        self.tab_stops = default_tab_stops(columns)
        self.reset_cursor()

    def reset_cursor(self) -> None:
        """Bring the cursor home, and what steers it and what is drawn at it to its initial state."""
        self.row = self.column = 0
        self.wrap_pending = False
        self.origin_mode = self.newline_mode = self.reverse_wrap = False
        self.autowrap = True
        self.pen: Pen = DEFAULT_PEN
        self.insert_mode = False
        self.guards_areas = False
        self.attribute_extent = 0
        self.counts_graphemes = False
        self.character_sets = PLAIN_SETS
        self.last_text: str | tuple[str, ...] = ""
        self.update_fast_limit()

    def update_fast_limit(self) -> None:
        """Work out `fast_limit` again; to be called when a mode, a margin, the pen's protection or the size changed."""
        is_fast = (
            self.autowrap
            and not self.insert_mode
            and not is_protected(self.pen)
            and self.character_sets.are_plain
            and self.is_full_width
        )
        self.fast_limit = self.columns if is_fast else 0

    def place(self) -> tuple[Pen, int, int, list[Run]]:
        """Return what text is written with, from which column, up to which it may go as it is, and where it goes."""
        limit = 0 if self.wrap_pending else self.fast_limit
        return self.pen, self.column, limit, self.lines[self.row].runs

    def use_character_sets(self, character_sets: CharacterSets) -> None:
        """Draw with other character sets from now on."""
        self.character_sets = character_sets
        self.update_fast_limit()

    def reset_margins(self) -> None:
        """Make the margins the edges of the screen."""
        self.top = 0
        self.bottom = self.rows - 1
        self.set_side_margins(0, self.columns - 1)

    def set_side_margins(self, left: int, right: int) -> None:
        """Set the left and the right margin."""
        self.left, self.right = left, right
        self.is_full_width = left == 0 and right == self.columns - 1

    def scroll_up(self, count: int, eraser: Pen) -> None:
        """Scroll what is inside the margins up; lines that leave the screen's top are history."""
        if not self.is_full_width:
            self._shift_up(self.top, count, eraser)
            return
        for _ in range(min(count, self.bottom - self.top + 1)):
            self._scroll_line(eraser)

    def _scroll_line(self, eraser: Pen) -> None:
        """Scroll up by one, the margins at the sides being the screen's edges."""
        lines, top = self.lines, self.top
        if top:
            del lines[top]
            lines[top - 1].set_wrapped(False)
        else:
            if self.clears.held is not None:
                self.clears.settle(lines)
            line = lines.pop(0)
            if self.keeps_history:
                self.history.push(line)
        lines.insert(self.bottom, self._blank_line(eraser) if eraser else Line())

    def remove_lines(self, row: int, count: int, eraser: Pen) -> None:
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

    def add_lines(self, row: int, count: int, eraser: Pen) -> None:
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

    def start_over(self, eraser: Pen) -> None:
        """Go on with blank lines, of which only the last is in a colour, as if the others never had been there."""
        self.lines = [*[Line() for _ in range(self.rows - 1)], self._blank_line(eraser)]

    def _blank_line(self, eraser: Pen) -> Line:
        line = Line()
        if eraser:
            line.clear(self.columns, eraser)
        return line

    def _shift_up(self, top: int, count: int, eraser: Pen) -> None:
        if not self.effort.pay(self.bottom + 1 - top, self.right + 1 - self.left):
            return
        for row in range(top, self.bottom + 1):
            source = row + count
            self._set_between_margins(row, source if source <= self.bottom else None, eraser)

    def _shift_down(self, top: int, count: int, eraser: Pen) -> None:
        if not self.effort.pay(self.bottom + 1 - top, self.right + 1 - self.left):
            return
        for row in range(self.bottom, top - 1, -1):
            source = row - count
            self._set_between_margins(row, source if source >= top else None, eraser)

    def _set_between_margins(self, row: int, source: int | None, eraser: Pen) -> None:
        """Give a row the cells that another one has between the side margins, or blanks."""
        if source is None:
            self.set_cells(row, self.left, [blank_of(eraser)] * (self.right - self.left + 1))
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
            self.scroll_up(1, eraser_of(self.pen))

    def reverse_index(self, _: Sequence[int]) -> None:
        """RI: up by one, scrolling at the top margin."""
        if self.row == self.top:
            if self.left <= self.column <= self.right:
                self.add_lines(self.top, 1, eraser_of(self.pen))
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
        if self.row == self.bottom and self.is_full_width:
            self._scroll_line(eraser_of(self.pen) if self.pen else DEFAULT_PEN)
        else:
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
