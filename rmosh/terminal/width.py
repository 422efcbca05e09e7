"""How many columns a character takes, and which characters share a cell: one table for both sides.

Blocks whose widths never changed between Unicode versions are known here as two regular expressions; everything
else asks wcwidth, which is imported at the first such character and not before.
"""

import re
from functools import lru_cache
from typing import Final

#: Longest grapheme cluster kept in a cell, in characters. Reason: bounds a cell against endless combining marks; the
#: longest emoji in use (a family with skin tones) has 11. Source: Unicode emoji-zwj-sequences.
MAX_CLUSTER: Final = 16

ZERO_WIDTH_JOINER: Final = "\u200d"
EMOJI_PRESENTATION: Final = "\ufe0f"

#: One column in every Unicode version, and never part of a longer cluster's tail: Latin, Greek, Cyrillic, Hebrew and
#: Arabic letters, general punctuation, box drawing and block elements.
_NARROW: Final = (
    " -~\u00a0-\u00a8\u00aa-\u00ac\u00af-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038e-\u03a1\u03a3-\u0482"
    "\u048a-\u052f\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\u1e00-\u1eff\u2010-\u2027\u2030-\u203b\u203d-\u2048"
    "\u20a0-\u20bd\u2500-\u259f"
)

#: Two columns in every Unicode version: kana, CJK ideographs, Hangul syllables, CJK punctuation and full-width forms.
_WIDE: Final = (
    "\u3001-\u3029\u3031-\u303c\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60\uffe0-\uffe6"
    "\U00020000-\U0002fffd"
)

#: Characters that may stand on either side of a zero-width joiner. Source: Unicode emoji-data, Extended_Pictographic,
#: rounded outwards to whole blocks of symbols.
_PICTOGRAPH: Final = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)

#: Characters with a width of their own that may yet belong to the cell before them.
_JOINING: Final = re.compile(f"{_PICTOGRAPH.pattern}|[\U0001f1e6-\U0001f1ff]")

_REGIONAL_INDICATORS: Final = range(0x1F1E6, 0x1F200)
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)

#: Cuts text into runs of one-column characters, runs of two-column characters, and stretches that have to be looked
#: at character by character, with the base character that their first mark may belong to.
segments: Final = re.compile(
    f"([{_NARROW}]+(?![^{_NARROW}{_WIDE}]))"
    f"|([{_WIDE}]+(?![^{_NARROW}{_WIDE}]))"
    f"|([{_NARROW}{_WIDE}]?[^{_NARROW}{_WIDE}]+)"
).findall

_all_narrow: Final = re.compile(f"[{_NARROW}]").match
_all_wide: Final = re.compile(f"[{_WIDE}]").match


@lru_cache(maxsize=2048)
def _single_width(character: str) -> int:
    if _all_narrow(character):
        return 1
    if _all_wide(character) or ord(character) in _REGIONAL_INDICATORS:
        return 2
    from wcwidth import wcwidth

    return max(0, wcwidth(character))


@lru_cache(maxsize=512)
def _is_wide_as_emoji(character: str) -> bool:
    from wcwidth import wcswidth

    return wcswidth(character + EMOJI_PRESENTATION) == 2


def char_width(text: str) -> int:
    """Return the columns that one character or one grapheme cluster takes: 0, 1 or 2.

    0 is a mark that joins the character before it. Source: Unicode's East_Asian_Width and emoji data, by wcwidth.
    """
    if text.isascii():
        return 1 if text.isprintable() and text else 0
    width = _single_width(text[0])
    if width == 1 and len(text) > 1 and EMOJI_PRESENTATION in text and _is_wide_as_emoji(text[0]):
        return 2
    return width


def may_join(character: str) -> bool:
    """Tell whether a character could belong to the cell before it at all."""
    return not character.isascii() and (_single_width(character) == 0 or bool(_JOINING.match(character)))


def joins(cluster: str, character: str) -> bool:
    """Tell whether a character belongs to the cell of the grapheme cluster before it.

    Source: Unicode UAX 29, reduced to what decides cells: marks, joined emoji, skin tones and flags.
    """
    if character.isascii():
        return False
    if _single_width(character) == 0:
        return True
    if len(cluster) >= MAX_CLUSTER:
        return False
    code = ord(character)
    if code in _REGIONAL_INDICATORS:
        return len(cluster) == 1 and ord(cluster) in _REGIONAL_INDICATORS
    if code in _SKIN_TONES:
        ends_in_emoji = cluster[-1:] == EMOJI_PRESENTATION or _PICTOGRAPH.match(cluster[-1:])
        return bool(_PICTOGRAPH.match(cluster) and ends_in_emoji)
    return cluster[-1:] == ZERO_WIDTH_JOINER and bool(_PICTOGRAPH.match(cluster)) and bool(_PICTOGRAPH.match(character))


def extend(cluster: str, character: str) -> str:
    """Return the cluster with a character that joins it, or unchanged when it is full."""
    return cluster + character if len(cluster) < MAX_CLUSTER else cluster


def clusters(text: str) -> list[str]:
    """Split text into grapheme clusters; a mark at the very start stands alone."""
    found: list[str] = []
    for character in text:
        if found and joins(found[-1], character):
            found[-1] = extend(found[-1], character)
        else:
            found.append(character)
    return found


def cells_of(text: str) -> tuple[str, ...]:
    """Return the texts of the cells that a text fills: a cluster each, "" after a wide one.

    Marks with nothing before them are left out: they take no cell.
    """
    return _cells_of_short(text) if len(text) <= _CACHED_LENGTH else _split_cells(text)


#: Longest stretch whose cells are remembered, in characters. Reason: emoji and accented words repeat, floods do not,
#: and remembered text must stay small.
_CACHED_LENGTH: Final = 24


def _split_cells(text: str) -> tuple[str, ...]:
    cells: list[str] = []
    for cluster in clusters(text):
        width = char_width(cluster)
        if width:
            cells.append(cluster)
        if width == 2:
            cells.append("")
    return tuple(cells)


_cells_of_short: Final = lru_cache(maxsize=1024)(_split_cells)
