"""The law: what scrolled off the far main screen is in the user's scrollback in order and once, and nothing else is.

Lines are made of numbers in brackets, so that each can be found again however it was wrapped. What never came is
counted in a line. A terminal's own losses are on its own account, and it has them under ssh as well.
"""

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus
from rmosh_client.showing.session_window import Footer
from tests.unit.client_ui.client_ui_families import FAMILIES
from tests.unit.client_ui.client_ui_law import METER, NumberedSession
from tests.unit.client_ui.client_ui_sitting import ModelWindow

_ROWS, _COLUMNS = 8, 24


class Session(NumberedSession):
    """One in the model of a family."""

    def __init__(
        self, family: str, *, rows: int = _ROWS, columns: int = _COLUMNS, footer: Footer | None = None
    ) -> None:
        model = ModelWindow(FAMILIES[family], rows=rows, columns=columns)
        self.terminal = model.screen
        self._model = model
        super().__init__(model, FAMILIES[family].abilities, footer=footer)

    def resize_late(self, first: tuple[int, int], *others: tuple[int, int]) -> None:
        """Give the window sizes, of which it tells the first, and a quarter of a second later the last."""
        self.lines_arrive()
        self._resize_and_hear(*first)
        for rows, columns in others:
            self.terminal.resized(rows, columns)
            self.size_arrives()
            self.now += 0.25 / len(others)
            self._shown = self.remote.frame()
            self.show_once()
        self._resize_and_hear(*others[-1])
        self.settle()

    def _resize_and_hear(self, rows: int, columns: int) -> None:
        self._model.resized(rows, columns)
        self.display.resize(now=self.now)
        self._interview.sift(self.window.answers(), now=0.0)

    def resize_as_painted(self, rows: int, columns: int) -> None:
        """Give the window another size just as something is painted."""
        self.lines_arrive()
        self._model.next_size = rows, columns
        self.print_lines([1])
        self.frame_arrives()
        self._model.next_size = None
        self._resize_and_hear(rows, columns)
        self.settle()

    def check(self, *, once: bool = True) -> None:
        terminal = self.terminal
        assert not terminal.is_alternate
        lines = [*terminal.kept(), *terminal.texts()]
        self.check_lines(lines, destroyed=terminal.destroyed, spilt=terminal.spilt, once=once)


def take(session: Session, step: tuple[object, ...]) -> None:
    """Let one thing happen."""
    what, *arguments = step
    getattr(session, str(what))(*arguments)


_LENGTHS = st.lists(st.sampled_from([1, 1, 2, 5, 9]), min_size=1, max_size=12)
_HAPPENINGS = (
    st.tuples(st.just("print_lines"), _LENGTHS),
    st.tuples(st.just("print_lines"), _LENGTHS),
    st.tuples(st.just("frame_arrives")),
    st.tuples(st.just("lines_arrive"), st.integers(1, 9)),
    st.tuples(st.just("lines_arrive")),
    st.tuples(st.just("enter_program")),
    st.tuples(st.just("leave_program")),
    st.tuples(st.just("read")),
)
_LOSSES = (st.tuples(st.just("lose"), st.integers(1, 4)),)
_HEIGHTS = (st.tuples(st.just("resize_and_tell"), st.integers(3, 14), st.just(_COLUMNS)),)
_SUSPENSIONS = (st.tuples(st.just("suspend")),)


_WIDTHS = (
    st.tuples(st.just("resize_and_tell"), st.integers(3, 14), st.integers(12, 40)),
    st.tuples(st.just("print_lines"), st.lists(st.sampled_from([1, 2]), min_size=1, max_size=12)),
    st.tuples(st.just("frame_arrives")),
)


