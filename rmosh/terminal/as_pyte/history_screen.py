"""The terminal as a `pyte.HistoryScreen`: lines that scrolled off are kept, and paged through."""

import math
from collections import deque

from pyte.screens import History

from rmosh.terminal.as_pyte.screen import Screen
from rmosh.terminal.as_pyte.views import LineView
from rmosh.terminal.cells import Cell, blank_cell
from rmosh.terminal.history import Entry, lines_of
from rmosh.terminal.lines import Line
from rmosh.terminal.runs import cut_out
from rmosh.terminal.scrolled import cells_of_line


class HistoryScreen(Screen):
    """A screen that keeps `history` lines above it, and pages by a share `ratio` of its rows.

    >>> import pyte
    >>> from rmosh.terminal import HistoryScreen
    >>> screen = HistoryScreen(8, 2, history=100, ratio=1)
    >>> pyte.ByteStream(screen).feed(b"one\\r\\ntwo\\r\\nthree\\r\\nfour")
    >>> screen.prev_page()
    >>> screen.display
    ['one     ', 'two     ']
    >>> screen.next_page()
    >>> screen.display
    ['three   ', 'four    ']

    Attributes:
        history: `top` and `bottom`, the lines above and below what is shown, oldest first.
    """

    def __init__(self, columns: int, lines: int, history: int = 100, ratio: float = 0.5) -> None:
        top: deque[LineView] = deque(maxlen=history)
        bottom: deque[LineView] = deque(maxlen=history)
        self.history = History(top, bottom, float(ratio), history, history)  # type: ignore[arg-type]
        super().__init__(columns, lines)

    @property
    def is_paged(self) -> bool:
        return self.history.position < self.history.size

    def reset(self) -> None:
        super().reset()
        self._forget()

    def erase_in_display(self, how: int = 0, *rest: int, private: bool = False) -> None:
        super().erase_in_display(how, *rest, private=private)
        if how == 3:
            self._forget()

    def reverse_index(self) -> None:
        self._leave_history()
        grid = self.operations.screen
        last = grid.lines[grid.bottom] if grid.row == grid.top else None
        super().reverse_index()
        if last is not None:
            self.history.bottom.append(LineView(self, last))  # type: ignore[arg-type]

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        self._leave_history()
        super().resize(lines, columns)
        self._keep_scrolled()

    def prev_page(self) -> None:
        """Show lines further up."""
        above, below = self.history.top, self.history.bottom
        if self.history.position <= self.lines or not above:
            return
        count = self._page(len(above))
        lines = self.operations.screen.lines
        below.extendleft([LineView(self, line) for line in reversed(lines[-count:])])  # type: ignore[misc]
        restored = [self._fitted(above.pop()) for _ in range(count)]  # type: ignore[arg-type]
        self._show([*reversed(restored), *lines[:-count]], self.history.position - count)

    def next_page(self) -> None:
        """Show lines further down."""
        above, below = self.history.top, self.history.bottom
        if not self.is_paged or not below:
            return
        count = self._page(min(len(below), self.history.size - self.history.position))
        lines = self.operations.screen.lines
        above.extend([LineView(self, line) for line in lines[:count]])  # type: ignore[misc]
        restored = [self._fitted(below.popleft()) for _ in range(count)]  # type: ignore[arg-type]
        self._show([*lines[count:], *restored], self.history.position + count)

    def _page(self, available: int) -> int:
        return min(available, self.lines, math.ceil(self.lines * self.history.ratio))

    def _show(self, lines: list[Line], position: int) -> None:
        self.operations.screen.lines = lines
        self.history = self.history._replace(position=position)
        self.dirty.update(range(self.lines))

    def _leave_history(self) -> None:
        """Show the screen again, which is what operations are for."""
        while self.is_paged and self.history.bottom:
            self.next_page()

    def _forget(self) -> None:
        self._emulator.take_history()
        self.history.top.clear()
        self.history.bottom.clear()
        self.history = self.history._replace(position=self.history.size)

    def _write(self, text: str, *, touches: bool = False) -> None:
        self._leave_history()
        super()._write(text, touches=touches)
        self._keep_scrolled()

    def _keep_scrolled(self) -> None:
        self.operations.screen.clears.drop()  # what a clear erases is not kept by pyte
        lines = [self._line_of(entry) for entry in self._emulator.take_history()]
        self.history.top.extend([LineView(self, line) for line in lines])  # type: ignore[misc]

    def _line_of(self, entry: Entry) -> Line:
        if isinstance(entry, Line):
            return entry
        (scrolled,) = lines_of([entry])
        return _line_with(cells_of_line(scrolled), self.columns)

    def _fitted(self, view: LineView) -> Line:
        """Return a line of the history as wide as the screen is now."""
        cells = view.line.cells(self.columns)
        return view.line if len(cells) == self.columns else _line_with(cells, self.columns)


def _line_with(cells: list[Cell], columns: int) -> Line:
    """Return a line of cells, cut or filled up to a width."""
    line = Line()
    line.has_wide = True
    cut = cut_out(cells, 0, columns)
    line.set_cells(0, cut + [blank_cell()] * (columns - len(cut)), columns)
    return line
