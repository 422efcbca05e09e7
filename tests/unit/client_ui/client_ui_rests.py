"""A terminal that remembers with a row that it is the rest of the one above, not with that one that it goes on.

So do xterm.js, and with it many editors' terminals. As there, a line feed that does not scroll ends a line that was
wrapped, and so does erasing the whole of its rest; inserted and deleted rows take with them what is remembered.
"""

import pyte

from tests.unit.client_ui.client_ui_terminal import MendedScreen


class RestScreen(MendedScreen):
    """pyte's screen with that memory, and a scrollback of (text, whether it is a rest)."""

    def __init__(self, *, rows: int, columns: int) -> None:
        self.rests = [False] * rows
        self.scrollback: list[tuple[str, bool]] = []
        self._draws = False
        super().__init__(columns, rows)

    def draw(self, data: str) -> None:
        self._draws = True
        super().draw(data)
        self._draws = False

    def index(self) -> None:
        bottom = self.margins.bottom if self.margins else self.lines - 1
        if self.cursor.y == bottom:
            self.keep(1)
            self.rests = [*self.rests[1:], False]
        super().index()
        self.rests[self.cursor.y] = self._draws  # pyte draws on the row below by a line feed

    def keep(self, count: int, *, first: int = 0) -> None:
        """Put rows into the scrollback."""
        self.scrollback += [(self.text(row), self.rests[row]) for row in range(first, first + count)]

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        if how == 0 and self.cursor.x == 0:
            self.rests[self.cursor.y] = False
        super().erase_in_line(how, private)

    def erase_in_display(self, how: int = 0, *args: object, **options: object) -> None:
        if how == 0:
            self.rests[self.cursor.y + 1 :] = [False] * (self.lines - self.cursor.y - 1)
        super().erase_in_display(how, *args, **options)

    def insert_lines(self, count: int | None = None) -> None:
        place, number = self.cursor.y, min(count or 1, self.lines - self.cursor.y)
        self.rests = [*self.rests[:place], *[False] * number, *self.rests[place:]][: self.lines]
        super().insert_lines(count)

    def delete_lines(self, count: int | None = None) -> None:
        place, number = self.cursor.y, min(count or 1, self.lines - self.cursor.y)
        self.rests = [*self.rests[:place], *self.rests[place + number :], *[False] * number]
        super().delete_lines(count)

    def joined(self) -> list[str]:
        """Return the lines of the scrollback and the screen, each with its rest."""
        lines: list[str] = []
        for text, is_rest in [*self.scrollback, *[(self.text(row), self.rests[row]) for row in range(self.lines)]]:
            if is_rest and lines:
                lines[-1] += text
            else:
                lines.append(text)
        return lines

    def text(self, row: int) -> str:
        """Return a row with its blanks."""
        self.touch_rows()
        return "".join(self.buffer[row][column].data for column in range(self.columns))


def shown_with_rests(painted: bytes, *, rows: int, columns: int) -> list[str]:
    """Return the lines that such a terminal shows after it got something, its scrollback first."""
    screen = RestScreen(rows=rows, columns=columns)
    pyte.ByteStream(screen).feed(painted)
    return screen.joined()