#: Columns that hold whole numbers: none of those is found where a line came apart in it.
_WHOLE_COLUMNS = st.sampled_from([15, 20, 25, 30, 40])
_SIZE = st.tuples(st.integers(3, 14), _WHOLE_COLUMNS)
_LONG_LINES = (
    st.tuples(st.just("print_lines"), st.lists(st.sampled_from([1, 2, 6, 12]), min_size=1, max_size=12)),
    st.tuples(st.just("frame_arrives")),
)
_WIDTHS_OF_LONG_LINES = (st.tuples(st.just("resize_and_tell"), st.integers(3, 14), _WHOLE_COLUMNS), *_LONG_LINES)
_LATE_SIZES = (
    st.tuples(st.just("resize_late"), _SIZE, _SIZE, _SIZE, _SIZE),
    st.tuples(st.just("resize_late"), _SIZE, _SIZE),
    *_LONG_LINES,
)
_SIZES_AS_PAINTED = (
    st.tuples(st.just("resize_as_painted"), st.integers(3, 14), _WHOLE_COLUMNS),
    *_WIDTHS_OF_LONG_LINES,
)


def steps(*more: st.SearchStrategy[tuple[object, ...]]) -> st.SearchStrategy[list[tuple[object, ...]]]:
    return st.lists(st.one_of(*_HAPPENINGS, *more), max_size=12)


def live(session: Session, happenings: Sequence[tuple[object, ...]], *, once: bool = True) -> None:
    """Let things happen, then the session end."""
    for step in happenings:
        take(session, step)
    session.leave_program()
    session.settle()
    session.finish()
    session.check(once=once)


_FAMILIES = st.sampled_from(sorted(FAMILIES))

#: Terminals that take more rows into the scrollback than a lower window asks for: what the program still shows is there
#: twice once they do it again.
_TAKING_MORE = {"foot", "foot, with blank rows", "urxvt"}

#: kitty only cuts off blank rows at its bottom, and above a line in the last row there are none.
_TAKING_MORE_ABOVE_A_LINE = _TAKING_MORE | {"kitty"}

#: Terminals that cut off what a narrower window has no columns for, of rows that come back from the scrollback as well.
_CUTTING = {"xterm"}


@pytest.mark.slow
@settings(max_examples=150)
@given(_FAMILIES, steps(*_LOSSES))
def test_it_holds_whichever_way_frames_and_lines_come(family: str, happenings: list[tuple[object, ...]]) -> None:
    live(Session(family), happenings)


@pytest.mark.slow
@settings(max_examples=150)
@given(_FAMILIES, steps(*_HEIGHTS))
@example(
    "alacritty",
    [("print_lines", [1] * 8), ("frame_arrives",), ("enter_program",), ("frame_arrives",), ("resize_and_tell", 3, 24)],
)
def test_it_holds_in_a_window_that_gets_higher_and_lower(family: str, happenings: list[tuple[object, ...]]) -> None:
    live(Session(family), happenings, once=family not in _TAKING_MORE)


@pytest.mark.slow
@settings(max_examples=150)
@given(st.sampled_from(sorted({*FAMILIES} - _TAKING_MORE)), st.lists(st.one_of(*_WIDTHS), max_size=12))
def test_it_holds_in_a_window_that_gets_wider_and_narrower(family: str, happenings: list[tuple[object, ...]]) -> None:
    live(Session(family), happenings)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.sampled_from(sorted({*FAMILIES} - _CUTTING)), st.lists(st.one_of(*_WIDTHS_OF_LONG_LINES), max_size=12))
@example("foot", [("print_lines", [12, 12]), ("resize_and_tell", 8, 20), ("resize_and_tell", 3, 15)])
def test_no_width_loses_of_lines_longer_than_the_window(family: str, happenings: list[tuple[object, ...]]) -> None:
    live(Session(family, columns=25), happenings, once=False)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(st.one_of(*_LATE_SIZES), max_size=8))
def test_no_size_that_is_told_late_loses_a_line(happenings: list[tuple[object, ...]]) -> None:
    session = Session("tmux", columns=25)
    session.print_lines([1] * 60)
    session.settle()
    live(session, happenings, once=False)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.sampled_from(sorted({*FAMILIES} - _CUTTING)), st.lists(st.one_of(*_SIZES_AS_PAINTED), max_size=8))
@example("foot", [("resize_as_painted", 10, 20), ("print_lines", [1]), ("resize_as_painted", 10, 20)])
def test_no_size_that_comes_as_something_is_painted_loses_a_line(
    family: str, happenings: list[tuple[object, ...]]
) -> None:
    session = Session(family, columns=25)
    session.print_lines([1] * 60)  # what stood there before the session nobody could feed again
    session.settle()
    live(session, happenings, once=False)


