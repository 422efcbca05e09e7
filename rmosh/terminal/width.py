"""How many columns a character takes, and which characters share a cell: one table for both sides.

Blocks whose widths never changed between Unicode versions are known here; everything else asks wcwidth. Neither
wcwidth nor a regular expression is loaded before the first character that is not ASCII.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

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

#: Two columns in every Unicode version, and never part of a longer cluster's tail: kana, CJK ideographs, Hangul
#: syllables, CJK punctuation and full-width forms.
_WIDE: Final = (
    "\u3001-\u3029\u3031-\u303c\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60"
    "\uffe0-\uffe6\U00020000-\U0002fffd"
)

#: Characters that may stand on either side of a zero-width joiner. Source: Unicode emoji-data, Extended_Pictographic,
#: rounded outwards to whole blocks of symbols.
_PICTOGRAPHS: Final = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff"
)

#: Two of these make a flag.
_REGIONAL_INDICATORS: Final = "\U0001f1e6-\U0001f1ff"

#: Colour the emoji before them.
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)

#: Longest stretch whose cells are remembered, in characters. Reason: emoji and accented words repeat, floods do not,
#: and what is remembered must stay small.
_REMEMBERED_LENGTH: Final = 24


class _Patterns(NamedTuple):
    """What characters are told apart by."""

    segments: Callable[[str], list[tuple[str, str, str]]]
    narrow: Callable[[str], re.Match[str] | None]
    wide: Callable[[str], re.Match[str] | None]
    pictograph: Callable[[str], re.Match[str] | None]
    flag_half: Callable[[str], re.Match[str] | None]


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    plain = f"{_NARROW}{_WIDE}"
    segments = f"([{_NARROW}]+(?![^{plain}]))|([{_WIDE}]+(?![^{plain}]))|([{plain}]?[^{plain}]+)"
    return _Patterns(
        re.compile(segments).findall,
        re.compile(f"[{_NARROW}]").match,
        re.compile(f"[{_WIDE}{_REGIONAL_INDICATORS}]").match,
        re.compile(f"[{_PICTOGRAPHS}]").match,
        re.compile(f"[{_REGIONAL_INDICATORS}]").match,
    )


def segments(text: str) -> list[tuple[str, str, str]]:
    """Cut text into runs of one-column characters, runs of two-column ones, and stretches to be looked at closely.

    One of each three texts is not empty. A stretch begins with the character that its first mark may belong to.
    """
    return _patterns().segments(text)


@lru_cache(maxsize=2048)
def _single_width(character: str) -> int:
    if _patterns().narrow(character):
        return 1
    if _patterns().wide(character):
        return 2
    from wcwidth import wcwidth

    return max(0, wcwidth(character))


@lru_cache(maxsize=512)
def _is_wide_as_emoji(character: str) -> bool:
    from wcwidth import wcswidth

    return wcswidth(character + EMOJI_PRESENTATION) == 2


def char_width(text: str) -> int:
    """Return the columns that one character or one grapheme cluster takes: 0, 1 or 2.

    0 is a mark that joins the character before it, a control, or no text. Source: Unicode's East_Asian_Width and
    emoji data, by wcwidth.
    """
    if text.isascii():
        return 1 if text.isprintable() and text else 0
    width = _single_width(text[0])
    if width == 1 and EMOJI_PRESENTATION in text and _is_wide_as_emoji(text[0]):
        return 2
    return width


def may_join(character: str) -> bool:
    """Tell whether a character could belong to the cell before it at all."""
    if character.isascii():
        return False
    patterns = _patterns()
    return bool(_single_width(character) == 0 or patterns.pictograph(character) or patterns.flag_half(character))


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
    patterns = _patterns()
    if patterns.flag_half(character):
        return len(cluster) == 1 and bool(patterns.flag_half(cluster))
    if not patterns.pictograph(cluster):
        return False
    last = cluster[-1]
    if ord(character) in _SKIN_TONES:
        return last == EMOJI_PRESENTATION or bool(patterns.pictograph(last))
    return last == ZERO_WIDTH_JOINER and bool(patterns.pictograph(character))


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
    return _remembered_cells(text) if len(text) <= _REMEMBERED_LENGTH else _split_cells(text)


def _split_cells(text: str) -> tuple[str, ...]:
    cells: list[str] = []
    for cluster in clusters(text):
        width = char_width(cluster)
        if width:
            cells.append(cluster)
        if width == 2:
            cells.append("")
    return tuple(cells)


_remembered_cells: Final = lru_cache(maxsize=1024)(_split_cells)
