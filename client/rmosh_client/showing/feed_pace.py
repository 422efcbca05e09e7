"""How many lines the user's scrollback gets at once: as many as its terminal takes within a moment.

Sans-IO. What is typed or shown waits for no more than that; a slow terminal is fed as few as ever.
"""

from typing import Final

#: Lines fed at once to begin with, and to a slow terminal. Reason: some kB, 50 ms for one that takes 100 kB/s.
FEWEST_LINES: Final = 50

#: Most lines fed at once. Reason: 10 ms of work for us.
MOST_LINES: Final = 1000

#: Seconds that a terminal which takes no more at once may need for one feed. Reason: a key that is pressed meanwhile
#: waits for it unnoticed.
_FEED_TIME: Final = 0.020

#: By how much the number grows at most. Reason: a terminal buffers some kB, so that a small feed tells little.
_GROWTH: Final = 2


class FeedPace:
    """Measures how long a feed keeps the terminal busy.

    Attributes:
        lines: how many to feed next.
    """

    def __init__(self) -> None:
        self.lines = FEWEST_LINES
        self._fed = 0
        self._began = 0.0

    def begin(self, lines: int, *, now: float) -> None:
        """Take note that lines are fed; few tell nothing of many."""
        self._fed, self._began = lines if lines > self.lines // 2 else 0, now

    def end(self, *, at_once: bool, now: float) -> None:
        """Take note that the terminal has taken everything.

        Args:
            at_once: it did as soon as it was written. What else kept us from looking is not its fault then.
        """
        if self._fed:
            took = now - self._began
            grown = self._fed * _GROWTH
            fitting = grown if at_once or took <= 0 else min(grown, round(self._fed * _FEED_TIME / took))
            self.lines = min(MOST_LINES, max(FEWEST_LINES, fitting))
            self._fed = 0
