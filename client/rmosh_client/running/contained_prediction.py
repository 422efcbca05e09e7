"""Prediction behind a wall: one that fails is replaced, and keys go on without guesses meanwhile."""

from collections.abc import Callable

from rmosh.containment import Containment
from rmosh.prediction import PredictionStatistics, PredictMode, Predictor
from rmosh.terminal.cells import Frame, blank_frame


class ContainedPredictor:
    """What the client asks of a `Predictor`; see there."""

    def __init__(self, make: Callable[[], Predictor], walls: Containment) -> None:
        self._make = make
        self._inside = make()
        self._wished = self._inside.mode
        self._frame = blank_frame(rows=1, columns=1)
        self._part = walls.part("prediction", reset=lambda _: self._replace())

    def _replace(self) -> None:
        mode, self._inside = self._inside.mode, self._make()
        self._inside.mode = mode

    def switch(self) -> bool:
        """Show no more guesses, or show them again; return whether they are shown, where the link needs it."""
        never = PredictMode.NEVER
        on = PredictMode.ADAPTIVE if self._wished is never else self._wished
        self._inside.mode = on if self._inside.mode is never else never
        return self._inside.mode is not never

    def typed(self, data: bytes, *, input_offset: int, now: float) -> None:
        """Take bytes the user typed."""
        self._part.run(None, self._inside.typed, data, input_offset=input_offset, now=now)

    def screen_changed(self, frame: Frame, *, input_offset: int, now: float) -> None:
        """Take the newest screen."""
        self._frame = frame
        self._part.run(None, self._inside.screen_changed, frame, input_offset=input_offset, now=now)

    def echo_advanced(self, *, input_offset: int, age: float, now: float) -> None:
        """Take word that the PTY had input up to an offset."""
        self._part.run(None, self._inside.echo_advanced, input_offset=input_offset, age=age, now=now)

    def link(self, *, srtt: float) -> None:
        """Take the smoothed round-trip time, seconds."""
        self._part.run(None, self._inside.link, srtt=srtt)

    def next_wakeup(self) -> float | None:
        """Return when `tick` is due, monotonic seconds; None when nothing is."""
        return self._part.run(None, self._inside.next_wakeup)

    def tick(self, *, now: float) -> None:
        """Let time pass."""
        self._part.run(None, self._inside.tick, now=now)

    @property
    def painting(self) -> bool:
        """Whether guesses are painted at present."""
        return self._part.run(False, lambda: self._inside.painting)

    @property
    def statistics(self) -> PredictionStatistics:
        """Its figures, from 0 again where it was replaced."""
        return self._inside.statistics

    def overlay(self, frame: Frame | None = None) -> Frame:
        """Return what to paint; the screen itself where guesses fail."""
        bare = self._frame if frame is None else frame
        return self._part.run(bare, self._inside.overlay, frame)
