"""Questions whether a key may be used: one at a time before the user, and each is answered no after a while."""

from collections.abc import Callable
from typing import Final, Protocol

from rmosh.lazy_dataclass import dataclass

#: How long a question waits for the user, in seconds. Reason: the program that asks waits as well, and somebody who is
#: not there must not find a row of old ones.
QUESTION_PATIENCE: Final = 30.0

#: Most questions that wait; further ones are answered no. Reason: a program may ask a thousand times.
_MOST: Final = 8


class QuestionAlarms(Protocol):
    """Where a moment is waited for; `ready_set.py` has it."""

    def call_at(self, owner: object, moment: float, action: Callable[[], None]) -> None: ...
    def call_off(self, owner: object) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class KeyQuestion:
    """One of them, and who is told what was answered."""

    words: str
    then: Callable[[bool], None]


class Questions:
    """All of a session."""

    def __init__(self, show: Callable[[str], None], alarms: QuestionAlarms, *, clock: Callable[[], float]) -> None:
        """Begin with none.

        Args:
            show: puts a question before the user instead of any other; "" for none any more.
            clock: monotonic seconds.
        """
        self._put = show
        self._alarms = alarms
        self._clock = clock
        self._waiting: list[KeyQuestion] = []

    def ask(self, words: str, then: Callable[[bool], None]) -> KeyQuestion:
        """Ask; `then` is told what was answered, once, unless the question is withdrawn."""
        question = KeyQuestion(words, then)
        if len(self._waiting) >= _MOST:
            then(False)
            return question
        self._waiting.append(question)
        if len(self._waiting) == 1:
            self._show()
        return question

    def withdraw(self, question: KeyQuestion) -> None:
        """Nobody waits for an answer any more."""
        if question in self._waiting:
            was_shown = self._waiting[0] is question
            self._waiting.remove(question)
            if was_shown:
                self._show()

    def answer(self, *, allowed: bool) -> bool:
        """Hear the user's answer to what is shown; return whether anything was asked."""
        if not self._waiting:
            return False
        question = self._waiting.pop(0)
        self._show()
        question.then(allowed)
        return True

    def _give_up(self) -> None:
        self.answer(allowed=False)

    def _show(self) -> None:
        self._alarms.call_off(self)
        if self._waiting:
            self._alarms.call_at(self, self._clock() + QUESTION_PATIENCE, self._give_up)
        self._put(self._waiting[0].words if self._waiting else "")
