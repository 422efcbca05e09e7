"""Prediction behind a wall: one that fails is replaced, and keys go on without guesses meanwhile.

Who sees no guesses waits for none: while none are painted, the predictor hears of keys and screens once they are sent
and shown. Where none are wished there is no predictor at all.
"""

from collections.abc import Callable

from rmosh.containment import Containment
from rmosh.prediction import KeysUnguessed, PredictionStatistics, PredictMode, Predictor
from rmosh.terminal.cells import Frame, blank_frame


class ContainedPredictor:
    """What the client asks of a `Predictor`; see there."""

    def __init__(self, mode: PredictMode, walls: Containment) -> None:
        self._wished = mode
        self._inside: Predictor | KeysUnguessed = _made(mode)
        self._frame = blank_frame(rows=1, columns=1)
        self._untold: list[Callable[[], None]] = []
        self._part = walls.part("prediction", reset=lambda _: self._replace())

    def _replace(self) -> None:
        self._inside = _made(self._inside.mode)

    def switch(self) -> bool:
        """Show no more guesses, or show them again; return whether they are shown, where the link needs it."""
        self._tell()
        on = PredictMode.ADAPTIVE if self._wished is PredictMode.NEVER else self._wished
        if isinstance(self._inside, KeysUnguessed):
            self._inside = Predictor(on)
        else:  # one that is off for a while goes on learning
            self._inside.mode = on if self._inside.mode is PredictMode.NEVER else PredictMode.NEVER
        return self._inside.mode is not PredictMode.NEVER

    # --- what happens ----------------------------------------------------------------------------------------

    def typed(self, data: bytes, *, input_offset: int, now: float) -> None:
        """Take bytes the user typed."""
        self._take(lambda: self._inside.typed(data, input_offset=input_offset, now=now))

    def screen_changed(self, frame: Frame, *, input_offset: int, now: float) -> None:
        """Take the newest screen."""
        self._frame = frame
        self._take(lambda: self._inside.screen_changed(frame, input_offset=input_offset, now=now))

    def echo_advanced(self, *, input_offset: int, age: float, now: float) -> None:
        """Take word that the PTY had input up to an offset."""
        self._take(lambda: self._inside.echo_advanced(input_offset=input_offset, age=age, now=now))

    def _take(self, tell: Callable[[], None]) -> None:
        self._untold.append(tell)
        if self.painting:
            self._tell()

    def _tell(self) -> None:
        if self._untold:
            untold, self._untold = self._untold, []
            for tell in untold:
                self._part.run(None, tell)

    def follow(self, *, srtt: float | None, now: float) -> None:
        """Think about all that happened, and let time pass.

        Args:
            srtt: the smoothed round-trip time, seconds; None where it was not measured.
        """
        self._tell()
        self._part.run(None, self._pass_time, srtt, now)

    def _pass_time(self, srtt: float | None, now: float) -> None:
        if srtt is not None:
            self._inside.link(srtt=srtt)
        self._inside.tick(now=now)

    # --- what comes of it ------------------------------------------------------------------------------------

    def next_wakeup(self) -> float | None:
        """Return when to `follow` without another reason, monotonic seconds; None when nothing is due."""
        return self._part.run(None, self._inside.next_wakeup)

    @property
    def painting(self) -> bool:
        """Whether guesses are painted at present."""
        return self._inside.painting

    @property
    def statistics(self) -> PredictionStatistics:
        """Its figures, from 0 again where it was replaced."""
        return self._inside.statistics

    def overlay(self, frame: Frame | None = None) -> Frame:
        """Return what to paint; the screen itself where guesses fail, or none are painted."""
        bare = self._frame if frame is None else frame
        if isinstance(self._inside, KeysUnguessed) or not self.painting:
            return bare
        return self._part.run(bare, self._inside.overlay, frame)


def _made(mode: PredictMode) -> Predictor | KeysUnguessed:
    return KeysUnguessed() if mode is PredictMode.NEVER else Predictor(mode)
