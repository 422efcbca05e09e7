"""Drawing over a frame: text of our own laid on it gives a new frame, nothing else is touched.

Text that is wider than the frame is wrapped, so that a small window sees it too; what is too high is cut.
"""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from rmosh.terminal.cells import Attribute, Cell, Frame, Row, Style
from rmosh.terminal.width import char_width

#: How rmosh's own words look: bold white on blue stands out on dark and light screens alike.
OWN_STYLE: Final = Style(foreground=15, background=4, attributes=int(Attribute.BOLD))

#: How far the rest of a wrapped line is indented, in columns.
_INDENT: Final = "  "


def own_row(text: str, columns: int) -> Row:
    """Return a row of our own words, cut where it is full."""
    return Row(_cells(text, columns))


def lay_notice(frame: Frame, text: str) -> Frame:
    """Return the frame with a notice as wide as the screen at its top, or at its bottom where the cursor is there."""
    lines = _notice_lines(frame, text)
    top = 0 if _is_at_top(frame, lines) else len(frame.rows) - len(lines)
    return _with_rows(frame, {top + place: _cells(line, frame.columns) for place, line in enumerate(lines)})


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
        replaced[place] = _spliced(frame.rows[place].cells, _cells(f" {line}", width), left)
    return _with_rows(frame, replaced)


def add_row(frame: Frame, text: str) -> Frame:
    """Return the frame with one more row below it, of our own words."""
    return replace(frame, rows=(*frame.rows, own_row(text, frame.columns)))


def _notice_lines(frame: Frame, text: str) -> list[str]:
    return _wrapped([text], frame.columns)[: max(1, len(frame.rows) - 1)]


def _is_at_top(frame: Frame, lines: Sequence[str]) -> bool:
    return frame.cursor.row >= len(lines)


def _wrapped(lines: Iterable[str], columns: int) -> list[str]:
    indent = _INDENT if columns > 2 * len(_INDENT) else ""
    return [part for line in lines for part in textwrap.wrap(line, columns, subsequent_indent=indent) or [""]]


def _with_rows(frame: Frame, replaced: dict[int, tuple[Cell, ...]]) -> Frame:
    rows = tuple(Row(replaced[place]) if place in replaced else row for place, row in enumerate(frame.rows))
    return replace(frame, rows=rows)


def _cells(text: str, width: int) -> tuple[Cell, ...]:
    """Return exactly `width` cells; what is not one column wide is shown as a question mark."""
    shown = [character if char_width(character) == 1 else "?" for character in text[:width]]
    return tuple(Cell(character, OWN_STYLE) for character in [*shown, *" " * (width - len(shown))])


def _spliced(under: tuple[Cell, ...], over: tuple[Cell, ...], left: int) -> tuple[Cell, ...]:
    """Lay cells over others; a wide cell cut in two becomes blank."""
    before, after = list(under[:left]), list(under[left + len(over) :])
    if before and under[left].text == "":
        before[-1] = Cell(" ", before[-1].style)
    if after and after[0].text == "":
        after[0] = Cell(" ", after[0].style)
    return (*before, *over, *after)
