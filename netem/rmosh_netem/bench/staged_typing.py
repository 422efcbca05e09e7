"""Types into a program that edits, and finds when each key's effect was on the screen, cursor included.

What each key must do is learnt first: the same keys are typed slowly into the same program in a terminal of this
machine, without tool and link. A key counts as shown when the screen is as it was then after this key or a later
one. A cell is wrong when it shows what it showed after none of the keys that are on their way.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import pyte

from .pty_session import PtySession
from .typing_plans import Keystroke

#: Seconds without output after which a program here has done what a key asks for; vim waits 10 ms after an Escape.
_SETTLED: Final = 0.05

#: Seconds in which it must have.
_REHEARSAL_PATIENCE: Final = 3.0


class ShownText(NamedTuple):
    """What a terminal shows: its rows of text, one entry a cell, and the cursor's 0-based row and column."""

    rows: tuple[tuple[str, ...], ...]
    cursor: tuple[int, int]


@dataclass(slots=True)
class Staged:
    """What came of the keys.

    Attributes:
        pressed: seconds from the first key to each measured one.
        shown: seconds from each measured key to its effect; None where it never showed.
        wrong_cells: times that a cell became wrong.
        wrong_at_end: cells that differ from the rehearsal's in the end, in character, colour or style.
    """

    pressed: list[float]
    shown: list[float | None]
    wrong_cells: int
    wrong_at_end: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the screen shows before the first key and after each, and all of its cells in the end."""

    stages: tuple[ShownText, ...]
    cells: tuple[tuple[pyte.screens.Char, ...], ...]


def rehearse(session: PtySession, keys: Sequence[Keystroke]) -> Rehearsal:
    """Type keys into a program that is ready, each after the effect of the one before."""
    _settle(session)
    stages = [stage_of(session.screen)]
    for key in keys:
        session.type(key.data)
        _settle(session)
        stages.append(stage_of(session.screen))
    return Rehearsal(tuple(stages), cells_of(session.screen))


def type_staged(session: PtySession, keys: Sequence[Keystroke], rehearsal: Rehearsal, *, patience: float) -> Staged:
    """Type keys at their own pace, then wait up to `patience` seconds for the last to show."""
    session.watch(lambda when, screen: False, timeout=0)  # what came before the first key is not looked at
    presses: list[float] = []
    when = time.monotonic()
    for key in keys:
        when += key.gap
        session.record_until(when)
        presses.append(session.type(key.data))
    watch = _Watch(rehearsal.stages, presses)
    session.watch(watch.look, timeout=patience)
    session.record_until(time.monotonic() + _SETTLED)
    session.watch(lambda when, screen: False, timeout=0)
    measured = [number for number in range(len(keys)) if rehearsal.stages[number + 1] != rehearsal.stages[number]]
    return Staged(
        pressed=[presses[number] - presses[0] for number in measured],
        shown=[watch.shown.get(number) for number in measured],
        wrong_cells=watch.wrong_cells,
        wrong_at_end=count_differences(rehearsal.cells, cells_of(session.screen)),
    )


def stage_of(screen: pyte.Screen) -> ShownText:
    """Return what a screen shows."""
    rows = tuple(
        tuple(screen.buffer[row][column].data for column in range(screen.columns)) for row in range(screen.lines)
    )
    return ShownText(rows, (screen.cursor.y, min(screen.cursor.x, screen.columns - 1)))


def cells_of(screen: pyte.Screen) -> tuple[tuple[pyte.screens.Char, ...], ...]:
    """Return a screen's cells, rows x columns."""
    return tuple(tuple(screen.buffer[row][column] for column in range(screen.columns)) for row in range(screen.lines))


def count_differences(
    wanted: Sequence[Sequence[pyte.screens.Char]], shown: Sequence[Sequence[pyte.screens.Char]]
) -> int:
    """Return the number of cells that differ."""
    pairs = (pair for rows in zip(wanted, shown, strict=True) for pair in zip(*rows, strict=True))
    return sum(one != other for one, other in pairs)


def _settle(session: PtySession) -> None:
    session.record_until(time.monotonic() + _SETTLED)
    session.record_until_quiet(quiet=_SETTLED, at_most=_REHEARSAL_PATIENCE)
    session.watch(lambda when, screen: False, timeout=0)


@dataclass(slots=True)
class _Watch:
    """Looks at each state of the screen: the newest stage that it is, or the cells that are wrong."""

    stages: Sequence[ShownText]
    presses: Sequence[float]
    shown: dict[int, float] = field(default_factory=dict)
    wrong_cells: int = 0
    stage: int = 0
    wrong_now: set[tuple[int, int]] = field(default_factory=set)

    def look(self, when: float, screen: pyte.Screen) -> bool:
        """Note what this screen shows; say whether it is the final stage, and all keys have been typed."""
        now = stage_of(screen)
        typed = sum(press <= when for press in self.presses)
        for number in range(typed, self.stage - 1, -1):
            if self.stages[number] == now:
                self._reach(number, when)
                self.wrong_now.clear()
                return self.stage == len(self.presses)
        self._find_wrong(now, typed)
        return False

    def _reach(self, number: int, when: float) -> None:
        for key in range(self.stage, number):
            self.shown[key] = when - self.presses[key]
        self.stage = number

    def _find_wrong(self, now: ShownText, typed: int) -> None:
        wrong = set()
        under_way = self.stages[self.stage : typed + 1]
        for row, cells in enumerate(now.rows):
            if any(stage.rows[row] == cells for stage in under_way):
                continue
            for column, cell in enumerate(cells):
                if all(stage.rows[row][column] != cell for stage in under_way):
                    wrong.add((row, column))
        self.wrong_cells += len(wrong - self.wrong_now)
        self.wrong_now = wrong
