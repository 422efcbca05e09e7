"""The display's states: what can happen in each, and that no order of happenings loses a line or leaves the table."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rmosh.errors import UsageError
from rmosh_client.showing.display_machine import TRANSITIONS, DisplayEvent, DisplayMachine, DisplayState
from tests.unit.client_ui.client_ui_families import FAMILIES
from tests.unit.client_ui.client_ui_law import NumberedSession
from tests.unit.client_ui.client_ui_sitting import ModelWindow

_ROWS, _COLUMNS = 8, 25

#: What each event leads to; "-" where it cannot happen.
_TABLE = """
              STARTED RESIZED       UNDERSTOOD SHOWS_MAIN SHOWS_ALTERNATE GIVEN_BACK HUNG_UP
AWAY          MAIN    -             -          -          -               AWAY       GONE
MAIN          MAIN    AWAITED       -          MAIN       ALTERNATE       AWAY       GONE
AWAITED       MAIN    AWAITED       MAIN       -          -               AWAY       GONE
ALTERNATE     MAIN    RESIZED_BELOW -          MAIN       ALTERNATE       AWAY       GONE
RESIZED_BELOW MAIN    RESIZED_BELOW -          AWAITED    RESIZED_BELOW   AWAY       GONE
GONE          GONE    GONE          GONE       GONE       GONE            GONE       GONE
"""
_EVENTS, *_STATES = [line.split() for line in _TABLE.strip().splitlines()]
_LEADS = {(state, event): led for state, *leads in _STATES for event, led in zip(_EVENTS, leads, strict=True)}


def in_state(state: DisplayState) -> DisplayMachine:
    machine = DisplayMachine()
    machine.state = state
    return machine


@pytest.mark.parametrize("event", DisplayEvent, ids=lambda event: event.name)
@pytest.mark.parametrize("state", DisplayState, ids=lambda state: state.name)
def test_each_event_leads_where_it_should_or_is_refused(state: DisplayState, event: DisplayEvent) -> None:
    machine = in_state(state)
    wanted = _LEADS[state.name, event.name]
    if wanted == "-":
        with pytest.raises(UsageError, match=f"{event.name} while the terminal is {state.name}"):
            machine.take(event)
        assert machine.state is state
    else:
        machine.take(event)
        assert machine.state.name == wanted


def test_every_state_is_reached_and_only_a_terminal_that_hung_up_is_never_left() -> None:
    reached, waiting = set(), [DisplayMachine().state]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += TRANSITIONS[state].values()
    assert reached == set(DisplayState)
    final = [state for state, leads in TRANSITIONS.items() if set(leads.values()) == {state}]
    assert final == [DisplayState.GONE]


@pytest.mark.parametrize(
    ("state", "is_ours", "may_paint", "shows_main"),
    [
        (DisplayState.AWAY, False, False, False),
        (DisplayState.MAIN, True, True, True),
        (DisplayState.AWAITED, True, False, True),
        (DisplayState.ALTERNATE, True, True, False),
        (DisplayState.RESIZED_BELOW, True, True, False),
        (DisplayState.GONE, False, False, False),
    ],
)
def test_what_may_be_done_in_a_state(state: DisplayState, is_ours: bool, may_paint: bool, shows_main: bool) -> None:
    machine = in_state(state)
    assert (machine.is_ours, machine.may_paint, machine.shows_main) == (is_ours, may_paint, shows_main)


class HesitantWindow(ModelWindow):
    """A terminal that may take only some bytes.

    Attributes:
        takes: how many it still takes; None for all that come.
        taken: all that it took.
    """

    takes: int | None = None
    taken = b""

    def write(self, data: bytes) -> int:
        part = data if self.takes is None else data[: self.takes]
        if self.takes is not None:
            self.takes -= len(part)
        self.taken += part
        return super().write(part)


class Session(NumberedSession):
    """A numbered session at a hesitant terminal, to which everything may happen."""

    def __init__(self, family: str) -> None:
        self.terminal = HesitantWindow(FAMILIES[family], rows=_ROWS, columns=_COLUMNS)
        self._is_stuck = False
        super().__init__(self.terminal, FAMILIES[family].abilities)

    def _attach(self, *, began: int) -> None:
        super()._attach(began=began)
        self.display.on_stuck = self._note_stuck

    def _note_stuck(self, stuck: bool) -> None:
        self._is_stuck = stuck

    def show(self) -> None:
        """Let the display paint until it rests, or the terminal takes no more."""
        for _ in range(50):
            self.now += 0.35
            said = self.show_once()
            if self._is_stuck or (not said and self.display.is_complete):
                return
        raise AssertionError("the display never comes to rest")

    def show_once(self) -> bytes:
        said = super().show_once()
        self.check_state()
        return said

    def check_state(self) -> None:
        """Hold the machine to what the terminal shows, and the timer to what there is to wait for."""
        machine = self.display._machine
        wakeup = self.display.next_wakeup(now=self.now)
        if self._is_stuck:
            assert wakeup is None, "the terminal wakes us when it takes something again"
        else:
            shows_program = machine.state in (DisplayState.ALTERNATE, DisplayState.RESIZED_BELOW)
            assert self.terminal.screen.is_alternate == shows_program
            assert machine.state is not DisplayState.AWAITED or wakeup is not None

    def stick(self, count: int) -> None:
        self.terminal.takes = count

    def flow(self) -> None:
        self.terminal.takes = None
        if self._is_stuck:
            self.display.write_rest()
        self.show()

    def resize_meanwhile(self, rows: int, columns: int) -> None:
        """Give the window another size, and let the display look at it once."""
        self.lines_arrive()
        self.window.resized(rows, columns)
        self.display.resize(now=self.now)
        self.now += 0.01
        self.show_once()
        self.size_arrives()

    def suspend(self) -> None:
        self.flow()
        super().suspend()

    def fail(self) -> None:
        """Go on as after a fault of ours."""
        self.display.start_over(deep=False)
        self.show()

    def end(self) -> None:
        self.flow()
        self.leave_program()
        self.settle()
        assert self.screen() == self.terminal.screen.texts()
        self.finish()

    def numbers_are_there(self) -> None:
        screen = self.terminal.screen
        self.check_lines([*screen.kept(), *screen.texts()], destroyed=screen.destroyed, spilt=screen.spilt, once=False)


_STEPS = st.one_of(
    st.tuples(st.just("print_lines"), st.lists(st.sampled_from([1, 1, 2, 5]), min_size=1, max_size=12)),
    st.tuples(st.just("frame_arrives")),
    st.tuples(st.just("lines_arrive"), st.integers(1, 9)),
    st.tuples(st.just("lines_arrive")),
    st.tuples(st.just("enter_program")),
    st.tuples(st.just("leave_program")),
    st.tuples(st.just("read")),
    st.tuples(st.just("resize_meanwhile"), st.integers(3, 14), st.sampled_from([20, 25, 30])),
    st.tuples(st.just("suspend")),
    st.tuples(st.just("fail")),
)
_STICKING = st.one_of(st.tuples(st.just("stick"), st.sampled_from([0, 3, 40, 400])), st.tuples(st.just("flow")))

#: Terminals that cut off what a narrower window has no columns for, of rows that come back from the scrollback as well.
_CUTTING = {"xterm"}


def live(session: Session, happenings: Sequence[tuple[object, ...]]) -> None:
    session.print_lines([1] * 60)  # what stood there before the session nobody could feed again
    session.settle()
    for what, *arguments in happenings:
        getattr(session, str(what))(*arguments)
    session.end()


@pytest.mark.slow
@settings(max_examples=100)
@given(st.sampled_from(sorted({*FAMILIES} - _CUTTING)), st.lists(_STEPS, max_size=12))
@example("alacritty", [("enter_program",), ("frame_arrives",), ("suspend",), ("resize_meanwhile", 11, 20)])
@example(
    "alacritty",
    [("enter_program",), ("resize_meanwhile", 3, 20), ("frame_arrives",), ("resize_meanwhile", 4, 25)],
)
def test_no_order_of_happenings_leaves_the_table_or_loses_a_line(
    family: str, happenings: list[tuple[object, ...]]
) -> None:
    session = Session(family)
    live(session, happenings)
    session.numbers_are_there()


@pytest.mark.slow
@settings(max_examples=100)
@given(st.sampled_from(sorted({*FAMILIES} - _CUTTING)), st.lists(st.one_of(_STEPS, _STICKING), max_size=16))
@example("alacritty", [("stick", 0), ("print_lines", [1]), ("frame_arrives",), ("resize_meanwhile", 12, 25)])
@example("alacritty", [("stick", 0), ("resize_meanwhile", 9, 20)])
@example("alacritty", [("stick", 0), ("read",), ("resize_meanwhile", 12, 20)])
@example("tmux", [("stick", 0), ("resize_meanwhile", 9, 20), ("frame_arrives",)])
@example("tmux", [("resize_meanwhile", 9, 20), ("stick", 0), ("frame_arrives",)])
@example(
    "alacritty",
    [("stick", 0), ("print_lines", [1] * 9), ("lines_arrive",), ("frame_arrives",), ("resize_meanwhile", 9, 20)],
)
def test_no_order_loses_a_line_where_the_terminal_gets_stuck_between(
    family: str, happenings: list[tuple[object, ...]]
) -> None:
    session = Session(family)
    live(session, happenings)
    session.numbers_are_there()


def asked_in_vain(family: str) -> Session:
    """Return a session whose terminal got another size and was asked, and has not answered."""
    session = Session(family)
    session.print_lines([1] * 60)
    session.settle()
    session.window.resized(12, _COLUMNS)
    session.display.resize(now=session.now)
    session.window.answers()
    return session


def test_a_terminal_that_hung_up_while_it_was_asked_wakes_nobody() -> None:
    session = asked_in_vain("vte")
    session.display.abandon()
    assert session.display.next_wakeup(now=session.now) is None
    assert session.display.is_complete


def test_a_terminal_that_is_stuck_while_it_is_asked_wakes_nobody() -> None:
    session = asked_in_vain("vte")
    session.stick(0)
    session.display.copy("text")
    assert session.display.next_wakeup(now=session.now) is None


def test_what_the_terminal_was_to_be_asked_before_a_shell_had_it_is_asked_no_more() -> None:
    session = asked_in_vain("tmux")  # which is asked once it can have no other size
    session.finish()
    session.display.give_back()
    session.display.start(now=session.now)
    session.now += 0.5
    session.terminal.taken = b""
    session.show_once()
    assert b"<059>" in session.terminal.taken
    assert b"\x1b[6n" not in session.terminal.taken
