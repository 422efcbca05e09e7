"""Which characters are one grapheme cluster, and its columns: what programs count that switched mode 2027 on.

Source: Unicode UAX 29, reduced to what decides cells: marks, joined emoji, skin tones and flags; the specification of
mode 2027 (contour, "Unicode Core").
"""

import re
from functools import lru_cache
from typing import Final

from rmosh.terminal.width import MAX_CLUSTER, Widths
from rmosh.terminal.width_table import EMOJI_PRESENTATION, REGIONAL_INDICATORS, is_wide_as_emoji

#: Makes one emoji of those beside it. Source: Unicode TS 51.
ZERO_WIDTH_JOINER: Final = "\u200d"

#: Characters that may stand on either side of a zero-width joiner. Source: Unicode emoji-data, Extended_Pictographic,
#: rounded outwards to whole blocks of symbols.
_PICTOGRAPHS: Final = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff"
)

#: Colour the emoji before them, and belong to whatever else stands there. Source: UAX 29, rule GB9; kitty 0.48.
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)


@lru_cache(maxsize=1)
def _pictographs() -> re.Pattern[str]:
    return re.compile(f"[{_PICTOGRAPHS}]")


def joins(cluster: str, character: str, widths: Widths) -> bool:
    """Tell whether a character belongs to the grapheme cluster before it."""
    if character.isascii():
        return False
    if widths.of(character) == 0:
        return True
    if len(cluster) >= MAX_CLUSTER:
        return False
    if ord(character) in REGIONAL_INDICATORS:
        return len(cluster) == 1 and ord(cluster) in REGIONAL_INDICATORS
    if ord(character) in _SKIN_TONES or _is_spacing_mark(character):
        return True
    return cluster[-1] == ZERO_WIDTH_JOINER and is_pictograph(cluster[0]) and is_pictograph(character)


def is_pictograph(character: str) -> bool:
    """Tell whether a zero-width joiner beside a character may make one emoji of it and another."""
    return bool(_pictographs().match(character))


@lru_cache(maxsize=256)
def _is_spacing_mark(character: str) -> bool:
    from unicodedata import category

    return category(character) == "Mc"


def cluster_width(cluster: str, widths: Widths) -> int:
    """Return the columns that a grapheme cluster takes: those of its first character, two for a flag or an emoji."""
    width = widths.of(cluster[0])
    if width == 1 and len(cluster) > 1:
        if ord(cluster[0]) in REGIONAL_INDICATORS:
            return 2
        if EMOJI_PRESENTATION in cluster and is_wide_as_emoji(cluster[0]):
            return 2
    return width
