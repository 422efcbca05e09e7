"""Drawing text at the cursor, and wrapping it.

Knows nothing of bytes, sequences or replies. Operations have pyte's names and take the parameters of their control
sequence.
"""

from collections.abc import Sequence
from typing import Final

from rmosh.terminal.charsets import CharacterSets
from rmosh.terminal.editing import insert_characters
from rmosh.terminal.effort import JUDGED
from rmosh.terminal.graphemes import cluster_width, joins
from rmosh.terminal.grid import Grid
from rmosh.terminal.pens import Pen, eraser_of, is_protected, with_style
from rmosh.terminal.width import extend, segments

#: Most short texts remembered as narrow, and the longest, in characters. Reason: pictures and boxes are made of a few
#: characters over and over, words with accents repeat. Source: our own choice.
MAX_NARROW: Final = 512
_NARROW_LENGTH: Final = 16


def draw(grid: Grid, text: str) -> None:
    """Write text at the cursor."""
    if not grid.character_sets.are_plain:
        text = grid.character_sets.translate(text)
        if grid.character_sets.single is not None:
            grid.use_character_sets(CharacterSets(grid.character_sets.designated, grid.character_sets.locked))
    if grid.insert_mode or not grid.autowrap or grid.columns < 2:
        _draw_slowly(grid, text)
    elif text.isascii():
        _flow(grid, text, grid.pen)
    else:
        _draw_mixed(grid, text)


def _draw_mixed(grid: Grid, text: str) -> None:
    """Write text that is not all ASCII."""
    parts = segments(text)
    if len(parts) == 1 and parts[0][0] and len(text) <= _NARROW_LENGTH:
        if len(grid.narrow) >= MAX_NARROW:
            grid.narrow.clear()
        grid.narrow.add(text)
    for narrow, wide, mixed in parts:
        if mixed:
            if grid.counts_graphemes:
                _draw_slowly(grid, mixed)
            elif cells := grid.widths.cells_of(_join_leading(grid, mixed)):
                _flow(grid, cells, grid.pen)
            continue
        part = narrow or wide
        end = grid.column + len(part) + len(wide)
        if end < grid.fast_limit and not grid.wrap_pending:
            line = grid.lines[grid.row]
            line.has_wide = line.has_wide or part is wide
            line.runs.append((grid.column, end, part, grid.pen))
            grid.column = end
            grid.last_text = part
        else:
            _flow(grid, part, grid.pen, step=2 if wide else 1)


