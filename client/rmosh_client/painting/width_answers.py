"""How the user's terminal draws what terminals differ on: signs written unseen in an empty row, and where that ended.

Asked at each start: it takes a few hundred bytes, and an update, a font or another multiplexer may change it.
"""

import re
from collections.abc import Callable
from typing import Final

from rmosh_client.painting.doubt import Doubt, Drawing

#: Signs of each kind, and the columns that programs count for them. Source: glibc 2.36 and 2.43.
_SIGNS: Final[tuple[tuple[Doubt, str, int], ...]] = (
    (Doubt.MARK, "ที่", 1),
    (Doubt.MARK, "か\u3099", 2),
    (Doubt.SPACING_MARK, "नि", 2),
    (Doubt.EXTENDING_MARK, "বা", 2),
    (Doubt.CONJUNCT, "क\u094dष", 2),
    (Doubt.FOLLOWING_VOWEL, "กำ", 2),
    (Doubt.PREPENDED, "\u0600", 1),
    (Doubt.PREPENDED, "\u0d4e", 1),
    (Doubt.SOFT_HYPHEN, "a\u00adb", 3),
    (Doubt.FORMAT, "a\u200bb", 2),
    (Doubt.FORMAT, "a\u2060b", 2),
    (Doubt.JAMO, "\u1100\u1100\u1161", 4),
    (Doubt.VOICED_HALF, "ｶﾞ", 2),
    (Doubt.SELECTOR, "❤\ufe0f", 1),
    (Doubt.TEXT_SELECTOR, "⌚\ufe0e", 2),
    (Doubt.SELECTOR, "1\ufe0f\u20e3", 1),
    (Doubt.JOINED, "👩\u200d💻", 4),
    (Doubt.SKIN_TONE, "👍🏽", 4),
    (Doubt.HALF_FLAG, "🇩", 1),
    (Doubt.POINTING, "☝", 1),
    (Doubt.CIRCLED_NUMBER, "㉈", 2),
    (Doubt.NEWLY_WIDE_AS_ONE, "☰䷀", 2),
    (Doubt.NEWLY_WIDE_AS_TWO, "☰䷀", 4),
)

#: How many columns more the signs above take in terminals that draw their kind wider.
_WIDER: Final = {Doubt.SELECTOR: 1, Doubt.POINTING: 1, Doubt.NEWLY_WIDE_AS_ONE: 2}

#: How many columns more they take in terminals that make them part of the sign before them.
_ABSORBED: Final = {
    **dict.fromkeys((Doubt.SPACING_MARK, Doubt.EXTENDING_MARK, Doubt.CONJUNCT, Doubt.FOLLOWING_VOWEL), -1),
    **dict.fromkeys((Doubt.SOFT_HYPHEN, Doubt.VOICED_HALF), -1),
    **dict.fromkeys((Doubt.JOINED, Doubt.SKIN_TONE), -2),
}

#: The most columns that any terminal takes for one of them, and one more. Source: all eleven that were asked.
_ROOM: Final = 10

#: Concealed, each at the start of the row; and everything as it was. Source: ECMA-48, VT100 manual.
_BEGIN: Final = b"\x1b7\x1b[8m"
_QUESTION: Final = b"\r\x1b[K%b\x1b[6n"
_END: Final = b"\r\x1b[m\x1b[K\x1b8"

#: Where the cursor is, row and column from 1. Source: ECMA-48 CPR.
_ANSWER: Final = re.compile(rb"\x1b\[\d{1,4};(\d{1,4})R")


class WidthAnswers:
    """A topic of the interview, for once, while the row that the cursor is in is empty."""

    def __init__(self, tell: Callable[[Drawing], None], *, columns: Callable[[], int]) -> None:
        """Begin.

        Args:
            tell: takes what was learned.
            columns: how many the terminal has.
        """
        self._tell = tell
        self._columns = columns
        self._asked = 0
        self._drawn: list[int] = []

    def begin(self) -> bytes:
        """Return a question for each sign."""
        self._asked = len(_SIGNS) if self._columns() >= _ROOM else 0
        if not self._asked:
            return b""
        return _BEGIN + b"".join([_QUESTION % sign.encode() for _, sign, _ in _SIGNS]) + _END

    def take(self, answer: bytes) -> bool:
        """Take where one sign ended."""
        match = _ANSWER.fullmatch(answer)
        if match is None or len(self._drawn) == self._asked:
            return False
        self._drawn.append(int(match[1]) - 1)
        return True

    def end(self) -> None:
        """Tell what is sure; nothing where an answer is missing: no one knows which."""
        if not self._drawn or len(self._drawn) != self._asked:
            return
        more: dict[Doubt, set[int]] = {}
        for (kind, _, counted), drawn in zip(_SIGNS, self._drawn, strict=True):
            more.setdefault(kind, set()).add(drawn - counted)
        self._tell(
            Drawing(
                agreed=frozenset(kind for kind, columns in more.items() if columns == {0}),
                wider=frozenset(kind for kind, columns in _WIDER.items() if more[kind] == {columns}),
                absorbed=frozenset(kind for kind, columns in _ABSORBED.items() if more[kind] == {columns}),
            )
        )
