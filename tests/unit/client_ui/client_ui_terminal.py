"""An independent terminal for the painter's tests: pyte's screen, mended, read back as cells."""

import pyte
from pyte.screens import Char
from wcwidth import wcwidth

from rmosh.terminal.cells import TRUECOLOR, Attribute, Cell, Frame
from rmosh.terminal.styles import Colour

_NAMES = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")

#: pyte 0.8.2 misspells one background colour.
_MISSPELT = {"bfightmagenta": "brightmagenta"}


#: The mode that lets text wrap, as pyte numbers private modes.
_AUTOWRAP = 7 << 5


class MendedScreen(pyte.Screen):
    """pyte's screen, but its rows always exist: it moves missing ones wrongly; and what is wide wraps where it must."""

    def draw(self, data: str) -> None:
        for character in data:
            if self.cursor.x == self.columns - 1 and _AUTOWRAP in self.mode and wcwidth(character) == 2:
                self.cursor.x = self.columns
            super().draw(character)

    def touch_rows(self) -> None:
        for row in range(self.lines):
            self.buffer[row]

    def delete_lines(self, count: int | None = None) -> None:
        self.touch_rows()
        super().delete_lines(count)

    def insert_lines(self, count: int | None = None) -> None:
        self.touch_rows()
        super().insert_lines(count)


class TerminalModel:
    """Bytes in, cells out."""

    def __init__(self, *, rows: int, columns: int) -> None:
        self.screen = MendedScreen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)

    def feed(self, data: bytes) -> None:
        self._stream.feed(data)

    def cells(self) -> list[list[tuple[object, ...]]]:
        self.screen.touch_rows()
        rows = [self.screen.buffer[row] for row in range(self.screen.lines)]
        return [[_seen_in_pyte(row[column]) for column in range(self.screen.columns)] for row in rows]

    def cursor(self) -> tuple[int, int, bool]:
        cursor = self.screen.cursor
        return cursor.y, min(cursor.x, self.screen.columns - 1), not cursor.hidden


def expected_cells(frame: Frame) -> list[list[tuple[object, ...]]]:
    """Return what pyte should hold where a frame is shown, in the model's own terms."""
    return [[_seen_in_frame(cell) for cell in row.cells] for row in frame.rows]


def _seen_in_pyte(char: Char) -> tuple[object, ...]:
    seen = (char.data, _MISSPELT.get(char.bg, char.bg), char.reverse, char.underscore, char.strikethrough)
    if char.data == " ":
        return seen
    return (*seen, char.fg, char.bold, char.italics, char.blink)


def _seen_in_frame(cell: Cell) -> tuple[object, ...]:
    style = cell.style
    flags = style.attributes
    seen = (
        cell.text,
        _pyte_colour(style.background),
        bool(flags & Attribute.REVERSE),
        bool(style.underline),
        bool(flags & Attribute.STRIKE),
    )
    if cell.text == " ":
        return seen
    switches = (Attribute.BOLD, Attribute.ITALIC, Attribute.BLINK)
    return (*seen, _pyte_colour(style.foreground), *(bool(flags & switch) for switch in switches))


def _pyte_colour(colour: Colour) -> str:
    if colour is None:
        return "default"
    if colour & TRUECOLOR:
        return f"{colour & 0xFFFFFF:06x}"
    if colour < 8:
        return _NAMES[colour]
    if colour < 16:
        return f"bright{_NAMES[colour - 8]}"
    return str(pyte.graphics.FG_BG_256[colour])
