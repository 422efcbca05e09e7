"""The screen: drawing text at the cursor, wrapping it, and editing lines.

Knows nothing of bytes, sequences or replies. Operations have pyte's names and take the parameters of their control
sequence.
"""

from collections.abc import Sequence

from rmosh.terminal.charsets import PLAIN_SETS, CharacterSets
from rmosh.terminal.clears import Clear
from rmosh.terminal.cursor import CursorGrid
from rmosh.terminal.effort import JUDGED
from rmosh.terminal.graphemes import cluster_width, joins
from rmosh.terminal.pens import Brush, Pen
from rmosh.terminal.width import COMMON_WIDTHS, Widths, extend, segments


class Screen(CursorGrid):
    """A grid with a cursor that text is drawn at.

    Attributes:
        insert_mode: characters push the rest of the line right (IRM).
        fast_limit: text of one-column characters that ends before this column may be written to the line as it is; 0
            when any mode forbids it.
        last_text: what was drawn last, for REP.
        guards_areas: protection was last used ECMA-48's way (SPA), which ordinary erasing minds and selective erasing
            does not; else DEC's way (DECSCA), the other way round. Source: xterm.
        attribute_extent: changing renditions of an area means a rectangle (2), or a stream of characters (DECSACE).
        counts_graphemes: a grapheme cluster has one or two columns (mode 2027); else each of its characters counts.
    """

    def __init__(self, *, rows: int, columns: int, widths: Widths = COMMON_WIDTHS) -> None:
        self._widths = widths
        super().__init__(rows=rows, columns=columns)

    def reset_cursor(self) -> None:
        """Bring the cursor home and everything that steers drawing to its initial state."""
        super().reset_cursor()
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
            and not self.pen.protected
            and self.character_sets.are_plain
            and self.is_full_width
        )
        self.fast_limit = self.columns if is_fast else 0

    def draw(self, text: str) -> None:
        """Write text at the cursor."""
        if not self.character_sets.are_plain:
            text = self.character_sets.translate(text)
            if self.character_sets.single is not None:
                self.use_character_sets(CharacterSets(self.character_sets.designated, self.character_sets.locked))
        if self.insert_mode or not self.autowrap or self.columns < 2:
            self._draw_slowly(text)
        elif text.isascii():
            self._flow(text, self.pen)
        else:
            self._draw_mixed(text)

    def _draw_mixed(self, text: str) -> None:
        """Write text that is not all ASCII."""
        for narrow, wide, mixed in segments(text):
            if mixed:
                if self.counts_graphemes:
                    self._draw_slowly(mixed)
                elif cells := self._widths.cells_of(self._join_leading(mixed)):
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
                line.has_wide = True
                line.clusters += stop - start
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
        self.wrap_pending = True  # without autowrap too: it may be switched on before the next character
        if limit == self.columns:
            self.lines[self.row].set_wrapped(False)

    def _skip_wide(self, limit: int, texts_of_it: int) -> int:
        """Leave the last column blank because a wide character does not fit; return how many texts to pass over."""
        line = self.lines[self.row]
        line.erase(self.column, limit, self.pen.eraser)
        if self.columns < 2:
            return texts_of_it
        line.has_gap = limit == self.columns
        self.wrap_pending = True
        return 0

    def _wrap(self) -> None:
        goes_on_below = self.row < self.rows - 1 or self.row == self.bottom
        if goes_on_below and self.is_full_width:
            self.lines[self.row].set_wrapped(True)
        self.index()
        self.column = self.left

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
        is_mark = self._widths.of(character) == 0
        if character.isascii() or not (is_mark or self.counts_graphemes):
            return False
        column = self._column_before()
        if column is None:
            return is_mark
        cell = self.cells(self.row)[column]
        if not is_mark and not joins(cell.text, character, self._widths):
            return False
        joined = extend(cell.text, character)
        if self.counts_graphemes and self._outgrows(column, joined):
            self._widen(column, joined)
        else:
            self._replace_text(column, joined)
        return True

    def _outgrows(self, column: int, cluster: str) -> bool:
        """Tell whether a grapheme cluster takes two columns where what it grew from has one."""
        cells = self.cells(self.row)
        is_wide = column + 1 < self.columns and cells[column + 1].text == ""
        return not is_wide and cluster_width(cluster, self._widths) == 2

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
        """Make a narrow character a wide one (U+FE0F): in its place, or in the next line if it does not fit there."""
        pen, wide_pen = self.pen, self.pen.with_style(self.cells(self.row)[column].style)
        self.wrap_pending, self.column = False, column
        if column + 1 >= self.limit:
            if not self.autowrap:
                self._advance_to(column + 1, self.limit)
                return
            if self._skip_wide(self.limit, 1):
                return
        self.pen = wide_pen
        self.draw_cluster(text)
        self.pen = pen

    def draw_cluster(self, cluster: str) -> None:
        """Write one grapheme cluster at the cursor as it is."""
        self._flow((cluster, "") if cluster_width(cluster, self._widths) == 2 else (cluster,), self.pen)

    def _draw_slowly(self, text: str) -> None:
        """Write text character by character: inserting, without wrapping, or where wide characters have no room."""
        if self.insert_mode and self.autowrap and text.isascii():
            self._insert_text(text)
            return
        for character in text:
            if self._join(character):
                continue
            width = self._widths.of(character)
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

    def _insert_text(self, text: str) -> None:
        """Insert characters of one column each, as many at once as fit in the line."""
        start = 0
        while start < len(text):
            if self.wrap_pending:
                self._wrap()
            part = text[start : start + self.limit - self.column]
            self.insert_characters((len(part),))
            self._flow(part, self.pen)
            start += len(part)

    def repeat_last(self, params: Sequence[int]) -> None:
        """REP: write the last character again, at most a screenful."""
        if not self.last_text:
            return
        last = self.last_text
        cluster = last[-1] or last[-2]
        count = min(params[0] or 1, self.rows * self.columns)
        slowly = self.insert_mode or not self.autowrap
        if not self._affords_repeat(count, slowly=slowly):
            return
        if slowly:
            self._draw_slowly(cluster * min(count, self.columns))
        elif len(cluster) == 1:
            wide = self._widths.of(cluster) == 2
            self._flow(cluster * count, self.pen.wide if wide else self.pen, step=2 if wide else 1)
        else:
            self._flow(tuple(last[-2:] if last[-1] == "" else last[-1:]) * count, self.pen)

    def _affords_repeat(self, count: int, *, slowly: bool) -> bool:
        """Pay for writing so many characters, and for the rows that scrolling between side margins then moves."""
        if slowly:
            return self.effort.affords(min(count, self.columns), self.columns, cell=4)
        lines = count // max(1, self.limit - self.left) + 1
        return self.effort.affords(2 * lines, -(-count // lines), cell=JUDGED)

    def use_character_sets(self, character_sets: CharacterSets) -> None:
        """Draw with other character sets from now on."""
        self.character_sets = character_sets
        self.update_fast_limit()

    def insert_characters(self, params: Sequence[int]) -> None:
        """ICH: shift the rest of the line right."""
        self.wrap_pending = False
        if self.is_between_side_margins:
            self.insert_cells(self.row, self.column, self.limit, params[0] or 1, self.pen.eraser)

    def delete_characters(self, params: Sequence[int]) -> None:
        """DCH: shift the rest of the line left."""
        self.wrap_pending = False
        if self.is_between_side_margins:
            self.delete_cells(self.row, self.column, self.limit, params[0] or 1, self.pen.eraser)

    def erase_characters(self, params: Sequence[int]) -> None:
        """ECH: blank characters from the cursor on, whatever the margins."""
        self.wrap_pending = False
        end = min(self.columns, self.column + (params[0] or 1))
        erase = self.erase_selectively if self.guards_areas else self.erase
        erase(self.row, self.column, end, self.pen.eraser)

    def insert_lines(self, params: Sequence[int]) -> None:
        """IL: shift this line and those below it down, inside the margins."""
        if self.is_inside_margins:
            self.wrap_pending = False
            self.add_lines(self.row, params[0] or 1, self.pen.eraser)

    def delete_lines(self, params: Sequence[int]) -> None:
        """DL: shift the lines below up, inside the margins."""
        if self.is_inside_margins:
            self.wrap_pending = False
            self.remove_lines(self.row, params[0] or 1, self.pen.eraser)

    def erase_in_line(self, params: Sequence[int], *, selective: bool = False) -> None:
        """EL, DECSEL: blank the line from the cursor on (0), up to it (1) or whole (2)."""
        self.wrap_pending = False
        selective = selective != self.guards_areas
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
            self.clears.drop()
            return
        rows = {0: range(self.row + 1, self.rows), 1: range(self.row), 2: range(self.rows)}.get(params[0])
        spares = selective != self.guards_areas
        cell = JUDGED * self.columns if spares else 1
        if rows is None or not self.effort.affords(len(rows), cell=cell, columns=1):
            return
        if self.keeps_history and not spares and self._is_cleared_by(params[0]):
            self.lines = self.clears.cleared(self.lines, Clear(params[0]))
        erase = self.erase_selectively if spares else self.erase
        for row in rows:
            erase(row, 0, self.columns, self.pen.eraser)
        if params[0] != 2:
            self.erase_in_line(params, selective=selective)

    def _is_cleared_by(self, how: int) -> bool:
        """Whether ED with this parameter erases everything."""
        if how == Clear.ALL:
            return True
        corner = (0, 0) if how == Clear.FROM_HOME else (self.rows - 1, self.columns - 1)
        return (self.row, self.column) == corner

    def blank(self) -> None:
        """Blank everything and leave the cursor as it is, as switching to the alternate screen does."""
        if not self.effort.affords(self.rows):
            return
        for line in self.lines:
            line.clear(self.columns, self.pen.eraser)
