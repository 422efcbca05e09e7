"""Resizing: soft-wrapped lines of the main screen are wrapped again at the new width, the cursor going with its text.

What no longer fits scrolls off the top into history. Lines do not come back from there when the screen grows: the
user's own terminal has them already.
"""

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.buffers import Buffers
from rmosh.terminal.cells import DEFAULT_STYLE, Cell, blank_cell
from rmosh.terminal.grid import Grid, default_tab_stops
from rmosh.terminal.lines import Line
from rmosh.terminal.runs import cut_out

#: Blank cells of one object that are looked at together. Reason: a quarter of a usual row.
_AT_A_TIME = 20


@dataclass(slots=True)
class _Place:
    """Where the cursor is while lines move."""

    row: int
    column: int


def resize_screen(screen: Grid, buffers: Buffers, *, rows: int, columns: int) -> None:
    """Give the screen another size, and the one not shown too."""
    screen.clears.settle(screen.lines)
    screen.clears.resized()
    place = _Place(screen.row, screen.column + (1 if screen.wrap_pending else 0))
    resting = _Place(*buffers.resting_cursor)
    if buffers.is_alternate:
        main, alternate, main_place, alternate_place = buffers.other_lines, screen.lines, resting, place
    else:
        main, alternate, main_place, alternate_place = screen.lines, buffers.other_lines, place, resting
    if columns != screen.columns:
        main = _reflow(main, main_place, screen.columns, columns)
        alternate = [_crop(line, screen.columns, columns) for line in alternate]
        alternate_place.column = min(alternate_place.column, columns - 1)
    main = _fit_rows(screen, main, main_place, rows=rows, columns=columns, keep=True)
    if alternate:
        alternate = _fit_rows(screen, alternate, alternate_place, rows=rows, columns=columns, keep=False)
    _set_size(screen, rows=rows, columns=columns)
    screen.lines, buffers.other_lines = (alternate, main) if buffers.is_alternate else (main, alternate)
    screen.move_to(place.row, place.column)
    screen.wrap_pending = place.column == columns and screen.autowrap
    buffers.move_resting_cursor(resting.row, min(resting.column, columns - 1))


def _set_size(screen: Grid, *, rows: int, columns: int) -> None:
    added = [stop for stop in default_tab_stops(columns) if stop >= screen.columns]
    screen.tab_stops = [stop for stop in screen.tab_stops if stop < columns] + added
    screen.rows, screen.columns = rows, columns
    screen.reset_margins()
    screen.update_fast_limit()


def _fit_rows(screen: Grid, lines: list[Line], place: _Place, *, rows: int, columns: int, keep: bool) -> list[Line]:
    """Return exactly `rows` lines: blank ones go from below the cursor first, then lines from the top."""
    lines = lines[:]
    while len(lines) > rows and len(lines) - 1 > place.row and _is_blank(lines[-1], columns):
        lines.pop()
    while len(lines) > rows:
        gone = lines.pop(0)
        if keep:
            screen.history.push(gone)
        place.row = max(0, place.row - 1)
    return lines + [Line() for _ in range(rows - len(lines))]


def _is_blank(line: Line, columns: int) -> bool:
    return not _trimmed(line.cells(columns))


def _crop(line: Line, old_columns: int, columns: int) -> Line:
    """Return a line cut or filled up to a width."""
    (cropped,) = _lines_of([cut_out(line.cells(old_columns), 0, columns)], [line], columns)
    cropped.set_wrapped(False)
    return cropped


def _trimmed(cells: list[Cell]) -> list[Cell]:
    """Return cells without the blank ones of the default style at their end."""
    end = len(cells)
    while end and (last := cells[end - 1]).text == " " and last.style == DEFAULT_STYLE:
        end -= 1
        # As a rule all are one object, of which many are told at a time.
        while end >= _AT_A_TIME and cells[end - _AT_A_TIME : end].count(last) == _AT_A_TIME:
            end -= _AT_A_TIME
    return cells[:end]


def _reflow(lines: list[Line], place: _Place, old_columns: int, columns: int) -> list[Line]:
    """Wrap lines again at another width, moving the place with the text it is in."""
    result: list[Line] = []
    first = 0
    place_row, place.row = place.row, 0
    while first < len(lines):
        last = first
        while lines[last].wrapped and last + 1 < len(lines):
            last += 1
        paragraph = lines[first : last + 1]
        texts = [line.cells(old_columns)[: old_columns - (line.wrapped and line.has_gap)] for line in paragraph]
        offset = None
        if first <= place_row <= last:
            offset = sum([len(text) for text in texts[: place_row - first]]) + place.column
        pieces = _wrap(_trimmed([cell for text in texts for cell in text]), columns)
        if offset is not None:
            _put_place(place, offset, pieces, columns)
            place.row += len(result)
        result += _lines_of(pieces, paragraph, columns)
        first = last + 1
    return result


def _wrap(cells: list[Cell], columns: int) -> list[list[Cell]]:
    """Cut cells into pieces of at most `columns`, never through a wide character; one empty piece if there are none."""
    pieces: list[list[Cell]] = []
    start = 0
    while start < len(cells) or not pieces:
        end = start + columns
        if end < len(cells) and cells[end].text == "" and columns > 1:
            end -= 1
        pieces.append(cut_out(cells, start, end))
        start = end
    return pieces


def _put_place(place: _Place, offset: int, pieces: list[list[Cell]], columns: int) -> None:
    """Find an offset into the text in its pieces; the end of the last piece, and what lies beyond, is in its row."""
    for row, piece in enumerate(pieces):
        if offset < len(piece) or row == len(pieces) - 1:
            place.row, place.column = row, min(offset, columns if offset == len(piece) else columns - 1)
            return
        offset -= len(piece)


def _lines_of(pieces: list[list[Cell]], paragraph: list[Line], columns: int) -> list[Line]:
    """Return pieces as lines, each but the last going on in the next; the last as the paragraph's last did."""
    lines: list[Line] = []
    for piece in pieces:
        line = Line()
        line.has_wide = columns == 1 or any(other.has_wide for other in paragraph)
        line.has_protected = any(other.has_protected for other in paragraph)
        line.has_tabs = any(other.has_tabs for other in paragraph)
        line.set_cells(0, piece + [blank_cell()] * (columns - len(piece)), columns)
        is_last = len(lines) == len(pieces) - 1
        line.written = len(piece)
        line.set_wrapped(not is_last or paragraph[-1].wrapped)
        line.has_gap = not is_last and len(piece) < columns
        lines.append(line)
    return lines
