"""What stands for a predictor where nobody wants guesses: it counts keys and how long they wait."""

from collections import deque
from typing import Final

from rmosh.terminal.cells import Frame

from .keys import KeyReader
from .painting import PredictMode
from .predictor import PASTE
from .underway import PredictionStatistics

#: Most keys counted that no answer covers yet. Reason: bounds memory on a link that is down; far above what is typed.
_MOST_WAITING: Final = 400


class KeysUnguessed:
    """The same verbs as a `Predictor`'s; nothing is guessed."""

    mode: Final = PredictMode.NEVER
    painting: Final = False

    def __init__(self) -> None:
        self.statistics = PredictionStatistics()
        self._reader = KeyReader()
        self._waiting: deque[tuple[int, float]] = deque(maxlen=_MOST_WAITING)

    def typed(self, data: bytes, *, input_offset: int, now: float) -> None:
        """Take note of when keys were typed; `input_offset` is their end's."""
        ends = [input_offset]
        if len(data) <= PASTE:
            ends = [key.end for key in self._reader.read(data, end=input_offset, now=now)[0]]
        self.statistics.keys += len(ends)
        self._waiting += [(end, now) for end in ends]

    def screen_changed(self, frame: Frame, *, input_offset: int, now: float) -> None:
        """Take note of which keys a screen answers."""
        self._answered(input_offset, now)

    def echo_advanced(self, *, input_offset: int, age: float, now: float) -> None:
        """Take word that the PTY had input up to an offset."""
        self._answered(input_offset, now)

    def _answered(self, input_offset: int, now: float) -> None:
        while self._waiting and self._waiting[0][0] <= input_offset:
            self.statistics.waits.append(now - self._waiting.popleft()[1])

    def link(self, *, srtt: float) -> None:
        """Need no round-trip time."""

    def tick(self, *, now: float) -> None:
        """Wait for nothing."""

    def next_wakeup(self) -> float | None:
        """Return None: nothing is ever due."""
        return None
