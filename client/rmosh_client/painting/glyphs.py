"""A cell's text on its way to the terminal: nothing that a peer sent may act on it, and what is in question is known.

A row's kinds are bytes, one a column, so that all of them are found, counted and marked at once.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.width import char_width
from rmosh_client.painting.doubt import stands_alone
from rmosh_client.plain_text import cleaned


@dataclass(frozen=True, slots=True)
class Glyph:
    """A cell's text, ready to be written.

    Attributes:
        sure: every terminal draws it in the columns that programs count, whatever stands beside it.
    """

    data: bytes
    sure: bool


@lru_cache(maxsize=8192)
def glyph(text: str) -> Glyph:
    """Return how to write a cell's text; a mark that a peer sent without its character gets a blank."""
    shown = cleaned(text if char_width(text) else f" {text}")
    return Glyph(shown.encode("utf-8"), shown == text and stands_alone(text))


#: Of no use by itself: the right half of nothing, a wide sign without one, and what is doubtful.
_ODD_HALF, _ODD_WIDE, _DOUBTFUL = 0, 1, 2

#: Sure: signs of one column, signs of two columns and their right halves.
_NARROW, _WIDE, _RIGHT_HALF = 3, 4, 5


#: Most texts whose kind is remembered. Reason: more than any language's; what a peer sends must not stay.
_MOST_REMEMBERED: Final = 8192


class _Remembered(dict[str, int]):
    """Kinds by texts, found as they are asked for: half the time that a cached function takes for each of them."""

    def __missing__(self, text: str) -> int:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        kind = self[text] = _kind(text)
        return kind


_kind_of: Final = _Remembered().__getitem__


def kinds_of(texts: Iterable[str]) -> bytes:
    """Return the kinds of a row's cells, given their texts."""
    kinds = bytes(map(_kind_of, texts))
    return kinds.replace(bytes((_ODD_WIDE, _ODD_HALF)), bytes((_WIDE, _RIGHT_HALF)))


def _kind(text: str) -> int:
    """Return the kind of a cell by its text alone: what is wide is odd until its right half is seen."""
    if text == "":
        return _ODD_HALF
    if not glyph(text).sure:
        return _DOUBTFUL
    return _NARROW if char_width(text) == 1 else _ODD_WIDE


def _marks(*kinds: int) -> bytes:
    """Return a table that turns kinds into 1, and others into 0."""
    return bytes([kind in kinds for kind in range(256)])


_IS_SURE: Final = _marks(_NARROW, _WIDE, _RIGHT_HALF)
_IS_HALF: Final = _marks(_ODD_HALF, _RIGHT_HALF)
_IS_IN_QUESTION: Final = _marks(_ODD_HALF, _ODD_WIDE, _DOUBTFUL)


def where_sure(kinds: bytes) -> bytes:
    """Return 1 for each column that every terminal draws alike, whatever stands beside it, and 0 for others."""
    return kinds.translate(_IS_SURE)


def where_halves(kinds: bytes) -> bytes:
    """Return 1 for each column that is not the first one of its cell, and 0 for others."""
    return kinds.translate(_IS_HALF)


def where_in_question(kinds: bytes) -> bytes:
    """Return 1 for each column that terminals may draw otherwise, or as one with the column beside it."""
    return kinds.translate(_IS_IN_QUESTION)
