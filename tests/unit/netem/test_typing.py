"""What is typed is seeded and fits its screen; what is shown, and when, is read off recorded screens."""

from collections.abc import Callable
from typing import cast

import pyte
import pytest

from rmosh_netem.bench.pty_session import PtySession
from rmosh_netem.bench.typing import TypingResult, type_plan
from rmosh_netem.bench.typing_plans import Keystroke, TypingPlan, echoed_lines, plain_letters, shell_lines

PLANS = [
    plain_letters(150, seed=4),
    shell_lines(150, seed=4, prompt="bench$ "),
    echoed_lines(150, seed=4),
]


@pytest.mark.parametrize("plan", PLANS)
def test_every_measured_key_is_in_its_cell_of_the_final_screen(plan: TypingPlan) -> None:
    measured = [(key.row, key.column, key.data.decode()) for key in plan.keys if key.row is not None]
    assert len(measured) >= 100
    assert all(plan.final[row][column] == letter for row, column, letter in measured)


@pytest.mark.parametrize("plan", PLANS)
def test_no_two_keys_share_a_cell(plan: TypingPlan) -> None:
    cells = [(key.row, key.column) for key in plan.keys if key.row is not None]
    assert len(cells) == len(set(cells))


@pytest.mark.parametrize("plan", PLANS)
def test_plans_fit_the_typing_screen(plan: TypingPlan) -> None:
    assert len(plan.final) <= 48
    assert all(len(row) <= 79 for row in plan.final)


def test_plans_depend_on_their_seed_only() -> None:
    assert shell_lines(50, seed=1, prompt="$ ") == shell_lines(50, seed=1, prompt="$ ")
    assert shell_lines(50, seed=1, prompt="$ ") != shell_lines(50, seed=2, prompt="$ ")


class RecordedSession:
    """Keys are pressed at given times; output is shown as recorded."""

    def __init__(self, presses: list[float], output: list[tuple[float, str]]) -> None:
        self.screen = pyte.Screen(80, 24)
        self._presses = iter(presses)
        self._output = output

    def record_until(self, when: float) -> None:
        pass

    def type(self, keys: bytes) -> float:
        return next(self._presses)

    def watch(self, look: Callable[..., object], *, timeout: int) -> float | None:
        stream = pyte.Stream(self.screen)
        for when, text in self._output:
            stream.feed(text)
            if look(when, self.screen):
                return when
        return None


def typed_in(session: RecordedSession) -> TypingResult:
    return type_plan(cast(PtySession, session), two_keys(), patience=1)


def two_keys() -> TypingPlan:
    return TypingPlan((Keystroke(b"a", 0.0, 0, 0), Keystroke(b"b", 0.0, 0, 1)), ("ab",))


def test_a_key_is_shown_when_its_cell_first_holds_it() -> None:
    typed = typed_in(RecordedSession([1.0, 2.0], [(1.2, "a"), (2.5, "b")]))
    assert typed.shown == pytest.approx([0.2, 0.5])
    assert typed.wrong_cells == 0


def test_a_key_that_was_on_the_screen_before_it_was_pressed_counts_from_its_press() -> None:
    typed = typed_in(RecordedSession([1.0, 2.0], [(1.2, "ab"), (2.1, "\rab")]))
    assert typed.shown == pytest.approx([0.2, 0.1])


def test_a_key_that_never_shows_is_none() -> None:
    typed = typed_in(RecordedSession([1.0, 2.0], [(1.2, "a")]))
    assert typed.shown == [pytest.approx(0.2), None]


def test_a_wrong_guess_counts_its_cell_once_though_it_goes_away() -> None:
    output = [(1.2, "ax"), (1.3, "\rax"), (2.5, "\rab")]
    typed = typed_in(RecordedSession([1.0, 2.0], output))
    assert typed.shown == pytest.approx([0.2, 0.5])
    assert typed.wrong_cells == 1
