"""What a cell's text becomes on the wire to the terminal: cleaned, measured, and judged for doubt.

Terminals agree on the width of a plain character and disagree on clusters: joined emoji, variation
selectors, flags, new emoji. The painter positions the cursor by itself after a doubtful one.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rmosh.terminal.width import char_width

#: What must never reach a terminal as text: C0, DEL, C1, lone surrogates, line and paragraph separators.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")

#: Shown in place of what must not be shown. Source: Unicode 3.0, REPLACEMENT CHARACTER.
_REPLACEMENT: Final = "\ufffd"

#: Selects emoji presentation, which makes many narrow characters wide, on some terminals. Source: UTS 51.
_EMOJI_SELECTOR: Final = "\ufe0f"

#: First code point of the emoji planes: widths there changed between Unicode versions. Source: UAX 11.
_EMOJI_PLANES: Final = 0x1F000

#: Code points that change how the cluster around them is measured. Source: UTS 51.
_DOUBTFUL: Final = re.compile("[\u200d\ufe0e\ufe0f\u20e3]")

#: Most code points drawn of one cluster; more only slow a terminal. Source: UAX 15, stream-safe text.
_LONGEST_CLUSTER: Final = 32


@dataclass(frozen=True, slots=True)
class Glyph:
    """A cell's text, ready to be written.

    Attributes:
        width: columns it takes by our table, 1 or 2.
        sure: every terminal gives it that width.
        reach: most columns any terminal may draw on, at least the width.
    """

    data: bytes
    width: int
    sure: bool
    reach: int


@lru_cache(maxsize=8192)
def glyph(text: str) -> Glyph:
    """Return how to draw a cell's text, which may be anything the peer sent."""
    cleaned = _UNPRINTABLE.sub(_REPLACEMENT, text[:_LONGEST_CLUSTER]) or " "
    widths = [char_width(character) for character in cleaned]
    if widths[0] == 0:
        cleaned, widths = f" {cleaned}", [1, *widths]
    emoji_style = _EMOJI_SELECTOR in cleaned
    width = 2 if emoji_style else widths[0]
    reach = max(sum(widths) + emoji_style, width)
    sure = reach == width and not _DOUBTFUL.search(cleaned) and max(map(ord, cleaned)) < _EMOJI_PLANES
    return Glyph(cleaned.encode("utf-8"), width, sure, reach)


REPLACEMENT_GLYPH: Final = glyph(_REPLACEMENT)
BLANK_GLYPH: Final = glyph(" ")


def printable(text: str, *, limit: int) -> str:
    """Return text for a title or the like: nothing unprintable, at most `limit` characters."""
    return _UNPRINTABLE.sub("", text[:limit])
