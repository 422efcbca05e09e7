"""The pen: what is known of the terminal's cursor and style, and the bytes that change them.

All cursor movement, styling, writing and erasing goes through here, so the knowledge stays true.
Rows and columns are 0-based. It knows no frames.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from rmosh.terminal.cells import DEFAULT_STYLE, Attribute, Style
from rmosh_client.painting import strings
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.doubt import Drawing
from rmosh_client.painting.motion import absolute, motion, within_row
from rmosh_client.painting.rendition import rendition_change
from rmosh_client.painting.units import Layouts

#: Texts with their styles, left to right.
Parts: TypeAlias = "Sequence[tuple[bytes, Style]]"

#: Attributes that show on a blank and that erasing leaves out. Source: xterm, VTE.
_INERASABLE: Final = int(Attribute.REVERSE | Attribute.STRIKE | Attribute.OVERLINE)

#: Most changes of style that are remembered. Reason: a screen of coloured text has some hundred; each takes 0.3 kB.
_MOST_REMEMBERED: Final = 1024

#: A blank of two columns in every terminal. Source: Unicode 1.1, IDEOGRAPHIC SPACE; UAX 11, fullwidth.
_WIDE_BLANK: Final = "\u3000".encode()


class PaintPen:
    """Writes into a buffer that `take` empties.

    Attributes:
        row, column: where the terminal's cursor is, None where that is not known.
        wrap_pending: the last column was just written: the next character goes to the row below.
        awaits_wide: the wrap is pending for a wide character only, which does not fit the last column.
        layouts: how rows are to be written on this terminal.
    """

    def __init__(self, abilities: Abilities, *, columns: int) -> None:
        self._abilities = abilities
        self._columns = columns
        self._pieces: list[bytes] = []
        self._style: Style | None = None
        self._restyled: dict[tuple[int, int], tuple[bytes, Style | None, Style]] = {}
        self.row: int | None = None
        self.column: int | None = None
        self.wrap_pending = self.awaits_wide = False
        self.layouts = Layouts(Drawing())

    def resize(self, *, columns: int) -> None:
        """Note the terminal's new width; where its cursor went with that is not known."""
        self._columns = columns
        self.forget_place()

    def forget_place(self) -> None:
        """Stop trusting what is known of the cursor."""
        self.row = self.column = None
        self.wrap_pending = self.awaits_wide = False

    def at_home(self) -> None:
        """Take note that a sequence of our own put the cursor into the first cell."""
        self.row, self.column = 0, 0
        self.wrap_pending = self.awaits_wide = False

    def forget_style(self) -> None:
        """Stop trusting what is known of the style."""
        self._style = None

    def take(self) -> bytes:
        """Return everything written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        if len(self._restyled) >= _MOST_REMEMBERED:
            self._restyled.clear()
        return taken

    def control(self, data: bytes) -> None:
        """Write a sequence of our own that moves nothing and changes no style."""
        self._pieces.append(data)

    def move(self, *, row: int, column: int) -> None:
        """Put the cursor where the next character shall go; never leaves a wrap pending."""
        if self.row is None:
            self._pieces.append(absolute(row=row, column=column))
        elif self.wrap_pending and row != self.row:
            ways = absolute(row=row, column=column), self._return_and_move(row, column)
            self._pieces.append(min(ways, key=len))
        elif self.wrap_pending or (self.column is None and row == self.row):
            self._pieces.append(within_row(column))
        elif self.column is None:
            self._pieces.append(absolute(row=row, column=column))
        else:
            self._pieces.append(motion(row=self.row, column=self.column, to_row=row, to_column=column))
        self.row, self.column = row, column
        self.wrap_pending = self.awaits_wide = False

    def _return_and_move(self, row: int, column: int) -> bytes:
        assert self.row is not None
        return b"\r" + motion(row=self.row, column=0, to_row=row, to_column=column)

    def rest(self, *, row: int, column: int) -> None:
        """Put the cursor where the user shall see it; a pending wrap may stay, it looks the same."""
        if (self.row, self.column) != (row, column):
            self.move(row=row, column=column)

    def wrap(self) -> None:
        """Let the terminal's own wrap carry the cursor to the next row; text must follow at once."""
        assert self.row is not None and self.wrap_pending
        self.row, self.column = self.row + 1, 0
        self.wrap_pending = self.awaits_wide = False

    def await_wide(self) -> None:
        """Take note that a wide character comes next, in the last column: it wraps from there."""
        self.wrap_pending = self.awaits_wide = True

    def restyle(self, style: Style) -> None:
        """Set what the next characters, or erased cells, look like."""
        old = self._style
        if style is old:
            return
        self._pieces.append(self._restyling(old, style))
        self._style = style

    def _restyling(self, old: Style | None, style: Style) -> bytes:
        """Return what turns one style into another; remembered, but for a picture's many."""
        if len(self._restyled) >= _MOST_REMEMBERED:
            return _restyling(old, style, self._abilities)
        known = self._restyled.get((id(old), id(style)))
        if known is not None:
            return known[0]
        change = _restyling(old, style, self._abilities)
        # With both styles, so that no others are of these identities as long as it is remembered.
        self._restyled[id(old), id(style)] = change, old, style
        return change

    def write(self, data: bytes, *, columns: int) -> None:
        """Write printable text that every terminal takes to be so many columns wide and that fits the row."""
        assert self.column is not None
        self._pieces.append(data)
        self.column += columns
        if self.column >= self._columns:
            self.column, self.wrap_pending = self._columns - 1, True

    def write_parts(self, parts: Parts, *, columns: int) -> None:
        """Write styled text that the terminal takes to be so many columns wide and that fits the row."""
        for text, style in parts:
            self.restyle(style)
            self._pieces.append(text)
        self.write(b"", columns=columns)

    def write_blanks(self, count: int, *, over_wide: bool = False) -> None:
        """Write blanks that fit the row.

        Args:
            over_wide: the first two are one wide blank, because only a wide character wraps to here.
        """
        blanks = _WIDE_BLANK + b" " * (count - 2) if over_wide and count > 1 else b" " * count
        self.write(blanks, columns=count)

    def write_doubtful(self, parts: Parts, *, crosses_edge: bool) -> None:
        """Write styled text of a width that terminals disagree on: no place is known after it.

        Args:
            crosses_edge: it may not fit the row; nothing is to wrap then.
        """
        self._pieces.append(b"\x1b[?7l" if crosses_edge else b"")
        self.write_parts(parts, columns=0)
        self._pieces.append(b"\x1b[?7h" if crosses_edge else b"")
        self.column = None

    def tab(self) -> None:
        """Move by a tab; where to is for the terminal's own stops to say, and not known."""
        self._pieces.append(b"\t")
        self.column = None

    def erase_row_end(self) -> None:
        """Erase from the cursor to the end of its row with the present style."""
        self._pieces.append(b"\x1b[K")

    def erase(self, count: int) -> None:
        """Erase so many cells from the cursor on with the present style; the cursor stays."""
        self._pieces.append(b"\x1b[%dX" % count)

    def can_erase_with(self, style: Style) -> bool:
        """Tell whether erasing with a style leaves the cells that writing blanks would."""
        if style is DEFAULT_STYLE or style == DEFAULT_STYLE:
            return True
        plain = not (style.attributes & _INERASABLE or style.underline or style.link)
        return plain and (style.background is None or self._abilities.back_colour_erase)

    def clear_screen(self) -> None:
        """Erase all rows, not at once from the first cell on, which tmux would keep; the cursor is there then."""
        self.restyle(DEFAULT_STYLE)
        self.move(row=0, column=0)
        self.erase_row_end()
        self.move(row=1, column=0)
        self._pieces.append(b"\x1b[J")
        self.move(row=0, column=0)

    def print(self, runs: Sequence[tuple[str, Style]]) -> None:
        """Write a line of text that every terminal draws alike; `next_line` follows, or what it goes on in."""
        self.forget_place()
        for text, style in runs:
            self.restyle(style)
            self._pieces.append(text.encode())

    def clear_wrapped_end(self) -> None:
        """Erase what is behind the text in a row that another went on in: the colour of the text may be there."""
        self.restyle(DEFAULT_STYLE)
        self.erase_row_end()

    def next_line(self) -> None:
        """Go to the start of the next row; in the last one the screen scrolls."""
        self.restyle(DEFAULT_STYLE)
        self._pieces.append(b"\r\n")

    def feed_lines(self, count: int, *, last_row: int) -> None:
        """Scroll the whole screen up, into the terminal's scrollback."""
        self.restyle(DEFAULT_STYLE)
        self.move(row=last_row, column=0)
        self._pieces.append(b"\n" * count)

    def delete_rows(self, count: int, *, row: int) -> None:
        """Delete rows from `row` on; those below move up."""
        self._at_row_start(row, b"M" if count == 1 else b"%dM" % count)

    def insert_rows(self, count: int, *, row: int) -> None:
        """Insert blank rows at `row`; those below move down, the last ones are lost."""
        self._at_row_start(row, b"L" if count == 1 else b"%dL" % count)

    def _at_row_start(self, row: int, final: bytes) -> None:
        self.restyle(DEFAULT_STYLE)
        self.move(row=row, column=0)
        self._pieces.append(b"\x1b[" + final)


def _restyling(old: Style | None, style: Style, abilities: Abilities) -> bytes:
    if style == old:
        return b""
    change = rendition_change(old, style, abilities)
    if not abilities.strings or (old is not None and old.link == style.link):
        return change
    return change + (strings.link(style.link) if style.link else strings.LINK_END if old is not None else b"")
