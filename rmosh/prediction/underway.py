"""Keys under way, the screens that may show them, and the counts of what became of them."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from rmosh.lazy_dataclass import dataclass, field
from rmosh.terminal.cells import Frame

from .guessing import Guess

#: Screens kept to tell what single keys did when several are judged together, in screens. Reason: some more
#: than the keys given to the PTY within the grace. Source: our own choice.
MAX_RECENT: Final = 16

#: Most cells of all these screens together, but for the newest. Reason: 16 of 300x50; a server can make each a new
#: object of 140 bytes. Source: our own choice.
MAX_RECENT_CELLS: Final = 1 << 18

#: Most waits kept, in keys. Reason: a median of the last minutes of typing; 8 KB.
MAX_WAITS: Final = 1000


@dataclass(slots=True)
class PredictionStatistics:
    """What became of the keys so far.

    Attributes:
        keys: keys typed.
        shown_at_once: keys whose effect was painted when they were typed.
        confirmed: keys whose guessed effect came true.
        wrong: keys whose painted effect did not come true.
        wrong_cells: cells painted by those.
        waits: seconds from each of the last keys to word from the host that its program had it.
    """

    keys: int = 0
    shown_at_once: int = 0
    confirmed: int = 0
    wrong: int = 0
    wrong_cells: int = 0
    waits: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_WAITS))

    @property
    def median_wait(self) -> float | None:
        """Their median, the longer of the middle two; None where no key was answered."""
        return sorted(self.waits)[len(self.waits) // 2] if self.waits else None


@dataclass(slots=True)
class KeyUnderWay:
    """A key whose effect has not been seen, with the newest guess about it.

    Attributes:
        typed_at: monotonic seconds.
        judge_at: when a screen without its effect refutes it; None until the PTY is known to have it.
        seen: its effect was painted at some time.
    """

    guess: Guess
    typed_at: float
    judge_at: float | None = None
    seen: bool = False


@dataclass(frozen=True, slots=True)
class RecentScreen:
    """A screen, and how much input the PTY had been given when it was taken."""

    frame: Frame
    input_offset: int


class RecentScreens:
    """The last screen of every input offset, newest last; never empty."""

    def __init__(self, frame: Frame) -> None:
        self._screens: deque[RecentScreen] = deque([RecentScreen(frame, 0)], maxlen=MAX_RECENT)

    @property
    def newest(self) -> RecentScreen:
        return self._screens[-1]

    def add(self, frame: Frame, *, input_offset: int) -> None:
        """Take a newer screen; one of the same offset takes the place of the last."""
        newest = self._screens[-1]
        if input_offset <= newest.input_offset:
            self._screens[-1] = RecentScreen(frame, newest.input_offset)
        else:
            self._screens.append(RecentScreen(frame, input_offset))
        while len(self._screens) > 1 and len(self._screens) * len(frame.rows) * frame.columns > MAX_RECENT_CELLS:
            self._screens.popleft()

    def forget_older(self) -> None:
        """Keep the newest screen only."""
        newest = self.newest
        self._screens.clear()
        self._screens.append(newest)

    def before(self, input_offset: int) -> Frame:
        """Return the last screen taken before the PTY had input up to an offset; else the newest."""
        for screen in reversed(self._screens):
            if screen.input_offset < input_offset:
                return screen.frame
        return self.newest.frame


def text_keys_shown(keys: Sequence[KeyUnderWay], shown: str) -> int:
    """Return how many of the first keys are text that `shown` ends with."""
    text, best = "", 0
    for number, key in enumerate(keys, 1):
        if not key.guess.key.text:
            break
        text += key.guess.key.text
        if shown.endswith(text):
            best = number
    return best
