"""What the user's terminal is asked about itself, and its answers taken out from between the keys. Nobody waits for it.

The questions of a round go out in one piece; the last is one that every terminal answers, the fence: what was not
answered before it never will be. No program ever asks this terminal anything, so while a round is open whatever no key
can be is an answer to us.
"""

import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

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

#: Longest answer in bytes; names and colours take less than 100. Source: our own choice.
LONGEST_ANSWER: Final = 512

#: One whole control string or control sequence. Source: ECMA-48 sections 5.4 and 5.6; OSC may end in BEL.
_SEQUENCE: Final = re.compile(
    rb"\x1b(?:\][^\x07\x1b]{0,%(longest)d}(?:\x07|\x1b\\)|[P_][^\x1b]{0,%(longest)d}\x1b\\"
    rb"|\[[<=>?]?[0-9;:]{0,64}[ -/]{0,2}[@-~])" % {b"longest": LONGEST_ANSWER}
)

#: What a terminal reports unasked, and the beginning of that at the end of what was read: its colours went from dark to
#: light or back. Source: contour, "Dark and light mode detection" (mode 2031).
_COLOURS_CHANGED: Final = re.compile(rb"\x1b\[\?997;[12]n")
_REPORT_BEGUN: Final = re.compile(rb"\x1b\[\?[0-9;]{0,5}\Z")

#: What no key begins with: a control string, or a sequence with a private marker other than the mouse's.
_NO_KEY: Final = re.compile(rb"\x1b(?:[]P_]|\[[=>?])")

#: The beginning of an answer at the end of what was read, longer than any key that a person types.
_BEGUN: Final = re.compile(
    rb"\x1b(?:\][0-9]{1,4}(?:;[^\x07\x1b]{0,%(longest)d})?\x1b?|[P_][0-9!>|G][^\x1b]{0,%(longest)d}\x1b?"
    rb"|\[(?:[=>?][0-9;:]{0,64}[ -/]{0,2}|[0-9][0-9;:]{0,63}))\Z" % {b"longest": LONGEST_ANSWER}
)

#: The same cut shorter, where it could be a key too; taken for an answer when others came with it.
_BARELY_BEGUN: Final = re.compile(rb"\x1b[]P_[]?\Z")


class Topic(Protocol):
    """Something that the terminal is asked about."""

    @property
    def questions(self) -> bytes:
        """What asks; it leaves screen, cursor and rendition as they were."""

    def take(self, answer: bytes) -> bool:
        """Take one control sequence or string that came while a round is open; False where it is no answer to this."""

    def end(self) -> None:
        """All that will be answered was."""


class Interview:
    """Rounds of questions; what was typed passes, answers go to their topics.

    Attributes:
        on_colours_changed: called when the terminal reports that by itself.
        on_first_answer: called when the terminal's first round is over.
    """

    def __init__(self) -> None:
        self.on_colours_changed: Callable[[], None] = _nothing
        self.on_first_answer: Callable[[], None] = _nothing
        self._rounds: deque[Sequence[Topic]] = deque(maxlen=_MOST_ROUNDS)
        self._asked_at = 0.0
        self._was_answered = False
        self._held = b""

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
        return b"".join([topic.questions for topic in topics]) + FENCE

    def sift(self, data: bytes) -> bytes:
        """Return what was typed, without answers; the beginning of one is kept until more comes."""
        data, self._held = self._held + data, b""
        if b"\x1b" not in data:
            return data
        keys, reports = _COLOURS_CHANGED.subn(b"", data)
        if self._rounds:
            keys = _SEQUENCE.sub(self._sift_sequence, keys)
        begun = _REPORT_BEGUN.search(keys)
        if self._rounds:
            begun = _BEGUN.search(keys) or (_BARELY_BEGUN.search(keys) if keys != data else None)
        if begun is not None:
            self._held = begun[0]
            keys = keys[: begun.start()]
        if reports:
            self.on_colours_changed()
        return keys

    def _sift_sequence(self, match: re.Match[bytes]) -> bytes:
        sequence = match[0]
        if not self._rounds:
            return sequence
        if _FENCE_ANSWER.fullmatch(sequence):
            for topic in self._rounds.popleft():
                topic.end()
            if not self._was_answered:
                self._was_answered = True
                self.on_first_answer()
            return b""
        is_taken = any(topic.take(sequence) for topics in self._rounds for topic in topics)
        return b"" if is_taken or _NO_KEY.match(sequence) else sequence


def _nothing() -> None:
    """Nobody wants to know."""
