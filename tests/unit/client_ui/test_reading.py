"""Reading the history: what is shown, fetched, copied and saved when the viewer is tied to the rest."""

from pathlib import Path

import pytest

from rmosh.channels.history.frames import HistoryKept
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.terminal.cells import Frame
from rmosh.terminal.scrolled import plain_line
from rmosh_client.viewing.reading import HistoryReader, KnownHistory, saved
from tests.unit.client_ui.client_ui_frames import frame_of
from tests.unit.client_ui.client_ui_typing import tokens_of


class Desk:
    """A reader over a history of which only the newest lines are here."""

    def __init__(self, *, oldest: int = 100, end: int = 1000, here: int = 900) -> None:
        self.history = HistoryReceiver(lambda _number: None, depth=0)
        self.history.take_kept(HistoryKept(oldest=oldest, began=here, following=here, erased=0))
        self.history.archive.insert(here, [plain_line(f"line {number}") for number in range(here, end)])
        self.fetched: list[tuple[int, int]] = []
        self.copied: list[str] = []
        self.reader = HistoryReader(self.history, fetch=self._fetch, copy=self._copy)
        live = frame_of(["$ "], rows=10, columns=60, cursor=(0, 2))
        self.live: Frame = Frame(live.rows, live.columns, live.cursor, history=end)

    def _fetch(self, start: int, stop: int) -> None:
        self.fetched.append((start, stop))

    def _copy(self, text: str) -> str | None:
        self.copied.append(text)
        return None if len(text) < 100 else "not copied: too long"

    def open(self) -> None:
        self.reader.open(self.live, rows=10, columns=60)

    def arrive(self, start: int, stop: int) -> None:
        self.history.archive.insert(start, [plain_line(f"line {number}") for number in range(start, stop)])
        self.reader.changed(self.live)

    def look(self) -> list[str]:
        frame = self.reader.frame(reachable=True)
        assert frame is not None
        return ["".join(cell.text for cell in row.cells).rstrip() for row in frame.rows]


def test_it_opens_on_the_newest_lines_and_the_live_screen_below_them() -> None:
    desk = Desk()
    desk.open()
    assert desk.look()[:9] == [f"line {number}" for number in range(992, 1000)] + ["$"]


def test_lines_that_are_not_here_are_asked_for_once_and_shown_when_they_come() -> None:
    desk = Desk()
    desk.open()
    desk.fetched.clear()
    desk.reader.type(tokens_of(b"g"))
    (asked,) = desk.fetched
    assert asked[0] == 100
    desk.look()
    desk.reader.changed(desk.live)
    assert len(desk.fetched) == 1
    desk.arrive(100, 150)
    assert desk.look()[:9] == [f"line {number}" for number in range(100, 109)]


def test_a_search_goes_on_into_lines_that_come_later() -> None:
    desk = Desk()
    desk.open()
    desk.reader.type(tokens_of(b"?line 333\r"))
    for _ in range(100):
        if desk.reader.next_wakeup(now=5.0) is not None:
            desk.reader.go_on()
        elif desk.fetched and desk.history.archive.missing(*desk.fetched[-1]) is not None:
            desk.arrive(*desk.fetched[-1])
    assert "line 333" in desk.look()


def test_marked_lines_that_are_copied_end_the_reading_as_in_tmux_and_a_page_does_not() -> None:
    desk = Desk()
    desk.open()
    desk.reader.type(tokens_of(b"y"))
    assert "lines copied" in desk.look()[-1]
    desk.reader.type(tokens_of(b"vkky"))
    assert desk.copied[-1] == "line 998\nline 999\n$"
    assert not desk.reader.is_open


def test_what_could_not_be_copied_says_why_and_stays() -> None:
    desk = Desk()
    desk.open()
    desk.reader.type(tokens_of(b"v" + b"k" * 40 + b"y"))
    assert "too long" in desk.look()[-1]


def test_saving_writes_a_new_file_for_nobody_else_to_read(tmp_path: Path) -> None:
    desk = Desk(oldest=900)
    desk.open()
    path = tmp_path / "log"
    desk.reader.type(tokens_of(b"s" + str(path).encode() + b"\r"))
    assert path.read_text() == "".join(f"line {number}\n" for number in range(900, 1000)) + "$\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_is_named_with_the_reason(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert "give another one" in saved(str(taken), "text")
    assert taken.read_text() == "mine"
    assert "No such file or directory" in saved(str(tmp_path / "no" / "where"), "text")


def test_leaving_shows_the_live_screen_again() -> None:
    desk = Desk()
    desk.open()
    assert desk.reader.is_open
    desk.reader.type(tokens_of(b"q"))
    assert not desk.reader.is_open
    assert desk.reader.frame(reachable=True) is None
    assert desk.reader.next_wakeup(now=1.0) is None


@pytest.mark.parametrize(("here", "oldest", "first"), [(900, 100, 100), (50, 100, 50), (900, 2000, 1000)])
def test_the_oldest_line_is_the_first_that_can_be_had(here: int, oldest: int, first: int) -> None:
    desk = Desk(oldest=oldest, here=here)
    known = KnownHistory(desk.history)
    known.end = 1000
    assert known.oldest == first


def test_nothing_is_known_before_the_server_has_said_what_it_keeps() -> None:
    known = KnownHistory(HistoryReceiver(lambda _number: None, depth=0))
    known.end = 7
    assert known.oldest == 7
