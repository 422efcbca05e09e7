"""The screen with its cursor: drawing text, wrapping, and moving about, in pyte's words for each operation.

Knows nothing of bytes, sequences or replies. Positions are 0-based rows and columns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rmosh.terminal.charsets import PLAIN_SETS, CharacterSets
from rmosh.terminal.grid import Grid
from rmosh.terminal.pens import Brush, Pen, PenBox
from rmosh.terminal.width import cells_of, char_width, extend, joins, may_join, segments

#: Columns between tab stops that a terminal starts with. Source: VT100 manual.
TAB_WIDTH: Final = 8


@dataclass(frozen=True, slots=True)
class SavedCursor:
    """What DECSC saves and DECRC restores. Source: VT510 manual."""

    pen: Pen
    row: int = 0
    column: int = 0
    wrap_pending: bool = False
    origin_mode: bool = False
    character_sets: CharacterSets = PLAIN_SETS


class Screen(Grid):
    """A grid with a cursor and the modes that steer it.

    Attributes:
        row, column: the cursor; its column is the last one while a wrap is pending.
        wrap_pending: the last column was just written: the next character goes to the next line.
        fast_limit: text of one-column characters that ends before this column may be written to the line as it is; 0
            when any mode forbids it.
        last_text: what was drawn last, for REP.
    """

    def __init__(self, *, rows: int, columns: int) -> None:
        super().__init__(rows=rows, columns=columns)
        self.pens = PenBox()
        self.tab_stops = default_tab_stops(columns)
        self.reset_cursor()

    def reset_cursor(self) -> None:
        """Bring the cursor home and everything that steers it to its initial state."""
        self.row = self.column = 0
        self.wrap_pending = False
        self.origin_mode = self.insert_mode = self.newline_mode = self.reverse_wrap = False
        self.autowrap = True
        self.character_sets = PLAIN_SETS
        self.pen = self.pens.pen()
        self.last_text: str | tuple[str, ...] = ""
        self.update_fast_limit()

    def update_fast_limit(self) -> None:
        """Work out `fast_limit` again; to be called when a mode, a margin, the pen's protection or the size changed."""
        is_fast = (
            self.autowrap
            and not self.insert_mode
            and not self.pen.protected
            and self.character_sets.are_plain
            and self.is_full_width
        )
        self.fast_limit = self.columns if is_fast else 0

    # Drawing

    def draw(self, text: str) -> None:
        """Write text at the cursor."""
        if not self.character_sets.are_plain:
            text = self.character_sets.translate(text)
            if self.character_sets.single is not None:
                self.use_character_sets(CharacterSets(self.character_sets.designated, self.character_sets.locked))
        if self.insert_mode or not self.autowrap:
            self._draw_slowly(text)
        elif text.isascii():
            self._flow(text, self.pen)
        else:
            self._draw_mixed(text)

    def _draw_mixed(self, text: str) -> None:
        """Write text that is not all ASCII."""
        for narrow, wide, mixed in segments(text):
            if mixed:
                cells = cells_of(self._join_leading(mixed))
                if cells:
                    self._flow(cells, self.pen)
                continue
            part = narrow or wide
            end = self.column + len(part) + len(wide)
            if end < self.fast_limit and not self.wrap_pending:
                line = self.lines[self.row]
                line.has_wide = line.has_wide or part is wide
                line.runs.append((self.column, end, part, self.pen.wide if wide else self.pen))
                self.column = end
                self.last_text = part
            else:
                self._flow(part, self.pen.wide if wide else self.pen, step=2 if wide else 1)

    def _flow(self, texts: str | tuple[str, ...], brush: Pen | Brush, step: int = 1) -> None:
        """Write texts of `step` columns each, wrapping where the line ends."""
        start, count = 0, len(texts)
        while start < count:
            if self.wrap_pending:
                self._wrap()
            limit = self.limit
            stop = start + (limit - self.column) // step
            if stop < count and texts[stop] == "":
                stop -= 1
            if stop <= start:
                start += self._skip_wide(limit, 2 // step)
                continue
            stop = min(stop, count)
            end = self.column + (stop - start) * step
            line = self.lines[self.row]
            if type(texts) is tuple:
                line.has_wide = line.has_clusters = True
            elif step == 2:
                line.has_wide = True
            if self.pen.protected:
                line.has_protected = True
            line.runs.append((self.column, end, texts[start:stop], brush))
            self._advance_to(end, limit)
            start = stop
        self.last_text = texts

    def _advance_to(self, column: int, limit: int) -> None:
        if column < limit:
            self.column = column
            return
        self.column = limit - 1
        self.wrap_pending = self.autowrap
        if limit == self.columns:
            self.lines[self.row].set_wrapped(False)

    def _skip_wide(self, limit: int, texts_of_it: int) -> int:
        """Leave the last column blank because a wide character does not fit; return how many texts to pass over."""
        self.lines[self.row].erase(self.column, limit, self.pen.eraser)
        first = self.left if self.column >= self.left else 0
        if limit - first < 2 or self.columns < 2:
            return texts_of_it
        self.column = limit - 1
        self.wrap_pending = True
        return 0

    @property
    def limit(self) -> int:
        """The column that text at the cursor must end before: the right margin's, or the screen's edge beyond it."""
        return self.right + 1 if self.column <= self.right else self.columns

    def _wrap(self) -> None:
        goes_on_below = self.row < self.rows - 1 or self.row == self.bottom
        if goes_on_below and self.is_full_width:
            self.lines[self.row].set_wrapped(True)
        self.column = self.left if self.column >= self.left else 0
        self.index()

    def _join_leading(self, text: str) -> str:
        """Add characters that belong to the cell before the cursor to it; return the text without them."""
        taken = 0
        for character in text:
            if not self._join(character):
                break
            taken += 1
        return text[taken:]

    def _join(self, character: str) -> bool:
        """Add a character to the cell before the cursor if it belongs there; a mark that finds no cell is dropped."""
        if not may_join(character):
            return False
        column = self._column_before()
        if column is None:
            return char_width(character) == 0
        cell = self.cells(self.row)[column]
        if not joins(cell.text, character):
            return False
        joined = extend(cell.text, character)
        if char_width(joined) > char_width(cell.text):
            self._widen(column, joined)
        else:
            self._replace_text(column, joined)
        return True

    def _column_before(self) -> int | None:
        """Return the column of the character that the cursor stands behind, None at the line's start."""
        column = self.column if self.wrap_pending else self.column - 1
        if column < 0:
            return None
        if column and self.cells(self.row)[column].text == "":
            column -= 1
        return column

    def _replace_text(self, column: int, text: str) -> None:
        cells = self.lines[self.row].cells_to_change(self.columns)
        cells[column] = type(cells[column])(text, cells[column].style)
        self.last_text = (text,)

    def _widen(self, column: int, text: str) -> None:
        """Make a narrow character a wide one (U+FE0F), which may push it to the next line."""
        style = self.cells(self.row)[column].style
        pen, self.pen = self.pen, self.pen.with_style(style)
        self.wrap_pending, self.column = False, column
        if column + 1 < self.limit:
            self.draw_cluster(text)
        elif self.autowrap and self.limit - self.left >= 2:
            self.pen = pen
            self._skip_wide(self.limit, 0)
            self.pen = self.pen.with_style(style)
            self.draw_cluster(text)
        else:
            self._advance_to(column + 1, self.limit)
        self.pen = pen

    def draw_cluster(self, cluster: str) -> None:
        """Write one grapheme cluster at the cursor as it is."""
        self._flow((cluster, "") if char_width(cluster) == 2 else (cluster,), self.pen)

    def _draw_slowly(self, text: str) -> None:
        """Write text character by character: inserting, or without wrapping."""
        for character in text:
            if self._join(character):
                continue
            width = char_width(character)
            if not width:
                continue
            if not self.autowrap:
                self.wrap_pending = False
                if self.limit - self.column < width:
                    continue
            if self.insert_mode:
                if self.wrap_pending:
                    self._wrap()
                self.insert_characters((width,))
            self.draw_cluster(character)

    def repeat_last(self, params: Sequence[int]) -> None:
        """REP: write the last character again, at most a screenful."""
        if not self.last_text:
            return
        last = self.last_text
        cluster = last[-1] or last[-2]
        count = min(params[0] or 1, self.rows * self.columns)
        if self.insert_mode or not self.autowrap:
            self._draw_slowly(cluster * min(count, self.columns))
        elif char_width(cluster) == 2:
            self._flow((cluster, "") * count, self.pen)
        else:
            self._flow((cluster,) * count, self.pen)

    def use_character_sets(self, character_sets: CharacterSets) -> None:
        """Draw with other character sets from now on."""
        self.character_sets = character_sets
        self.update_fast_limit()

    # Moving

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
        """Go left, from the left margin to the right margin of the line above. Source: xterm, mode 45."""
        count = min(count, self.rows * self.columns)
        if self.wrap_pending:
            count -= 1
            self.wrap_pending = False
        for _ in range(count):
            left = self.left if self.column >= self.left else 0
            if self.column > left:
                self.column -= 1
            else:
                inside = self.top <= self.row <= self.bottom
                top, bottom = (self.top, self.bottom) if inside else (0, self.rows - 1)
                self.row = bottom if self.row == top else self.row - 1
                self.column = self.right

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
        """HPR, HPB: along the row, whatever the margins."""
        self.move_to(self.row, self.column + count)

    def move_rows(self, count: int) -> None:
        """VPR, VPB: along the column, whatever the margins."""
        self.move_to(self.row + count, self.column)

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
        elif self.is_full_width or self._is_between_side_margins:
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

    # Tabs

    def tab(self, params: Sequence[int]) -> None:
        """HT, CHT: to the next tab stop, or the last column before the margin; a pending wrap stays pending."""
        last = self.limit - 1
        for _ in range(min((params[0] if params else 1) or 1, self.columns)):
            if self.column >= last:
                return
            self.column = next((stop for stop in range(self.column + 1, last) if stop in self.tab_stops), last)

    def tab_back(self, params: Sequence[int]) -> None:
        """CBT: to the tab stop before."""
        first = self.left if self.origin_mode else 0
        for _ in range(min(params[0] or 1, self.columns)):
            stops: Iterable[int] = range(self.column - 1, first, -1)
            self.move_to(self.row, next((stop for stop in stops if stop in self.tab_stops), first))

    def set_tab_stop(self, _: Sequence[int]) -> None:
        """HTS: a tab stop here."""
        self.tab_stops.add(self.column)

    def clear_tab_stop(self, params: Sequence[int]) -> None:
        """TBC: none here (0), or none at all (3)."""
        if params[0] == 0:
            self.tab_stops.discard(self.column)
        elif params[0] == 3:
            self.tab_stops.clear()

    def reset_tab_stops(self) -> None:
        """DECST8C: tab stops as at the start."""
        self.tab_stops = default_tab_stops(self.columns)

    # Editing

    def insert_characters(self, params: Sequence[int]) -> None:
        """ICH: shift the rest of the line right."""
        self.wrap_pending = False
        if self._is_between_side_margins:
            self.insert_cells(self.row, self.column, self.limit, params[0] or 1, self.pen.eraser)

    def delete_characters(self, params: Sequence[int]) -> None:
        """DCH: shift the rest of the line left."""
        self.wrap_pending = False
        if self._is_between_side_margins:
            self.delete_cells(self.row, self.column, self.limit, params[0] or 1, self.pen.eraser)

    def erase_characters(self, params: Sequence[int]) -> None:
        """ECH: blank characters from the cursor on, whatever the margins."""
        self.wrap_pending = False
        end = min(self.columns, self.column + (params[0] or 1))
        self.erase(self.row, self.column, end, self.pen.eraser)

    def insert_lines(self, params: Sequence[int]) -> None:
        """IL: shift this line and those below it down, inside the margins."""
        if self._is_inside_margins:
            self.wrap_pending = False
            self.add_lines(self.row, params[0] or 1, self.pen.eraser)

    def delete_lines(self, params: Sequence[int]) -> None:
        """DL: shift the lines below up, inside the margins."""
        if self._is_inside_margins:
            self.wrap_pending = False
            self.remove_lines(self.row, params[0] or 1, self.pen.eraser)

    @property
    def _is_between_side_margins(self) -> bool:
        return self.left <= self.column <= self.right

    @property
    def _is_inside_margins(self) -> bool:
        return self.top <= self.row <= self.bottom and self._is_between_side_margins

    def erase_in_line(self, params: Sequence[int], *, selective: bool = False) -> None:
        """EL, DECSEL: blank the line from the cursor on (0), up to it (1) or whole (2)."""
        self.wrap_pending = False
        if params[0] == 0 and not selective:
            self.lines[self.row].erase_end(self.column, self.columns, self.pen.eraser)
            return
        ends = {0: (self.column, self.columns), 1: (0, self.column + 1), 2: (0, self.columns)}.get(params[0])
        if ends is not None:
            erase = self.erase_selectively if selective else self.erase
            erase(self.row, *ends, self.pen.eraser)

    def erase_in_display(self, params: Sequence[int], *, selective: bool = False) -> None:
        """ED, DECSED: blank from the cursor on (0), up to it (1), all (2), or the lines that scrolled off (3)."""
        self.wrap_pending = False
        if params[0] == 3:
            self.history.forget()
            return
        rows = {0: range(self.row + 1, self.rows), 1: range(self.row), 2: range(self.rows)}.get(params[0])
        if rows is None:
            return
        erase = self.erase_selectively if selective else self.erase
        for row in rows:
            erase(row, 0, self.columns, self.pen.eraser)
        if params[0] != 2:
            self.erase_in_line(params, selective=selective)


def default_tab_stops(columns: int) -> set[int]:
    """Return the tab stops that a line of so many columns starts with."""
    return set(range(TAB_WIDTH, columns, TAB_WIDTH))
