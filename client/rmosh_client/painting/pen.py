"""The pen: what is known of the terminal's cursor and style, and the bytes that change them.

All cursor movement, styling, writing and erasing goes through here, so the knowledge stays true.
Rows and columns are 0-based. It knows no frames.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from rmosh.compiled import COMPILED
from rmosh.terminal.cells import Style
from rmosh.terminal.rows import RIGHT_HALF
from rmosh.terminal.style_table import PackedStyle, pack
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.doubt import Drawing
from rmosh_client.painting.layouts import Layouts
from rmosh_client.painting.motion import absolute, motion, within_row
from rmosh_client.painting.restyling import Restyling
from rmosh_client.painting.styled_signs import styled_signs

#: Texts with their styles, left to right.
Parts: TypeAlias = "Iterable[tuple[bytes, PackedStyle]]"

#: The default style, packed.
_DEFAULT: Final = 0

#: A blank of two columns in every terminal. Source: Unicode 1.1, IDEOGRAPHIC SPACE; UAX 11, fullwidth.
_WIDE_BLANK: Final = "\u3000".encode()


class PaintPen:
    """Writes into a buffer that `take` empties.

    Attributes:
        row, column: where the terminal's cursor is, None where that is not known.
        wrap_pending: the last column was just written: the next character goes to the row below.
        awaits_wide: the wrap is pending for a wide character only, which does not fit the last column.
        layouts: how rows are to be written on this terminal.
        bulk: bytes of text in the buffer.
    """

    def __init__(self, abilities: Abilities, *, columns: int) -> None:
        self._columns = columns
        self._pieces: list[bytes] = []
        self._style: PackedStyle | None = None
        self._restyling = Restyling(abilities)
        self._styled = (COMPILED.styled if self._restyling.is_direct else None) or styled_signs
        self.row: int | None = None
        self.column: int | None = None
        self.wrap_pending = self.awaits_wide = False
        self.layouts = Layouts(Drawing())
        self.bulk = 0

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
        self.bulk = 0
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

    def restyle(self, style: PackedStyle) -> None:
        """Set what the next characters, or erased cells, look like."""
        if style != self._style:
            self._pieces.append(self._restyling.change(self._style, style).encode())
            self._style = style

    def unstyle(self) -> None:
        """Set the default style."""
        self.restyle(_DEFAULT)

    def write(self, data: bytes, *, columns: int) -> None:
        """Write printable text that every terminal takes to be so many columns wide and that fits the row."""
        assert self.column is not None
        self._pieces.append(data)
        self.bulk += len(data)
        self.column += columns
        if self.column >= self._columns:
            self.column, self.wrap_pending = self._columns - 1, True

    def write_signs(self, signs: str, styles: str, packed: Sequence[PackedStyle]) -> None:
        """Write signs that every terminal draws in the columns that they have here.

        Args:
            styles: of each sign a character: its code point is the style's place in `packed`.
        """
        if styles.count(styles[0]) == len(styles):
            self.restyle(packed[ord(styles[0])])
            data = (signs.replace(RIGHT_HALF, "") if RIGHT_HALF in signs else signs).encode()
        else:
            data = self._styled(signs, styles, packed, self._style, self._restyling)
            self._style = packed[ord(styles[-1])]
        self.write(data, columns=len(signs))

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
        if crosses_edge:
            self._pieces.append(b"\x1b[?7l")
        self.write_parts(parts, columns=0)
        if crosses_edge:
            self._pieces.append(b"\x1b[?7h")
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

    def can_erase_with(self, style: PackedStyle) -> bool:
        """Tell whether erasing with a style leaves the cells that writing blanks would."""
        return self._restyling.can_erase_with(style)

    def clear_screen(self) -> None:
        """Erase all rows, not at once from the first cell on, which tmux would keep; the cursor is there then."""
        self.unstyle()
        self.move(row=0, column=0)
        self.erase_row_end()
        self.move(row=1, column=0)
        self._pieces.append(b"\x1b[J")
        self.move(row=0, column=0)

    def print(self, runs: Sequence[tuple[str, Style]]) -> None:
        """Write a line of text that every terminal draws alike; `next_line` follows, or what it goes on in."""
        self.forget_place()
        for text, style in runs:
            self.restyle(pack(style))
            self._pieces.append(text.encode())

    def clear_wrapped_end(self) -> None:
        """Erase what is behind the text in a row that another went on in: the colour of the text may be there."""
        self.unstyle()
        self.erase_row_end()

    def next_line(self) -> None:
        """Go to the start of the next row; in the last one the screen scrolls."""
        self.unstyle()
        self._pieces.append(b"\r\n")

    def feed_lines(self, count: int, *, last_row: int) -> None:
        """Scroll the whole screen up, into the terminal's scrollback."""
        self.unstyle()
        self.move(row=last_row, column=0)
        self._pieces.append(b"\n" * count)

    def delete_rows(self, count: int, *, row: int) -> None:
        """Delete rows from `row` on; those below move up."""
        self._at_row_start(row, b"M" if count == 1 else b"%dM" % count)

    def insert_rows(self, count: int, *, row: int) -> None:
        """Insert blank rows at `row`; those below move down, the last ones are lost."""
        self._at_row_start(row, b"L" if count == 1 else b"%dL" % count)

    def _at_row_start(self, row: int, final: bytes) -> None:
        self.unstyle()
        self.move(row=row, column=0)
        self._pieces.append(b"\x1b[" + final)
