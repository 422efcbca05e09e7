"""The terminal is asked for its colours again at its report, when the focus comes back and in pauses, and only then."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.emulator import Emulator
from rmosh_client.typing.colour_answers import ColourAnswers
from rmosh_client.typing.colour_watch import ColourWatch
from rmosh_client.typing.interview import Interview
from tests.unit.client_ui.client_ui_typing import bytes_of

DARK = {0: 0x000000, 16: 0xD0D0D0, 17: 0x101010}
LIGHT = {0: 0x000000, 16: 0x202020, 17: 0xFAFAFA}


class Terminal:
    """The user's terminal, which answers as ours does; a client that watches it, and the program's colours."""

    def __init__(self, colours: Mapping[int, int], *, reports: bool) -> None:
        self.emulator = Emulator(rows=2, columns=10)
        self.emulator.use_colours(colours)
        self.told: list[Mapping[int, int]] = []
        self.questions = 0
        self.taken: frozenset[int] = frozenset()
        self.interview = Interview()
        answers = ColourAnswers(self.told.append, taken=lambda: self.taken)
        self.watch = ColourWatch(self.interview, answers, ask=self.write, taken=lambda: self.taken, now=0.0)
        self.interview.on_colours_changed = lambda: self.watch.look(now=0.0)
        self.write((b"\x1b[?2031h" if reports else b"") + self.interview.ask((answers,), now=0.0))
        self.type(b"")

    def write(self, data: bytes) -> None:
        self.questions += b"\x1b]11;?" in data
        self.emulator.feed(data)

    def type(self, keys: bytes, *, now: float = 0.0) -> bytes:
        """Return what the client takes for keys of what is typed; whatever it asks then is answered at once."""
        typed = self.interview.sift(self.emulator.take_replies() + keys, now=now)
        if typed:
            self.watch.typed(typed, now=now)
        while answers := self.emulator.take_replies():
            assert self.interview.sift(answers, now=now) == []
        return bytes_of(typed)


def test_the_colours_are_asked_again_when_the_terminal_reports_that_they_changed() -> None:
    terminal = Terminal(DARK, reports=True)
    terminal.emulator.use_colours(LIGHT)
    assert terminal.type(b"ls") == b"ls"
    assert terminal.told == [DARK, LIGHT]


@given(st.integers(1, 8))
def test_a_report_that_comes_in_pieces_is_no_key(cut: int) -> None:
    terminal = Terminal(DARK, reports=False)
    terminal.emulator.use_colours(LIGHT)
    report = b"\x1b[?997;2n"
    assert terminal.type(b"a" + report[: max(cut, 3)]) == b"a"
    assert terminal.type(report[max(cut, 3) :] + b"b") == b"b"
    assert terminal.told == [DARK, LIGHT]


def test_the_colours_are_asked_again_when_the_focus_comes_back() -> None:
    terminal = Terminal(DARK, reports=False)
    terminal.emulator.use_colours(LIGHT)
    assert terminal.type(b"\x1b[O") == b"\x1b[O"
    assert terminal.told == [DARK]
    assert terminal.type(b"\x1b[I") == b"\x1b[I"
    assert terminal.told == [DARK, LIGHT]


def test_the_colours_are_asked_in_a_pause_and_less_and_less_often() -> None:
    terminal = Terminal(DARK, reports=False)
    terminal.emulator.use_colours(LIGHT)
    asked_at = []
    for second in range(3600):
        before = terminal.questions
        terminal.watch.look_in_pauses(now=float(second))
        terminal.type(b"", now=float(second))
        asked_at += [second] if terminal.questions > before else []
    assert asked_at[:6] == [3, 9, 21, 45, 93, 189]
    assert len(asked_at) < 16
    assert terminal.told == [DARK, LIGHT]
    terminal.type(b"x", now=3600.0)
    before = terminal.questions
    terminal.watch.look_in_pauses(now=3602.9)
    assert terminal.questions == before
    terminal.watch.look_in_pauses(now=3603.0)
    assert terminal.questions == before + 1


def test_a_terminal_that_never_told_its_colours_is_left_in_peace() -> None:
    terminal = Terminal({}, reports=False)
    terminal.watch.look_in_pauses(now=1000.0)
    terminal.type(b"\x1b[I")
    assert (terminal.questions, terminal.told) == (1, [])


def test_a_colour_that_a_program_set_is_not_taken_for_the_terminals_own() -> None:
    terminal = Terminal(DARK, reports=False)
    terminal.taken = frozenset({17})
    terminal.emulator.use_colours(LIGHT)
    terminal.emulator.feed(b"\x1b]11;#ff0000\x07")
    terminal.type(b"\x1b[I")
    assert terminal.told[-1] == {**LIGHT, 17: DARK[17]}


def test_nor_is_one_that_it_gave_back_before_the_answer_came() -> None:
    terminal = Terminal(DARK, reports=False)
    terminal.taken = frozenset({17})
    terminal.emulator.feed(b"\x1b]11;#ff0000\x07")
    terminal.watch.look(now=0.0)
    terminal.taken = frozenset()
    terminal.type(b"")
    assert terminal.told == [DARK]


def test_colours_that_are_the_same_are_not_told_again() -> None:
    terminal = Terminal(DARK, reports=False)
    for _ in range(3):
        terminal.type(b"\x1b[I")
    assert terminal.told == [DARK]
    assert terminal.questions == 4
