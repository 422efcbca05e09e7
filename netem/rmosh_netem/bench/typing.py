"""Types a plan into a session and finds when each key was shown, and what was shown wrongly."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyte

from .pty_session import PtySession
from .typing_plans import Keystroke, TypingPlan

#: Seconds that output after the last key's may still take, such as a prompt's.
_SETTLED: Final = 0.3


@dataclass(slots=True)
class TypingResult:
    """What came of a plan.

    Attributes:
        presses: when each measured key was pressed, monotonic seconds, in the order typed.
        shown: seconds from each measured key to its cell's character on the screen, in the same order; None where
            it never showed.
        wrong_cells: cells that at some time showed a character that was not theirs.
        wrong_at_end: cells of the whole screen that do so in the end.
    """

    presses: list[float]
    shown: list[float | None]
    wrong_cells: int
    wrong_at_end: int


@dataclass(slots=True)
class _Watch:
    """Looks at each state of the screen for keys shown and cells gone wrong."""

    plan: TypingPlan
    pressed: list[tuple[Keystroke, float]]
    shown: dict[Keystroke, float] = field(default_factory=dict)
    wrong: set[tuple[int, int]] = field(default_factory=set)

    def look(self, when: float, screen: pyte.Screen) -> bool:
        """Note what this screen shows; say whether it is the final one."""
        for key, press in self.pressed:
            if key not in self.shown and press <= when and _character(screen, key) == key.data.decode():
                self.shown[key] = when - press
        for row in screen.dirty:
            self._find_wrong(row, screen)
        screen.dirty.clear()
        return len(self.shown) == len(self.pressed)

    def _find_wrong(self, row: int, screen: pyte.Screen) -> None:
        final = self.plan.final[row] if row < len(self.plan.final) else ""
        for column, cell in screen.buffer[row].items():
            wanted = final[column] if column < len(final) else " "
            if cell.data not in (" ", wanted):
                self.wrong.add((row, column))


def type_plan(
    session: PtySession,
    plan: TypingPlan,
    *,
    patience: float,
    before_key: Callable[[int], object] | None = None,
) -> TypingResult:
    """Type a plan at its own pace, then wait up to `patience` seconds for the last keys to show.

    Just before each key `before_key` is called with the key's number, from 0.
    """
    pressed: list[tuple[Keystroke, float]] = []
    session.screen.dirty.clear()
    when = time.monotonic()
    for number, key in enumerate(plan.keys):
        when += key.gap
        session.record_until(when)
        if before_key is not None:
            before_key(number)
        press = session.type(key.data)
        if key.row is not None:
            pressed.append((key, press))
    watch = _Watch(plan, pressed)
    session.watch(watch.look, timeout=patience)
    session.record_until(time.monotonic() + _SETTLED)
    session.watch(lambda when, screen: False, timeout=0)
    return TypingResult(
        presses=[press for _, press in pressed],
        shown=[watch.shown.get(key) for key, _ in pressed],
        wrong_cells=len(watch.wrong),
        wrong_at_end=_count_wrong(session.screen, plan.final),
    )


def _count_wrong(screen: pyte.Screen, final: Sequence[str]) -> int:
    wanted = [row.ljust(screen.columns) for row in final] + [" " * screen.columns] * (screen.lines - len(final))
    pairs = (pair for rows in zip(wanted, screen.display, strict=True) for pair in zip(*rows, strict=False))
    return sum(one != other for one, other in pairs)


def _character(screen: pyte.Screen, key: Keystroke) -> str:
    assert key.row is not None
    return screen.buffer[key.row][key.column].data
