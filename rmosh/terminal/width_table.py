"""The table of columns for characters whose widths changed between Unicode versions: wcwidth's, the one door to it.

It is loaded with the first character that is looked up.
"""

from functools import lru_cache
from typing import Final

#: Asks for the character before it as an emoji (VS16). Source: Unicode TS 51.
EMOJI_PRESENTATION: Final = "\ufe0f"

#: Two of these make a flag; each takes a column, whatever its own picture is. Source: glibc 2.36 and 2.43.
REGIONAL_INDICATORS: Final = range(0x1F1E6, 0x1F200)

#: Circled numbers on black squares, two columns though Unicode calls them ambiguous. Source: glibc 2.36 and 2.43.
_CIRCLED_NUMBERS: Final = range(0x3248, 0x3250)


def tabled_columns(character: str) -> int:
    """Return the columns of a character by wcwidth's table, less what C libraries count otherwise: 0, 1 or 2.

    Source: glibc 2.36 (Unicode 14) and 2.43 (Unicode 17), compared over all code points.
    """
    if ord(character) in REGIONAL_INDICATORS:
        return 1
    if ord(character) in _CIRCLED_NUMBERS:
        return 2
    from unicodedata import category, east_asian_width

    if category(character) == "Mc":
        return 2 if east_asian_width(character) == "W" else 1
    from wcwidth import wcwidth

    return max(0, wcwidth(character))


@lru_cache(maxsize=512)
def is_wide_as_emoji(character: str) -> bool:
    """Tell whether a narrow symbol has a picture of two columns. Source: Unicode emoji-variation-sequences."""
    from wcwidth import wcswidth

    return wcswidth(character + EMOJI_PRESENTATION) == 2
