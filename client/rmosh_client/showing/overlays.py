"""Drawing over a frame: text of our own laid on it gives a new frame, nothing else is touched.

Text that is wider than the frame is wrapped, so that a small window sees it too; what is too high is cut.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from rmosh.lazy_dataclass import replace
from rmosh.terminal.cells import Attribute, Frame, Style
from rmosh.terminal.rows import Row, side_by_side
from rmosh.terminal.style_table import current_table
from rmosh.terminal.width import char_width
from rmosh_client.painting.fitting import cut

#: How rmosh's own words look: bold white on blue stands out on dark and light screens alike.
OWN_STYLE: Final = Style(foreground=15, background=4, attributes=int(Attribute.BOLD))

#: How far the rest of a wrapped line is indented, in columns.
_INDENT: Final = "  "


def own_row(text: str, columns: int) -> Row:
    """Return a row of our own words, cut where it is full; what is not one column wide is a question mark."""
    shown = "".join([character if char_width(character) == 1 else "?" for character in text[:columns]])
    table = current_table()
    return Row.of_strings(shown.ljust(columns), table.character(OWN_STYLE) * columns, table)


def lay_notice(frame: Frame, text: str) -> Frame:
    """Return the frame with a notice as wide as the screen at its top, or at its bottom where the cursor is there."""
    lines = _notice_lines(frame, text)
    top = 0 if _is_at_top(frame, lines) else len(frame.rows) - len(lines)
    return _with_rows(frame, {top + place: own_row(line, frame.columns) for place, line in enumerate(lines)})


def rows_for_notice(frame: Frame, text: str) -> int:
    """Return how many rows at the top a notice takes, "" for none."""
    lines = _notice_lines(frame, text) if text else []
    return len(lines) if _is_at_top(frame, lines) else 0


def lay_box(frame: Frame, lines: Sequence[str], *, at_right: bool = False, below: int = 0) -> Frame:
    """Return the frame with a box of lines on it, centred or at the upper right; "" is a blank one, if that fits.

    Args:
        below: rows at the top that are left alone where there is room for the box below them.
    """
    fitting = _wrapped(lines, max(1, frame.columns - 2))
    if len(fitting) > len(frame.rows):
        fitting = [line for line in fitting if line][: len(frame.rows)]
    width = min(max(map(len, fitting)) + 2, frame.columns)
    room = len(frame.rows) - len(fitting)
    top = min(room, max(below, 0 if at_right else room // 2))
    left = frame.columns - width if at_right else (frame.columns - width) // 2
    replaced = {}
    for place, line in enumerate(fitting, start=top):
        under = frame.rows[place]
        right = cut(under, left + width, under.columns)
        replaced[place] = side_by_side(cut(under, 0, left), own_row(f" {line}", width), right)
    return _with_rows(frame, replaced)


def add_row(frame: Frame, text: str) -> Frame:
    """Return the frame with one more row below it, of our own words."""
    return replace(frame, rows=(*frame.rows, own_row(text, frame.columns)))


def _notice_lines(frame: Frame, text: str) -> list[str]:
    return _wrapped([text], frame.columns)[: max(1, len(frame.rows) - 1)]


def _is_at_top(frame: Frame, lines: Sequence[str]) -> bool:
    return frame.cursor.row >= len(lines)


def _wrapped(lines: Iterable[str], columns: int) -> list[str]:
    import textwrap  # with the first notice

    indent = _INDENT if columns > 2 * len(_INDENT) else ""
    return [part for line in lines for part in textwrap.wrap(line, columns, subsequent_indent=indent) or [""]]


def _with_rows(frame: Frame, replaced: dict[int, Row]) -> Frame:
    return replace(frame, rows=tuple([replaced.get(place, row) for place, row in enumerate(frame.rows)]))