@pytest.mark.slow
@settings(max_examples=150)
@given(_FAMILIES, steps(*_SUSPENSIONS))
def test_it_holds_when_a_shell_has_the_terminal_meanwhile(family: str, happenings: list[tuple[object, ...]]) -> None:
    live(Session(family), happenings)


class _Meter:
    """A footer that always says something else."""

    def __init__(self) -> None:
        self._said = 0

    def line(self, status: LinkStatus, prediction: PredictionStatistics, *, columns: int, now: float) -> str:
        self._said += 1
        return f"{METER} {self._said}"


@pytest.mark.slow
@settings(max_examples=100)
@given(_FAMILIES, steps(*_LOSSES) | steps(*_HEIGHTS) | steps(*_SUSPENSIONS))
@example(
    "kitty",
    [("print_lines", [1]), ("frame_arrives",), ("resize_and_tell", 5, _COLUMNS), ("resize_and_tell", 3, _COLUMNS)],
)
def test_it_holds_with_a_line_below_the_screen(family: str, happenings: list[tuple[object, ...]]) -> None:
    live(Session(family, footer=_Meter()), happenings, once=family not in _TAKING_MORE_ABOVE_A_LINE)


@pytest.mark.slow
@settings(max_examples=50)
@given(_FAMILIES, st.lists(st.one_of(*_WIDTHS), max_size=12))
def test_no_width_loses_a_line_with_one_below_the_screen(family: str, happenings: list[tuple[object, ...]]) -> None:
    live(Session(family, footer=_Meter()), happenings, once=False)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("lines", [3, 100])
def test_a_window_that_gets_higher_and_then_low_has_each_line_once(family: str, lines: int) -> None:
    session = Session(family, rows=24, columns=80)
    session.print_lines([1] * lines)
    session.settle()
    for rows in (40, 15, 24):
        session.resize_and_tell(rows, 80)
    session.print_lines([1] * 50)
    live(session, [])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("rows", [(32,), (15,), (15, 24), (40, 15)])
def test_a_window_of_another_size_inside_a_program_has_each_line_once(family: str, rows: Sequence[int]) -> None:
    session = Session(family, rows=24, columns=80)
    session.print_lines([1] * 100)
    session.settle()
    session.enter_program()
    session.frame_arrives()
    for height in rows:
        session.resize_and_tell(height, 80)
    session.leave_program()
    session.print_lines([1] * 50)
    live(session, [])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("in_program", [False, True])
def test_a_session_that_was_left_and_attached_again_loses_nothing(family: str, in_program: bool) -> None:
    session = Session(family)
    session.print_lines([1, 9, 2] * 9)
    session.settle()
    if in_program:
        session.enter_program()
        session.frame_arrives()
    session.attach_again(b"detached\r\n$ rmosh attach host\r\n")
    session.settle()
    session.leave_program()
    session.print_lines([1] * 20)
    live(session, [], once=False)


@pytest.mark.parametrize("family", ["xterm", "urxvt"])
def test_lines_that_a_terminal_loses_itself_under_a_program_are_fed_again(family: str) -> None:
    session = Session(family, rows=24, columns=80)
    session.print_lines([1] * 100)
    session.settle()
    session.enter_program()
    session.frame_arrives()
    session.resize_and_tell(32, 80)
    session.leave_program()
    session.settle()
    session.finish()
    assert len(session.terminal.destroyed) == 8
    assert [line for line in session.terminal.kept() if "<" in line] == [f"<{number:03}>" for number in range(76)]


def test_lines_that_wait_longer_than_the_end_does_are_counted() -> None:
    session = Session("vte")
    session.print_lines([1] * 40)
    session.frame_arrives()
    session.finish()
    assert session.terminal.kept()[-2:] == ["rmosh: 33 lines skipped", "<032>"]
    assert session.terminal.texts() == [*[f"<{number:03}>" for number in range(33, 40)], ""]


def test_lines_that_have_come_wait_for_no_later_end_of_a_wrapped_one_that_never_does() -> None:
    session = Session("vte")
    session.print_lines([1, 9, *[1] * 20])
    session.frame_arrives()
    session.lines_arrive(3)
    session.lose(1)
    session.lines_arrive()
    session.finish()
    session.check()