def _flow(grid: Grid, texts: str | tuple[str, ...], pen: Pen, step: int = 1) -> None:
    """Write texts of `step` columns each, wrapping where the line ends."""
    start, count = 0, len(texts)
    while start < count:
        if grid.wrap_pending:
            _wrap(grid)
        limit = grid.limit
        stop = start + (limit - grid.column) // step
        if stop < count and texts[stop] == "":
            stop -= 1
        if stop <= start:
            start += _skip_wide(grid, limit, 2 // step)
            continue
        stop = min(stop, count)
        end = grid.column + (stop - start) * step
        line = grid.lines[grid.row]
        if type(texts) is tuple:
            line.has_wide = True
            line.clusters += stop - start
        elif step == 2:
            line.has_wide = True
        if is_protected(pen):
            line.has_protected = True
        line.runs.append((grid.column, end, texts[start:stop], pen))
        _advance_to(grid, end, limit)
        start = stop
    grid.last_text = texts


def _advance_to(grid: Grid, column: int, limit: int) -> None:
    if column < limit:
        grid.column = column
        return
    grid.column = limit - 1
    grid.wrap_pending = True  # without autowrap too: it may be switched on before the next character
    if limit == grid.columns:
        grid.lines[grid.row].set_wrapped(False)


def _skip_wide(grid: Grid, limit: int, texts_of_it: int) -> int:
    """Leave the last column blank because a wide character does not fit; return how many texts to pass over."""
    line = grid.lines[grid.row]
    line.erase(grid.column, limit, eraser_of(grid.pen))
    if grid.columns < 2:
        return texts_of_it
    line.has_gap = limit == grid.columns
    grid.wrap_pending = True
    return 0


def _wrap(grid: Grid) -> None:
    goes_on_below = grid.row < grid.rows - 1 or grid.row == grid.bottom
    if goes_on_below and grid.is_full_width:
        grid.lines[grid.row].set_wrapped(True)
    grid.index()
    grid.column = grid.left


def _join_leading(grid: Grid, text: str) -> str:
    """Add characters that belong to the cell before the cursor to it; return the text without them."""
    taken = 0
    for character in text:
        if not _join(grid, character):
            break
        taken += 1
    return text[taken:]


def _join(grid: Grid, character: str) -> bool:
    """Add a character to the cell before the cursor if it belongs there; a mark that finds no cell is dropped."""
    is_mark = grid.widths.of(character) == 0
    if character.isascii() or not (is_mark or grid.counts_graphemes):
        return False
    column = _column_before(grid)
    if column is None:
        return is_mark
    cell = grid.cells(grid.row)[column]
    if not is_mark and not joins(cell.text, character, grid.widths):
        return False
    joined = extend(cell.text, character)
    if grid.counts_graphemes and _outgrows(grid, column, joined):
        _widen(grid, column, joined)
    else:
        _replace_text(grid, column, joined)
    return True


def _outgrows(grid: Grid, column: int, cluster: str) -> bool:
    """Tell whether a grapheme cluster takes two columns where what it grew from has one."""
    cells = grid.cells(grid.row)
    is_wide = column + 1 < grid.columns and cells[column + 1].text == ""
    return not is_wide and cluster_width(cluster, grid.widths) == 2


def _column_before(grid: Grid) -> int | None:
    """Return the column of the character that the cursor stands behind, None at the line's start."""
    column = grid.column if grid.wrap_pending else grid.column - 1
    if column < 0:
        return None
    if column and grid.cells(grid.row)[column].text == "":
        column -= 1
    return column


def _replace_text(grid: Grid, column: int, text: str) -> None:
    cells = grid.lines[grid.row].cells_to_change(grid.columns)
    cells[column] = type(cells[column])(text, cells[column].style)
    is_wide = column + 1 < grid.columns and cells[column + 1].text == ""
    grid.last_text = (text, "") if is_wide else (text,)


def _widen(grid: Grid, column: int, text: str) -> None:
    """Make a narrow character a wide one (U+FE0F): in its place, or in the next line if it does not fit there."""
    pen, wide_pen = grid.pen, with_style(grid.pen, grid.cells(grid.row)[column].style)
    grid.wrap_pending, grid.column = False, column
    if column + 1 >= grid.limit:
        if not grid.autowrap:
            _advance_to(grid, column + 1, grid.limit)
            return
        if _skip_wide(grid, grid.limit, 1):
            return
    grid.pen = wide_pen
    _draw_cluster(grid, text)
    grid.pen = pen


def _draw_cluster(grid: Grid, cluster: str) -> None:
    """Write one grapheme cluster at the cursor as it is."""
    _flow(grid, (cluster, "") if cluster_width(cluster, grid.widths) == 2 else (cluster,), grid.pen)


def _draw_slowly(grid: Grid, text: str) -> None:
    """Write text character by character: inserting, without wrapping, or where wide characters have no room."""
    if grid.insert_mode and grid.autowrap and text.isascii():
        _insert_text(grid, text)
        return
    for character in text:
        if _join(grid, character):
            continue
        width = grid.widths.of(character)
        if not width:
            continue
        if not grid.autowrap:
            grid.wrap_pending = False
            if grid.limit - grid.column < width:
                continue
        if grid.insert_mode:
            if grid.wrap_pending:
                _wrap(grid)
            insert_characters(grid, (width,))
        _draw_cluster(grid, character)


def _insert_text(grid: Grid, text: str) -> None:
    """Insert characters of one column each, as many at once as fit in the line."""
    start = 0
    while start < len(text):
        if grid.wrap_pending:
            _wrap(grid)
        end = grid.left if grid.column < grid.left else grid.limit  # left of the margin nothing is pushed
        part = text[start : start + end - grid.column]
        insert_characters(grid, (len(part),))
        _flow(grid, part, grid.pen)
        start += len(part)


def repeat_last(grid: Grid, params: Sequence[int]) -> None:
    """REP: write the last character again, at most a screenful."""
    if not grid.last_text:
        return
    last = grid.last_text
    cluster = last[-1] or last[-2]
    count = min(params[0] or 1, grid.rows * grid.columns)
    slowly = grid.insert_mode or not grid.autowrap
    if not _pay_for_repeat(grid, count, slowly=slowly):
        return
    if slowly:
        _draw_slowly(grid, cluster * min(count, grid.columns))
    elif len(cluster) == 1:
        wide = grid.widths.of(cluster) == 2
        _flow(grid, cluster * count, grid.pen, step=2 if wide else 1)
    else:
        _flow(grid, tuple(last[-2:] if last[-1] == "" else last[-1:]) * count, grid.pen)


def _pay_for_repeat(grid: Grid, count: int, *, slowly: bool) -> bool:
    """Pay for writing so many characters, and for the rows that scrolling between side margins then moves."""
    if slowly:
        return grid.effort.pay(min(count, grid.columns), grid.columns, cell=4)
    lines = count // max(1, grid.limit - grid.left) + 1
    return grid.effort.pay(2 * lines, -(-count // lines), cell=JUDGED)
