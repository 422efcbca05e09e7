"""Questions that nothing has answered since the last answer, and how many of them are enough to doubt a path.

On a path that loses much, one or two without an answer are nothing but chance. What is open is said again and again, so
where no more is asked for a while no answer is missed, whatever became of the last copies.
"""

import math
from collections import deque

from rmosh.transport.policy import COPIES_ABOVE_LOSS, COPY_GAP, MOST_UNANSWERED, UNANSWERED_CHANCE


def unanswered_for(loss: float) -> int:
    """Return how many without an answer are more than chance, at a loss of 0 to 1 each way; 1 on a clean path."""
    if loss <= COPIES_ABOVE_LOSS:
        return 1
    unanswered = min(0.9, 1 - (1 - loss) ** 2)
    return min(MOST_UNANSWERED, math.ceil(math.log(UNANSWERED_CHANCE) / math.log(unanswered)))


class UnansweredQuestions:
    """When they were asked."""

    def __init__(self) -> None:
        self._asked: deque[float] = deque()
        self._asked_at = self._answered_at = 0.0
        self._lacks_end = False

    def asked(self, sent_at: float, *, rest: float) -> None:
        """Take note of a question; those asked at once are answered at once, if at all, and count as one.

        Args:
            rest: seconds for which no other is asked only where no answer is missed.
        """
        if sent_at > self._asked_at + rest:
            self._asked.clear()
        self._asked_at = sent_at
        is_another = not self._asked or sent_at > self._asked[-1] + COPY_GAP / 2
        if is_another and len(self._asked) < MOST_UNANSWERED:
            self._asked.append(sent_at)

    def answered(self, sent_at: float, *, lacks_end: bool = False, now: float) -> None:
        """Take note that what was asked at a moment is answered: what was asked before is lost or on its way.

        Args:
            lacks_end: so much of what left then is not answered yet that this is no chance, if it stays so.
        """
        self._answered_at, self._lacks_end = now, lacks_end
        while self._asked and self._asked[0] <= sent_at:
            self._asked.popleft()

    def overdue_at(self, count: int, *, patience: float, rest: float) -> float | None:
        """Return when so many of them have waited for too long, in monotonic seconds; None where they have not.

        Args:
            patience: how long one may wait, in seconds.
            rest: as above.
        """
        if self._lacks_end:
            return self._answered_at + patience
        if len(self._asked) < count:
            return None
        overdue_at = max(self._asked[count - 1], self._answered_at) + patience
        return overdue_at if overdue_at <= self._asked_at + rest else None
