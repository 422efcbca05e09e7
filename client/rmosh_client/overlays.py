"""Drawing over a frame: a line or a box of text laid on it gives a new frame, nothing else is touched."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rmosh.terminal.cells import Attribute, Cell, Frame, Row, Style
from rmosh.terminal.width import char_width

#: How rmosh's own words look: bold white on blue stands out on dark and light screens alike.
OWN_STYLE: Final = Style(foreground=15, background=4, attributes=int(Attribute.BOLD))


def lay_line(frame: Frame, text: str, *, row: int) -> Frame:
    """Return the frame with one row replaced by a line of our own, as wide as the screen."""
    cells = _cells(text, frame.columns)
    return _with_rows(frame, {row: cells})


def own_row(text: str, columns: int) -> Row:
    """Return a row of our own words."""
    return Row(_cells(text, columns))


def lay_box(frame: Frame, lines: Sequence[str], *, at_right: bool = False) -> Frame:
    """Return the frame with a box of lines on it, centred or in the upper right corner, cut where it does not fit."""
    width = min(max(map(len, lines)) + 2, frame.columns)
    height = min(len(lines), len(frame.rows))
    top = 0 if at_right else (len(frame.rows) - height) // 2
    left = frame.columns - width if at_right else (frame.columns - width) // 2
    replaced = {}
    for place, line in enumerate(lines[:height], start=top):
        replaced[place] = _spliced(frame.rows[place].cells, _cells(f" {line}", width), left)
    return _with_rows(frame, replaced)


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
