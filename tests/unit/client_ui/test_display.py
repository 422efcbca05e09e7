"""What fills the window: a session of its size or of another, rmosh's own boxes, and a line below."""

import pytest

from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus
from rmosh.terminal.cells import Frame, blank_frame
from rmosh.terminal.emulator import Emulator
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter
from rmosh_client.showing.box import Box
from rmosh_client.showing.display import Display
from rmosh_client.showing.notice import Notices
from rmosh_client.showing.scrollback import Scrollback
from rmosh_client.showing.session_window import RESIZE_GRACE, Footer
from rmosh_client.typing.cursor_answers import CursorAnswers
from rmosh_client.typing.escape import EscapeKey
from rmosh_client.typing.interview import Interview
from rmosh_client.viewing.reading import HistoryReader
from tests.unit.client_ui.client_ui_frames import frame_of
from tests.unit.client_ui.client_ui_pair import KEY
from tests.unit.client_ui.client_ui_sitting import Unpredicted
from tests.unit.client_ui.client_ui_status import HEALTHY


class Meter:
    """A footer that tells how wide it may be."""

    def line(self, status: LinkStatus, prediction: PredictionStatistics, *, columns: int, now: float) -> str:
        return f"as wide as {columns}"


class Watcher:
    """A display on a terminal of a size, and who looks at it."""

    def __init__(self, *, rows: int, columns: int, footer: Footer | None = None) -> None:
        self._terminal = Emulator(rows=rows, columns=columns)
        self._columns = columns
        self.notices = Notices(EscapeKey(), server="box", now=0.0)
        self.interview = Interview()
        history = HistoryReceiver(lambda _number: None, depth=0)
        reader = HistoryReader(history, fetch=lambda _start, _stop: None, copy=lambda _text: None)
        self.display = Display(
            Painter(Abilities()),
            self,
            Unpredicted(),
            self.notices,
            Scrollback(history, viewer_key=KEY),
            reader,
            CursorAnswers(self.interview),
            footer,
        )
        self._now = 0.0
        self.display.start(now=self._now)

    def size(self) -> tuple[int, int]:
        return len(self._terminal.frame().rows), self._columns

    def write(self, data: bytes) -> int:
        self._terminal.feed(data)
        return len(data)

    def write_all(self, data: bytes, *, patience: float) -> None:
        self.write(data)

    def resize(self, *, rows: int, columns: int) -> None:
        self._terminal.resize(rows=rows, columns=columns)
        self._columns = columns
        self.display.resize(now=self._now)

    def sees(self, frame: Frame) -> list[str]:
        """Return the terminal's lines once the frame has been shown for a while."""
        for _ in range(2):
            self._now += RESIZE_GRACE
            self.display.show(frame, HEALTHY, PredictionStatistics(), now=self._now)
        return self.lines()

    def lines(self) -> list[str]:
        return ["".join(cell.text for cell in row.cells).rstrip() for row in self._terminal.frame().rows]


@pytest.mark.parametrize(
    ("box", "wanted"), [(Box.HELP, "detach"), (Box.CONNECTION, "round trip"), (Box.PEOPLE, "only you are here")]
)
@pytest.mark.parametrize("rows", [10, 20])
def test_a_guest_whose_window_is_smaller_than_the_session_sees_every_box(box: Box, wanted: str, rows: int) -> None:
    guest = Watcher(rows=rows, columns=40)
    guest.notices.toggle(box)
    assert wanted in "\n".join(guest.sees(frame_of(["x" * 120] * 40, rows=40, columns=120, cursor=(39, 0))))


def test_a_line_below_the_screen_takes_a_row_from_the_session() -> None:
    watcher = Watcher(rows=6, columns=20, footer=Meter())
    assert watcher.display.window == (5, 20)
    lines = watcher.sees(frame_of(["a", "b", "c", "d", "$ "], rows=5, columns=20, cursor=(4, 2)))
    assert lines == ["a", "b", "c", "d", "$", "as wide as 20"]


def test_a_line_below_follows_a_resize_and_is_left_out_where_rows_are_few() -> None:
    watcher = Watcher(rows=6, columns=20, footer=Meter())
    watcher.sees(frame_of(["$ "], rows=5, columns=20, cursor=(0, 2)))
    watcher.resize(rows=8, columns=30)
    assert watcher.display.window == (7, 30)
    assert watcher.sees(frame_of(["$ "], rows=7, columns=30, cursor=(0, 2)))[-1] == "as wide as 30"
    watcher.resize(rows=4, columns=30)
    assert watcher.display.window == (4, 30)
    assert watcher.sees(frame_of(["$ "], rows=4, columns=30, cursor=(0, 2))) == ["$", "", "", ""]


def test_nothing_is_said_below_before_the_host_has_shown_anything() -> None:
    watcher = Watcher(rows=6, columns=20, footer=Meter())
    assert watcher.sees(blank_frame(rows=1, columns=1)) == [""] * 6


def test_the_line_below_is_not_left_on_the_terminal() -> None:
    watcher = Watcher(rows=6, columns=20, footer=Meter())
    frame = frame_of(["$ exit"], rows=5, columns=20, cursor=(1, 0))
    watcher.sees(frame)
    watcher.display.finish(now=9.0)
    assert watcher.lines() == ["$ exit", "", "", "", "", ""]
