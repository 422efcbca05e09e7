"""What pyte keeps in dicts and plain objects, as views: reading and writing go to the emulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING

from pyte.screens import Char
from pyte.screens import Cursor as CursorCopy

from rmosh.terminal import pens
from rmosh.terminal.as_pyte.characters import blank_of, cell_of, character_of, style_of
from rmosh.terminal.lines import Line
from rmosh.terminal.modes import DECTCEM

if TYPE_CHECKING:
    from rmosh.terminal.as_pyte.screen import Screen


class LineView(MutableMapping[int, Char]):
    """A line as characters by column, 0-based; beyond the screen's edge there are default ones.

    Attributes:
        line: whose view it is, on the screen or in the history.
    """

    def __init__(self, screen: Screen, line: Line) -> None:
        self._screen = screen
        self.line = line

    def __getitem__(self, column: int) -> Char:
        screen = self._screen
        cells = self.line.cells(screen.columns)
        if not 0 <= column < len(cells):
            return screen.default_char
        return character_of(cells[column], swapped=screen.is_swapped)

    def __setitem__(self, column: int, character: Char) -> None:
        cells = self.line.cells_to_change(self._screen.columns)
        if 0 <= column < len(cells):
            cells[column] = cell_of(character, swapped=self._screen.is_swapped)
            self.line.has_wide = self.line.has_wide or not character.data.isascii() or not character.data
            self.line.written = max(self.line.written, column + 1)

    def __delitem__(self, column: int) -> None:
        self[column] = self._screen.default_char

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def __len__(self) -> int:
        return len(self.line.cells(self._screen.columns))

    def clear(self) -> None:
        """Make all its characters default ones."""
        for column in self:
            del self[column]

    def __repr__(self) -> str:
        return f"<line {''.join([character.data for character in self.values()])!r}>"


class BufferView(MutableMapping[int, LineView]):
    """The screen's lines by row, 0-based, negative ones from the bottom; there are always as many as it has rows."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def __getitem__(self, row: int) -> LineView:
        lines = self._screen.operations.screen.lines
        return LineView(self._screen, lines[row] if -len(lines) <= row < len(lines) else Line())

    def __setitem__(self, row: int, characters: Mapping[int, Char]) -> None:
        new = LineView(self._screen, Line())
        for column in new:
            new[column] = characters[column]
        self._screen.operations.screen.lines[row] = new.line

    def __delitem__(self, row: int) -> None:
        self._screen.operations.screen.lines[row] = Line()

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def __len__(self) -> int:
        return self._screen.lines

    def clear(self) -> None:
        """Make all its lines blank."""
        for row in self:
            del self[row]


class CursorView:
    """The cursor: column `x` and row `y`, 0-based; `x` is the number of columns while a wrap is pending."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def __copy__(self) -> CursorCopy:
        copied = CursorCopy(self.x, self.y, self.attrs)
        copied.hidden = self.hidden
        return copied

    @property
    def x(self) -> int:
        grid = self._screen.operations.screen
        return grid.column + (1 if grid.wrap_pending and grid.column == grid.columns - 1 else 0)

    @x.setter
    def x(self, column: int) -> None:
        grid = self._screen.operations.screen
        grid.move_to(grid.row, column)
        grid.wrap_pending = column == grid.columns

    @property
    def y(self) -> int:
        return self._screen.operations.screen.row

    @y.setter
    def y(self, row: int) -> None:
        column, grid = self.x, self._screen.operations.screen
        grid.move_to(row, grid.column)
        self.x = column

    @property
    def attrs(self) -> Char:
        """What the next character is written with, as a blank of it."""
        return blank_of(pens.style_of(self._screen.operations.screen.pen), swapped=self._screen.is_swapped)

    @attrs.setter
    def attrs(self, character: Char) -> None:
        grid = self._screen.operations.screen
        grid.pen = pens.with_style(grid.pen, style_of(character, swapped=self._screen.is_swapped))

    @property
    def hidden(self) -> bool:
        return not self._screen.operations.modes.is_on(DECTCEM) or self._screen.is_paged

    @hidden.setter
    def hidden(self, hidden: bool) -> None:
        self._screen.operations.modes.set_private((DECTCEM,), on=not hidden)
