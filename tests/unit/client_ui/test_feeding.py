"""Many lines go into the user's scrollback as fast as its terminal takes them, and little waits behind them."""

import random
import re
from collections.abc import Iterable
from dataclasses import replace

import pytest

from rmosh.channels.history.frames import HistoryKept
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.prediction import PredictionStatistics
from rmosh.terminal.cells import TRUECOLOR, Frame, Style
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.history import lines_of
from rmosh.terminal.scrolled import ScrolledLine, plain_line
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.feeding import Feed, Printable, can_print, laid_out
from rmosh_client.painting.painter import Painter
from rmosh_client.showing.display import Display
from rmosh_client.showing.feed_pace import FEWEST_LINES, MOST_LINES, FeedPace
from rmosh_client.showing.notice import Notices
from rmosh_client.showing.scrollback import Scrollback
from rmosh_client.typing.cursor_answers import CursorAnswers
from rmosh_client.typing.escape import EscapeKey
from rmosh_client.typing.interview import Interview
from rmosh_client.viewing.reading import HistoryReader
from tests.unit.client_ui.client_ui_frames import frame_of
from tests.unit.client_ui.client_ui_status import HEALTHY

_ROWS, _COLUMNS = 24, 80


def coloured(number: int) -> ScrolledLine:
    head = f"{number:07d}"
    return ScrolledLine(((head, Style(foreground=number % 7)), (f" INFO request took {number % 977} ms", Style())))


class SlowTerminal:
    """A terminal that takes so many bytes a second, behind what its kernel buffers, in virtual time.

    Attributes:
        now: monotonic seconds.
        taken: all that it took so far.
        written: how many bytes it was given.
    """

    #: What a pseudo-terminal takes without being read. Source: Linux, 4 KB of input and 8 KB on the way to it.
    BUFFER = 12288

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._waiting = b""
        self.written = 0
        self.now = 0.0
        self.taken = b""

    def size(self) -> tuple[int, int]:
        return _ROWS, _COLUMNS

    def write(self, data: bytes) -> int:
        room = self.BUFFER - len(self._waiting)
        self._waiting += data[:room]
        self.written += len(data[:room])
        return len(data[:room])

    def write_all(self, data: bytes, *, patience: float) -> None:
        self.taken += self._waiting + data
        self._waiting = b""

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        count = int(self._rate * seconds)
        self.taken, self._waiting = self.taken + self._waiting[:count], self._waiting[count:]

    @property
    def is_full(self) -> bool:
        return len(self._waiting) == self.BUFFER


class NoGuesses:
    def overlay(self, frame: Frame | None = None) -> Frame:
        assert frame is not None
        return frame


class Desk:
    """A display with many lines to feed."""

    def __init__(self, lines: Iterable[ScrolledLine], *, rate: float) -> None:
        history = HistoryReceiver(lambda _number: None, depth=0)
        kept = list(lines)
        history.take_kept(HistoryKept(oldest=0, began=0, following=0, erased=0))
        history.archive.insert(0, kept)
        self.terminal = SlowTerminal(rate)
        reader = HistoryReader(history, fetch=lambda _start, _stop: None, copy=lambda _text: None)
        self.scrollback = Scrollback(history, viewer_key="Ctrl-^ [")
        notices = Notices(EscapeKey(), server="box", now=0.0)
        painter = Painter(Abilities(strings=False))
        parts = (painter, self.terminal, NoGuesses(), notices, self.scrollback, reader, CursorAnswers(Interview()))
        self.display = Display(*parts)
        self.display.start(now=0.0)
        self.frame = replace(frame_of(["$ "], rows=_ROWS, columns=_COLUMNS, cursor=(0, 2)), history=len(kept))
        self._stuck = False
        self.display.on_stuck = self._note_stuck

    def _note_stuck(self, stuck: bool) -> None:
        self._stuck = stuck

    def show(self, *, hurried: bool = False) -> None:
        self.display.show(self.frame, HEALTHY, PredictionStatistics(), now=self.terminal.now, hurried=hurried)

    def step(self) -> None:
        """Let a millisecond pass, and do what the driver does after it."""
        self.terminal.pass_time(0.001)
        if not self._stuck:
            self.show()
        elif not self.terminal.is_full:
            self.display.write_rest()
            if not self._stuck:
                self.show(hurried=True)

    @property
    def is_fed(self) -> bool:
        return self.display.is_complete and not self._stuck


