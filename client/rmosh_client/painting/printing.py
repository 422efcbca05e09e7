"""Lines printed one below the other, as a program prints them: the cheap way of many into the scrollback.

Only what every terminal draws alike is printed, so that nothing need be known of single cells.
"""

from collections.abc import Sequence
from typing import Final

from rmosh.terminal.cells import DEFAULT_STYLE
from rmosh.terminal.scrolled import ScrolledLine
from rmosh.terminal.width import char_width, clusters
from rmosh_client.painting.glyphs import glyph
from rmosh_client.painting.pen import Pen
from rmosh_client.painting.tabs import with_tabs

#: What makes a terminal wrap into a row of nothing.
_BLANK: Final = ((" ", DEFAULT_STYLE),)


def can_print(line: ScrolledLine, *, columns: int) -> bool:
    """Tell whether a line fits a row of so many columns as it is, and every terminal draws it alike.

    Not where it ends in coloured blanks: whether those are written or erased is for whoever paints rows.
    """
    width = _sure_width(line.text)
    if width is None or width > columns:
        return False
    return width == columns if line.wrapped else not (line.runs and line.runs[-1][0].endswith(" "))


def _sure_width(text: str) -> int | None:
    """Return how many columns every terminal gives a text; None where that is in doubt."""
    if text.isascii():
        return len(text) if text.isprintable() else None
    found = clusters(text)
    if "".join(found) != text:  # more marks than a cell holds
        return None
    return sum(map(char_width, found)) if all(glyph(cluster).sure for cluster in found) else None


def print_lines(pen: Pen, lines: Sequence[ScrolledLine], *, rows: int, columns: int) -> None:
    """Print at least `rows` lines over a screen of so many rows, and scroll all of them off it: it is blank then.

    The first does not go on from the scrollback, and the last one ends.
    """
    pen.clear_screen()
    goes_on = False
    for line in lines:
        pen.print(with_tabs(line.runs, columns=columns) or (_BLANK if goes_on else ()))
        if goes_on and not line.wrapped and _sure_width(line.text) != columns:
            pen.clear_wrapped_end()
        goes_on = line.wrapped
        if not goes_on:
            pen.next_line()
    pen.feed_lines(rows - 1, last_row=rows - 1)
