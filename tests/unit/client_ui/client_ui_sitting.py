"""A user before a terminal of a family: the far terminal, its frames and lines on their way, and the client's display.

All of it in virtual time; what the terminal gets and answers is as whole as with a real one.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from rmosh.channels.history.frames import HistoryKept
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.prediction import PredictionStatistics
from rmosh.terminal.cells import Frame
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.history import lines_of
from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter
from rmosh_client.showing.display import Display
from rmosh_client.showing.notice import Notices
from rmosh_client.showing.scrollback import Scrollback
from rmosh_client.showing.session_window import Footer, rows_for_session
from rmosh_client.typing.cursor_answers import CursorAnswers
from rmosh_client.typing.escape import EscapeKey
from rmosh_client.typing.interview import Interview
from rmosh_client.viewing.reading import HistoryReader
from tests.unit.client_ui.client_ui_families import Family, started
from tests.unit.client_ui.client_ui_pair import KEY
from tests.unit.client_ui.client_ui_status import HEALTHY

#: Seconds that pass with each thing that happens: more than lines may be told late of a resize.
_STEP = 0.35


class Unpredicted:
    """A predictor that guesses nothing."""

    def overlay(self, frame: Frame | None = None) -> Frame:
        assert frame is not None
        return frame


class Window(Protocol):
    """The terminal as the display has it, and as its user does."""

    def size(self) -> tuple[int, int]: ...

    def write(self, data: bytes) -> int: ...

    def write_all(self, data: bytes, *, patience: float) -> None: ...

    def answers(self) -> bytes:
        """Return what it has answered to all that it was asked."""

    def resized(self, rows: int, columns: int) -> None:
        """Give it another size."""


class ModelWindow:
    """A family's model: it takes everything, and answers at once.

    Attributes:
        next_size: what it gets before it takes the next bytes.
    """

    def __init__(self, family: Family, *, rows: int, columns: int) -> None:
        self.screen, self._feed = started(family, rows=rows, columns=columns)
        self._told = rows, columns
        self.next_size: tuple[int, int] | None = None

    def size(self) -> tuple[int, int]:
        return self._told

    def write(self, data: bytes) -> int:
        if self.next_size is not None:
            self.resized(*self.next_size)
            self.next_size = None
        self._feed(data)
        return len(data)

    def write_all(self, data: bytes, *, patience: float) -> None:
        self._feed(data)

    def answers(self) -> bytes:
        said, self.screen.answers = self.screen.answers, b""
        return said

    def resized(self, rows: int, columns: int) -> None:
        self.screen.resized(rows, columns)
        self._told = rows, columns


class Sitting:
    """One session at one terminal.

    Attributes:
        sent: all lines that scrolled off remotely.
    """

    def __init__(
        self, window: Window, abilities: Abilities, *, earlier: Sequence[str] = (), footer: Footer | None = None
    ) -> None:
        """Begin.

        Args:
            earlier: lines that stand in the terminal.
        """
        self.window = window
        self._abilities = abilities
        self._footer = footer
        rows, columns = window.size()
        rows = rows_for_session(rows, footer)
        self.window.write("".join([line + "\r\n" for line in earlier]).encode())
        self.remote = Emulator(rows=rows, columns=columns)
        self.now = 10.0
        self.sent: list[ScrolledLine] = []
        self._on_the_way: list[int] = []
        self._shown = self.remote.frame()
        self._attach(began=0)

    def _attach(self, *, began: int) -> None:
        interview = Interview()
        self._answers = CursorAnswers(interview)
        self._interview = interview
        self.received = HistoryReceiver(lambda _number: None, depth=0)
        self.received.take_kept(HistoryKept(oldest=0, began=began, following=began, erased=0))
        self.reader = HistoryReader(self.received, fetch=lambda _start, _stop: None, copy=lambda _text: None)
        self.display = Display(
            Painter(self._abilities),
            self.window,
            Unpredicted(),
            Notices(EscapeKey(), server="host", now=self.now),
            Scrollback(self.received, viewer_key=KEY),
            self.reader,
            self._answers,
            self._footer,
        )
        self.display.start(now=self.now)

    def output(self, data: bytes) -> None:
        """Let programs write something at the far side; nobody hears of it yet."""
        self.remote.feed(data)
        self._collect()

    def _collect(self) -> None:
        for line in lines_of(self.remote.take_history()):
            self._on_the_way.append(len(self.sent))
            self.sent.append(line)

    def frame_arrives(self) -> None:
        """Let the newest frame come."""
        self._shown = self.remote.frame()
        self.show()

    def lines_arrive(self, count: int | None = None) -> None:
        """Let the next lines come, all unless it is said how many."""
        count = len(self._on_the_way) if count is None else count
        for number in self._on_the_way[:count]:
            self.received.archive.insert(number, [self.sent[number]])
        del self._on_the_way[:count]
        self.show()

    def lines_are_lost(self, count: int) -> None:
        """Let the next lines never come, and let that be known."""
        lost = self._on_the_way[:count]
        del self._on_the_way[:count]
        if lost:
            assert self.received.kept is not None
            self.received.take_kept(replace(self.received.kept, following=lost[-1] + 1))
        self.show()

    def show(self) -> None:
        """Let the display paint until nothing is left to be painted."""
        for _ in range(50):
            self.now += _STEP
            said = self.show_once()
            if not said and self.display.is_complete:
                return
        raise AssertionError("the display never comes to rest")

    def show_once(self) -> bytes:
        """Let the display paint; return what the terminal answered."""
        self.display.show(self._shown, HEALTHY, PredictionStatistics(), now=self.now)
        said = self.window.answers()
        self._interview.sift(said, now=0.0)
        return said

    def resize(self, rows: int, columns: int) -> None:
        """Give the window another size; the far side does not know yet."""
        self.now += _STEP
        self.window.resized(rows, columns)
        self.display.resize(now=self.now)
        self._interview.sift(self.window.answers(), now=0.0)
        self.show()

    def size_arrives(self) -> None:
        """Let the far side have the window's size."""
        rows, columns = self.display.window
        if (rows, columns) != (len(self.remote.frame().rows), self.remote.frame().columns):
            self.remote.resize(rows=rows, columns=columns)
            self._collect()

    def leave(self, said: bytes) -> None:
        """Let the shell have the terminal, with some words, and take it again."""
        self.now += _STEP
        self.display.finish(now=self.now)
        self.window.write(said)
        self.now += _STEP
        self.display.start(now=self.now)
        self.display.resize(now=self.now)
        self._interview.sift(self.window.answers(), now=0.0)
        self.show()

    def attach_again(self, said: bytes) -> None:
        """Leave the session to itself, and come back to it from the same terminal; all its lines come once more."""
        self.finish()
        self.window.write(said)
        self._on_the_way = list(range(len(self.sent)))
        self._attach(began=0)

    def settle(self) -> None:
        """Let everything come that is on its way."""
        self.size_arrives()
        self.frame_arrives()
        self.lines_arrive()

    def finish(self) -> None:
        """Give the terminal back to the shell."""
        self.now += _STEP
        self.display.finish(now=self.now)

    def screen(self) -> list[str]:
        """Return the far screen's lines."""
        return ["".join(cell.text for cell in row.cells).rstrip() for row in self.remote.frame().rows]
