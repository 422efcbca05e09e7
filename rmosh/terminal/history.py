"""Lines that scrolled off the top: counted exactly, the newest of them kept.

Lines arrive at flood speed, so they are kept as they come, as plain text or as unread lines, and made into values
only when somebody takes them.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from rmosh.terminal.cells import DEFAULT_STYLE, Cell, Style
from rmosh.terminal.lines import Line

#: Lines kept until they are taken. Reason: bounds memory, under 2 MB of coloured text; older ones are only counted.
#: Source: our own choice.
MAX_LINES: Final = 2000


@dataclass(frozen=True, slots=True)
class ScrolledLine:
    """One line of history: its text in runs of one style, blanks at its end left out unless they are coloured.

    Attributes:
        runs: texts with their styles, left to right; wide characters stand once.
        wrapped: the text goes on in the next line (a soft wrap), so its end is kept as it was.
    """

    runs: tuple[tuple[str, Style], ...]
    wrapped: bool = False


class WrappedText(str):
    """A plain line whose text goes on in the next."""

    __slots__ = ()


class History:
    """The newest lines that scrolled off, and how many there ever were.

    Attributes:
        count: lines that scrolled off since the session began.
    """

    def __init__(self) -> None:
        self.count = 0
        self._lines: deque[str | Line] = deque(maxlen=MAX_LINES)

    def push(self, line: Line) -> None:
        """Take a line that scrolled off; it must not be changed any more."""
        self.count += 1
        self._lines.append(line)

    def push_plain(self, texts: Sequence[str]) -> None:
        """Take lines of plain text in the default style, `WrappedText` where one goes on in the next."""
        self.count += len(texts)
        self._lines.extend(texts)

    def forget(self) -> None:
        """Drop the lines kept; the count stays, because lines are known by their number."""
        self._lines.clear()

    def take(self) -> list[ScrolledLine]:
        """Return the lines kept since the last time, oldest first; the last one has number `count` (1-based)."""
        taken = [_scrolled(line) for line in self._lines]
        self._lines.clear()
        return taken


def _scrolled(line: str | Line) -> ScrolledLine:
    if isinstance(line, str):
        wrapped = isinstance(line, WrappedText)
        text = str(line) if wrapped else line.rstrip(" ")
        return ScrolledLine(((text, DEFAULT_STYLE),) if text else (), wrapped)
    cells = line.cells(line.length)
    end = len(cells)
    if not line.wrapped:
        while end and cells[end - 1].text == " " and cells[end - 1].style == DEFAULT_STYLE:
            end -= 1
    runs = [("".join([cell.text for cell in run]), style) for style, run in groupby(cells[:end], key=_style)]
    return ScrolledLine(tuple(runs), line.wrapped)


def _style(cell: Cell) -> Style:
    return cell.style