@pytest.mark.slow
def test_a_terminal_that_reads_at_once_gets_many_lines_at_a_time_and_hardly_more_than_their_text() -> None:
    lines = [coloured(number) for number in range(20_000)]
    desk = Desk(lines, rate=100e6)
    steps = 0
    while not desk.is_fed:
        desk.step()
        steps += 1
    desk.terminal.pass_time(1.0)
    text = sum(len(line.text) + len("\x1b[31m\x1b[39m\r\n") for line in lines)
    assert steps < 60
    assert len(desk.terminal.taken) < 1.05 * text


@pytest.mark.slow
def test_a_slow_terminal_is_busy_all_the_time_and_a_key_comes_back_behind_few_lines() -> None:
    dice = random.Random(13)
    desk = Desk([coloured(number) for number in range(9000)], rate=100_000)
    waits = []
    for number in range(30):
        for _ in range(dice.randrange(10, 60)):
            desk.step()
        pressed, mark = desk.terminal.now, chr(ord("A") + number % 26) * 5
        desk.frame = replace(
            frame_of(["$ ", mark], rows=_ROWS, columns=_COLUMNS, cursor=(1, len(mark))), history=desk.frame.history
        )
        if not desk._stuck:
            desk.show(hurried=True)
        while mark.encode() not in desk.terminal.taken:
            desk.step()
        waits.append(desk.terminal.now - pressed)
    assert len(desk.terminal.taken) > 0.9 * 100_000 * desk.terminal.now
    assert sorted(waits)[len(waits) // 2] < 0.2  # most of it what the kernel keeps
    assert max(waits) < 0.5  # once, before it is known how slow the terminal is


def test_what_a_key_changed_is_shown_before_more_lines_and_where_it_changed_nothing_they_may_come_at_once() -> None:
    desk = Desk([coloured(number) for number in range(500)], rate=100e6)
    desk.show()
    desk.frame = replace(frame_of(["$ x"], rows=_ROWS, columns=_COLUMNS, cursor=(0, 3)), history=500)
    before = desk.terminal.written
    desk.show(hurried=True)
    assert 0 < desk.terminal.written - before < 20
    assert not desk.display.may_feed_at_once
    desk.show(hurried=True)
    assert desk.display.may_feed_at_once


@pytest.mark.parametrize(
    ("took", "at_once", "lines"),
    [
        (0.0, True, MOST_LINES),
        (5.0, True, MOST_LINES),
        (0.020, False, MOST_LINES),
        (0.200, False, 100),
        (9.0, False, FEWEST_LINES),
    ],
)
def test_as_many_lines_are_fed_as_the_terminal_takes_within_a_moment(took: float, at_once: bool, lines: int) -> None:
    pace = FeedPace()
    while pace.lines < MOST_LINES:
        pace.begin(pace.lines, now=0.0)
        pace.end(at_once=True, now=0.0)
    pace.begin(MOST_LINES, now=100.0)
    pace.end(at_once=at_once, now=100.0 + took)
    assert pace.lines == lines


def test_a_few_lines_do_not_tell_how_many_the_terminal_takes() -> None:
    pace = FeedPace()
    pace.begin(3, now=0.0)
    pace.end(at_once=False, now=9.0)
    assert pace.lines == FEWEST_LINES


@pytest.mark.parametrize(
    ("text", "wrapped", "printed"),
    [
        ("plain", False, True),
        ("x" * 20, False, True),
        ("x" * 21, False, False),
        ("x" * 20, True, True),
        ("x" * 19, True, False),
        ("na\u00efve \u6f22\u5b57", False, True),
        ("\u6f22" * 10, True, True),
        ("\u6f22" * 11, False, False),
        ("\u26a0\ufe0f doubtful", False, False),
        ("\U0001f469\u200d\U0001f4bb", False, False),
        ("\u0301 alone", False, False),
        ("\u2028", False, False),
    ],
)
def test_only_what_fits_a_row_and_looks_alike_everywhere_is_printed(text: str, wrapped: bool, printed: bool) -> None:
    assert can_print(plain_line(text, wrapped=wrapped), columns=20) is printed


def test_a_coloured_end_is_painted_and_a_line_that_goes_on_from_above_too() -> None:
    assert not can_print(ScrolledLine((("ab ", Style(background=1)),)), columns=20)
    lines = [(plain_line(text), None) for text in ("rest", "whole")]
    rest, whole = laid_out(lines, 20, goes_on=True)
    assert not isinstance(rest, Printable)
    assert whole == Printable((plain_line("whole"),))


def test_a_coloured_line_that_wraps_leaves_no_colour_behind_its_end() -> None:
    """A terminal with back colour erase fills the row that scrolls in with the colour of what is written."""
    remote, local = Emulator(rows=4, columns=10), Emulator(rows=4, columns=10)
    remote.feed(b"\x1b[44m" + b"x" * 13 + b"\x1b[m\r\n" + b"\r\n" * 9)
    lines = lines_of(remote.take_history())
    painter = Painter(Abilities())
    local.feed(painter.start(rows=4, columns=10))
    local.take_history()
    pieces = laid_out([(line, None) for line in lines], 10, goes_on=False)
    assert [type(piece) for piece in pieces] == [Printable]
    local.feed(painter.paint(remote.frame(), Feed(rows=pieces), now=0.0))
    assert lines_of(local.take_history()) == lines
    assert local.frame().rows == remote.frame().rows


def test_true_colours_are_told_as_the_terminal_can_show_them() -> None:
    line = ScrolledLine((("red", Style(foreground=0xC80707 | TRUECOLOR)),))
    painter = Painter(Abilities())
    painter.start(rows=2, columns=10)
    painted = painter.paint(frame_of([], rows=2, columns=10), Feed(rows=[Printable((line,) * 5)]), now=0.0)
    assert painted.count(b"red") == 5
    assert b"38;2" not in painted.replace(b"38;2;200;7;7", b"")


def test_what_the_end_leaves_out_is_counted_and_the_newest_lines_are_there() -> None:
    desk = Desk([coloured(number) for number in range(9000)], rate=100_000)
    for _ in range(300):
        desk.step()
    assert 0 < desk.display.lines_lacking < 9000
    desk.display.is_over = True
    desk.display.finish(now=desk.terminal.now)
    screen = Emulator(rows=_ROWS, columns=_COLUMNS)
    screen.feed(desk.terminal.taken)
    numbers: list[int] = []
    left_out = 0
    for line in lines_of(screen.take_history()):
        if found := re.match(r"rmosh: ([\d,]+) lines skipped here", line.text):
            left_out = int(found[1].replace(",", ""))
            numbers.append(numbers[-1] + left_out)
        elif line.text:
            assert line.text == coloured(numbers[-1] + 1 if numbers else 0).text
            numbers.append(int(line.text[:7]))
    assert numbers[-1] == 8999
    assert 0 < left_out < 9000


def test_lines_that_never_came_are_counted_at_the_end_too() -> None:
    desk = Desk([coloured(number) for number in range(10)], rate=100e6)
    desk.frame = replace(desk.frame, history=5000)
    desk.show()
    assert desk.display.lines_lacking == 4990
    desk.display.is_over = True
    desk.display.finish(now=desk.terminal.now)
    assert b"rmosh: 4,990 lines skipped here, as you ended the wait" in desk.terminal.taken
