"""Text on its way to the terminal: nothing that a peer sent may act on it."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rmosh.terminal.width import char_width
from rmosh_client.painting.doubt import stands_alone

#: What must never reach a terminal as text: C0, DEL, C1, lone surrogates, line and paragraph separators.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")

#: Shown in place of what must not be shown. Source: Unicode 3.0, REPLACEMENT CHARACTER.
REPLACEMENT: Final = "\ufffd"


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


def cleaned(text: str) -> str:
    """Return a text with a sign in place of each character that must not be shown."""
    return _UNPRINTABLE.sub(REPLACEMENT, text)


def printable(text: str, *, limit: int) -> str:
    """Return text for a title or the like: nothing unprintable, at most `limit` characters."""
    return _UNPRINTABLE.sub("", text[:limit])
