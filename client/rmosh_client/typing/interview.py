"""What the user's terminal is asked about itself, and its answers taken out from between the keys. Nobody waits for it.

The questions of a round go out in one piece; the last is one that every terminal answers, the fence: what was not
answered before it never will be. No program ever asks this terminal anything, so while a round is open whatever no key
can be is an answer to us.
"""

import math
import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, Protocol

from rmosh.terminal_input import JOIN, Expecting, InputToken, InputTokenizer, TokenKind

#: The last question of a round, and its answer: primary device attributes. Source: VT510 manual, DA1.
FENCE: Final = b"\x1b[c"
_FENCE_ANSWER: Final = re.compile(rb"\x1b\[\?[0-9;]*c")

#: Seconds after a question for which its answer is worth waiting, as a shell would else take it for keys: of a terminal
#: that has never answered, from the first question on, and of one that has. Reason: the slowest way to a terminal has a
#: round trip or two; one that never answers must not hold up the end of each session.
_PATIENCE_WITH_A_STRANGER: Final = 1.5
_PATIENCE: Final = 2.0

#: Most rounds that are open at once; of a terminal that never answers the oldest are forgotten.
_MOST_ROUNDS: Final = 8

#: What a terminal reports unasked: its colours went from dark to light or back. Source: contour, "Dark and light mode
#: detection" (mode 2031).
_COLOURS_CHANGED: Final = re.compile(rb"\x1b\[\?997;[12]n")


class Topic(Protocol):
    """Something that the terminal is asked about."""

    def begin(self) -> bytes:
        """Begin a round; return what asks: it leaves screen, cursor and rendition as they were."""

    def take(self, answer: bytes) -> bool:
        """Take one control sequence or string that came while a round is open; False where it is no answer to this."""

    def end(self) -> None:
        """All that will be answered was."""


class Interview:
    """Rounds of questions, and the one reader of what the terminal sends: answers go to their topics, the rest passes.

    Attributes:
        on_colours_changed: called when the terminal reports that by itself.
        on_first_answer: called when the terminal's first round is over.
        keys_may_wait: there is nobody yet to whom keys go, so that even Escape waits for what may follow it.
    """

    def __init__(self, keys: Collection[bytes] = ()) -> None:
        """Begin with nothing asked.

        Args:
            keys: what this terminal sends for keys that xterm has otherwise.
        """
        self.on_colours_changed: Callable[[], None] = _nothing
        self.on_first_answer: Callable[[], None] = _nothing
        self.keys_may_wait = False
        self._rounds: deque[Sequence[Topic]] = deque(maxlen=_MOST_ROUNDS)
        self._asked_at = 0.0
        self._was_answered = False
        self._answered_at = -math.inf
        self._tokenizer = InputTokenizer(keys)

    @property
    def held(self) -> bytes:
        """What came, and may be an answer or a key when more comes."""
        return self._tokenizer.held

    @property
    def due_by(self) -> float | None:
        """Until when answers are worth waiting for; None where none is to come."""
        patience = _PATIENCE if self._was_answered else _PATIENCE_WITH_A_STRANGER
        return self._asked_at + patience if self._rounds else None

    @property
    def is_unanswered(self) -> bool:
        """Whether something was asked, and nothing ever answered."""
        return bool(self._rounds) and not self._was_answered

    def ask(self, topics: Sequence[Topic], *, now: float) -> bytes:
        """Begin a round; return what is to be written to the terminal."""
        if self._was_answered or not self._rounds:
            self._asked_at = now
        self._rounds.append(topics)
        return b"".join([topic.begin() for topic in topics]) + FENCE

    def sift(self, untrusted: bytes, *, now: float) -> list[InputToken]:
        """Return what was typed, without answers."""
        return self._without_answers(
            self._tokenizer.feed(untrusted, now=now, expecting=lambda: self._expecting(now)), now=now
        )

    def let_go(self, *, now: float) -> list[InputToken]:
        """Return what was held back for long enough."""
        return self._without_answers(self._tokenizer.let_go(now=now), now=now)

    def next_wakeup(self) -> float | None:
        """Return when to `let_go`, monotonic seconds; None where nothing is held back."""
        return self._tokenizer.next_wakeup()

    def forget(self) -> None:
        """Take note that somebody else has what was held back."""
        self._tokenizer.forget()

    def resume(self, *, now: float) -> None:
        """Take note that nothing was read for a while because nobody wanted to read."""
        self._tokenizer.resume(now=now)

    def _expecting(self, now: float) -> Expecting:
        if not self._rounds:
            return Expecting.NOTHING
        is_likely = self.keys_may_wait or now - self._answered_at < JOIN
        return Expecting.MORE_ANSWERS if is_likely else Expecting.ANSWERS

    def _without_answers(self, tokens: Iterable[InputToken], *, now: float) -> list[InputToken]:
        typed: list[InputToken] = []
        have_changed = False
        for token in tokens:  # what is expected after each depends on it
            if _COLOURS_CHANGED.fullmatch(token.whole):
                have_changed = True
            elif not self._take(token, now):
                typed.append(token)
        if have_changed:
            self.on_colours_changed()
        return typed

    def _take(self, token: InputToken, now: float) -> bool:
        """Take an answer; return whether it was one."""
        if not self._rounds or token.kind not in (TokenKind.KEY, TokenKind.ANSWER):
            return False
        if _FENCE_ANSWER.fullmatch(token.whole):
            self._end_round()
        elif not self._is_taken(token.whole) and token.kind is not TokenKind.ANSWER:
            return False
        self._answered_at = now
        return True

    def _is_taken(self, answer: bytes) -> bool:
        return any(topic.take(answer) for topics in self._rounds for topic in topics)

    def _end_round(self) -> None:
        for topic in self._rounds.popleft():
            topic.end()
        if not self._was_answered:
            self._was_answered = True
            self.on_first_answer()


def _nothing() -> None:
    """Nobody wants to know."""
