"""A history for the viewer's tests that may have holes, and a viewer over it that is asked in plain words."""

from collections.abc import Iterable, Sequence

from rmosh.terminal.cells import DEFAULT_STYLE, Frame
from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.viewing.gathering import Request
from rmosh_client.viewing.viewer import Viewer
from tests.unit.client_ui.client_ui_frames import frame_of
from tests.unit.client_ui.client_ui_typing import tokens_of


def line_of(text: str, *, wrapped: bool = False) -> ScrolledLine:
    return ScrolledLine(((text, DEFAULT_STYLE),) if text else (), wrapped)


def numbered(count: int) -> list[ScrolledLine | None]:
    """Return lines that say their number, from 1 as the viewer counts for people."""
    return [line_of(f"line {number + 1}") for number in range(count)]


class KnownLines:
    """History whose lines the tests give and take; refuses to be asked for lines that are not its own."""

    def __init__(self, lines: Iterable[ScrolledLine | None] = (), *, oldest: int = 0) -> None:
        self.kept = list(lines)
        self.oldest = oldest

    @property
    def end(self) -> int:
        return len(self.kept)

    def lines(self, start: int, stop: int) -> list[ScrolledLine | None]:
        assert self.oldest <= start <= stop <= self.end
        return self.kept[start:stop]

    def missing_within(self, start: int, stop: int) -> tuple[int, int] | None:
        assert self.oldest <= start <= stop <= self.end
        gaps = [number for number in range(start, stop) if self.kept[number] is None]
        return (gaps[0], gaps[-1] + 1) if gaps else None


class Desk:
    """A viewer and its history, with what one would do at a terminal."""

    def __init__(
        self, lines: Iterable[ScrolledLine | None] = (), *, rows: int = 6, columns: int = 40, screen: Sequence[str] = ()
    ) -> None:
        self.history = KnownLines(lines)
        self.viewer = Viewer(self.history, rows=rows, columns=columns)
        self.show_screen(screen)

    def show_screen(self, screen: Sequence[str]) -> None:
        columns = max([*map(len, screen), 1])
        self.viewer.screen_changed(frame_of(screen, rows=len(screen) + 1, columns=columns))

    def type(self, data: bytes) -> list[Request]:
        """Type, and let searches run as far as they can."""
        requests = self.viewer.type(tokens_of(data))
        self.search()
        return requests

    def search(self) -> None:
        while self.viewer.search_on():
            pass

    def frame(self, *, reachable: bool = True) -> Frame:
        return self.viewer.frame(reachable=reachable)

    @property
    def page(self) -> list[str]:
        """The rows above the status line, as text."""
        return texts(self.frame())[:-1]

    @property
    def status(self) -> str:
        return texts(self.frame())[-1]


def texts(frame: Frame) -> list[str]:
    return ["".join(cell.text for cell in row.cells).rstrip() for row in frame.rows]
