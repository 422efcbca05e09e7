"""What terminals draw in different columns, by kinds, and which characters they make one sign of.

Whatever is not named here was drawn alike by all eleven terminals that were asked, by cursor position report, for
72,000 characters and clusters: xterm 412, urxvt 9.31, st 0.9.3, mlterm 3.9.4, zutty 0.16.7, VTE 0.84.1, konsole
26.08.2, kitty 0.48.2, alacritty 0.17.0, foot 1.28.0, terminology 1.14.
"""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Final
from unicodedata import category, combining, east_asian_width

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.graphemes import ZERO_WIDTH_JOINER, is_pictograph
from rmosh.terminal.width import NEWLY_WIDE, char_width
from rmosh.terminal.width_table import EMOJI_PRESENTATION, REGIONAL_INDICATORS, is_wide_as_emoji


class Doubt(Enum):
    """A kind of text that some terminals draw in other columns than programs count."""

    MARK = auto()
    SPACING_MARK = auto()
    EXTENDING_MARK = auto()
    CONJUNCT = auto()
    FOLLOWING_VOWEL = auto()
    PREPENDED = auto()
    SOFT_HYPHEN = auto()
    FORMAT = auto()
    JAMO = auto()
    VOICED_HALF = auto()
    SELECTOR = auto()
    TEXT_SELECTOR = auto()
    JOINED = auto()
    SKIN_TONE = auto()
    HALF_FLAG = auto()
    POINTING = auto()
    CIRCLED_NUMBER = auto()
    NEWLY_WIDE_AS_ONE = auto()
    NEWLY_WIDE_AS_TWO = auto()
    OTHER = auto()


#: Spacing marks that belong to a vowel written in two parts: no column in konsole and alacritty. Source: Unicode,
#: Grapheme_Extend; asked of both.
_EXTENDING: Final = (
    "\u09be\u09d7\u0b3e\u0b57\u0bbe\u0bd7\u0cc0\u0cc2\u0cc7\u0cc8\u0cca\u0ccb\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf\u1715\u1734\u1b35\u1b3b\u1b3d\u1b43\u1b44\u1baa\u1bf2\u1bf3\ua953\ua9c0"
    "\U000111c0\U00011235\U0001133e\U0001134d\U00011357\U000114b0\U000114bd\U000115af\U000116b6\U00011930\U0001193d"
    "\U0001d165\U0001d166\U0001d16d-\U0001d172"
)

#: Two of them are a flag, which all terminals draw in two columns.
HALF_FLAGS: Final = frozenset(map(chr, REGIONAL_INDICATORS))

#: Narrow symbols with a hand or a person, which a skin tone may follow: two columns in kitty.
_POINTING: Final = "\u261d\u26f9\u270c\u270d\U0001f3cb\U0001f3cc\U0001f574\U0001f575\U0001f590"

#: Letters that belong to what follows them, no column of their own in foot. The Arabic signs are format characters.
_PREPENDED: Final = "\u0d4e\ua8fa\U000111c2\U000111c3\U0001193f\U00011941\U00011a84-\U00011a89\U00011d46\U00011f02"

#: Signs that some terminal gives other columns for reasons of its own, or none answered for; the last five came with
#: Unicode 15.1, which not all know.
_ODD: Final = "\u17a4\u17d8\u3164\uffa0\ufe10-\ufe19\ufe30-\ufe32\u2ffc-\u2fff\u31ef"

#: What came with Unicode 16 and with 17. Reason: an older Python calls them unassigned and so doubtful, a newer one
#: knows them, and the terminals are the same.
_NEW: Final = (
    "\u31e4\u31e5\U000113d1\U00018cff\U0001fa89\U0001fa8f\U0001fabe\U0001fac6\U0001fadc\U0001fadf\U0001fae9"
    "\U00016ff2-\U00016ff6\U000187f8-\U000187ff\U00018d09-\U00018d1e\U00018d80-\U00018df2"
    "\U0001f6d8\U0001fa8a\U0001fa8e\U0001fac8\U0001facd\U0001faea\U0001faef"
)

#: Accents that every terminal draws over the character before them. Source: all of them asked, after a letter.
_COMMON_MARKS: Final = range(0x0300, 0x0370)

#: Korean letters that join with those before them into one syllable, and those that begin one. Source: Unicode,
#: Hangul_Syllable_Type V, T and L.
_JAMO: Final = "\u1160-\u11ff\ud7b0-\ud7fb"
_LEADING_JAMO: Final = range(0x1100, 0x1160)

#: Combining class of what joins two consonants. Source: Unicode, Canonical_Combining_Class Virama.
_VIRAMA: Final = 9

_LISTED: Final = tuple(
    (re.compile(f"[{characters}]"), doubt)
    for characters, doubt in (
        (_POINTING, Doubt.POINTING),
        ("\u3248-\u324f", Doubt.CIRCLED_NUMBER),
        ("\U0001f1e6-\U0001f1ff", Doubt.HALF_FLAG),
        ("\ufe0f\u20e3", Doubt.SELECTOR),
        ("\ufe0e", Doubt.TEXT_SELECTOR),
        (ZERO_WIDTH_JOINER, Doubt.JOINED),
        ("\uff9e\uff9f", Doubt.VOICED_HALF),
        ("\u00ad", Doubt.SOFT_HYPHEN),
        (_EXTENDING, Doubt.EXTENDING_MARK),
        (f"{_PREPENDED}\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd", Doubt.PREPENDED),
        (_JAMO, Doubt.JAMO),
        (_ODD + _NEW, Doubt.OTHER),
    )
)

#: Those that put one under the other, so that kitty 0.48 draws both in the columns of the first. Source: asked of it;
#: those of Gurmukhi, Tamil, Kannada, Sinhala and Tibetan do not.
_STACKING: Final = "\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u1039\u17d2\u1a60\u1b44\ua9c0"

#: Colour the emoji before them. Source: Unicode, Emoji_Modifier.
_SKIN_TONES: Final = frozenset(map(chr, range(0x1F3FB, 0x1F400)))

#: Signs with columns of their own that become part of what stands before them: Thai and Lao am, halves of half-width
#: kana, skin tones, and what only shows where a line ends.
_FOLLOWING: Final = (
    dict.fromkeys("\u0e33\u0eb3", Doubt.FOLLOWING_VOWEL)
    | dict.fromkeys("\uff9e\uff9f", Doubt.VOICED_HALF)
    | dict.fromkeys(_SKIN_TONES, Doubt.SKIN_TONE)
    | {"\u00ad": Doubt.SOFT_HYPHEN}
)

#: Kinds whose signs become part of what stands before them in some terminals.
_ABSORBABLE: Final = frozenset(
    {Doubt.SPACING_MARK, Doubt.EXTENDING_MARK, Doubt.CONJUNCT, Doubt.FOLLOWING_VOWEL, Doubt.JOINED, Doubt.SKIN_TONE}
    | {Doubt.SOFT_HYPHEN, Doubt.VOICED_HALF}
)

_BY_CATEGORY: Final = {
    "Mn": Doubt.MARK,
    "Me": Doubt.MARK,
    "Mc": Doubt.SPACING_MARK,
    "Cf": Doubt.FORMAT,
    "Cn": Doubt.OTHER,  # what a newer Unicode may make of it is not known here
}

_is_newly_wide: Final = re.compile(f"[{NEWLY_WIDE}]").match


@dataclass(frozen=True, slots=True)
class Drawing:
    """How one terminal draws what others draw otherwise.

    Attributes:
        agreed: kinds that it draws in the columns that programs count.
        wider: kinds whose signs take one column more.
        absorbed: kinds whose signs take none, but become part of the sign before them.
    """

    agreed: frozenset[Doubt] = frozenset()
    wider: frozenset[Doubt] = frozenset()
    absorbed: frozenset[Doubt] = frozenset()

    @property
    def known(self) -> frozenset[Doubt]:
        """All kinds whose columns are known."""
        return self.agreed | self.wider | self.absorbed


def shift_behind(left: str, text: str, columns: int, drawing: Drawing) -> int:
    """Return by how many columns a terminal shifts what follows a cell: right where it draws its text wider."""
    if drawing.absorbed & _absorbing(left, text):
        return -columns
    return int(bool(drawing.wider & _widening(text)))


@lru_cache(maxsize=4096)
def _absorbing(left: str, text: str) -> frozenset[Doubt]:
    tie = bond(left, text) or frozenset()
    return (tie | _listed(text[0])) & _ABSORBABLE


@lru_cache(maxsize=4096)
def _widening(text: str) -> frozenset[Doubt]:
    if char_width(text) == 1 and EMOJI_PRESENTATION in text and is_wide_as_emoji(text[0]):
        return frozenset({Doubt.SELECTOR})
    if _is_newly_wide(text):
        return frozenset({Doubt.NEWLY_WIDE_AS_ONE})
    return frozenset(_listed(text[0]) & {Doubt.POINTING})


@lru_cache(maxsize=4096)
def doubts_about(text: str, columns: int) -> frozenset[Doubt]:
    """Return the kinds of doubt about a cell's text that a program counted so many columns for; empty: sure."""
    if columns == 2 and len(text) == 2 and HALF_FLAGS.issuperset(text):
        return frozenset()
    if _is_newly_wide(text):
        doubts = {Doubt.NEWLY_WIDE_AS_ONE if columns == 1 else Doubt.NEWLY_WIDE_AS_TWO}
    elif columns != sum(map(char_width, text)):
        doubts = {Doubt.OTHER}
    else:
        doubts = _listed(text[0])
    return frozenset(doubts.union(*[_listed(mark) for mark in text[1:] if ord(mark) not in _COMMON_MARKS]))


def _listed(character: str) -> set[Doubt]:
    for pattern, doubt in _LISTED:
        if pattern.match(character):
            return {doubt}
    doubt_of_category = _BY_CATEGORY.get(category(character))
    return {doubt_of_category} if doubt_of_category else set()


def stands_alone(text: str) -> bool:
    """Tell whether every terminal draws a cell's text in the columns that programs count, whatever stands beside it."""
    joins_others = text[0] in _FOLLOWING or ord(text[0]) in _LEADING_JAMO
    return not joins_others and not doubts_about(text, char_width(text))


def most_columns(text: str) -> int:
    """Return the most columns that any terminal may draw a text in."""
    return len(text) + sum(map(_takes_two, text))


def may_be_wide(text: str) -> bool:
    """Tell whether some terminal may draw a cell's text as one sign of two columns."""
    return EMOJI_PRESENTATION in text or any(map(_takes_two, text))


@lru_cache(maxsize=1024)
def _takes_two(character: str) -> bool:
    doubts = _listed(character)
    return bool(
        east_asian_width(character) in ("W", "F")
        or _is_newly_wide(character)
        or doubts & {Doubt.POINTING, Doubt.HALF_FLAG}
        or (Doubt.OTHER in doubts and category(character) == "Cn")
    )


@lru_cache(maxsize=4096)
def bond(left: str, right: str) -> frozenset[Doubt] | None:
    """Return the doubts that the text of a cell right of another adds where terminals may draw both as one; else None.

    A word of a script with marks is kept whole: shaped, it would fall apart if each syllable were put in its place.
    """
    first, last = right[0], left[-1]
    if first.isascii():
        return None
    if last == ZERO_WIDTH_JOINER or combining(last) == _VIRAMA:
        return _linked(left, first)
    if ord(first) in _LEADING_JAMO and ord(left[0]) in _LEADING_JAMO:
        return frozenset({Doubt.JAMO})
    if first in _FOLLOWING:
        is_asked = first not in _SKIN_TONES or is_pictograph(left[0])
        return frozenset({_FOLLOWING[first] if is_asked else Doubt.OTHER})
    is_one_sign = category(first) == "Mc" or Doubt.PREPENDED in _listed(left[0]) | _listed(first)
    return frozenset() if is_one_sign or (_is_letter(left[0]) and _is_letter(first)) else None


def _linked(left: str, first: str) -> frozenset[Doubt]:
    """Return the doubts about two that a sign between them joins; OTHER where no terminal was asked about such."""
    if left[-1] == ZERO_WIDTH_JOINER and is_pictograph(left[0]) and is_pictograph(first):
        return frozenset({Doubt.JOINED})
    if not (_is_letter(left[0]) and _is_letter(first)):
        return frozenset({Doubt.OTHER})
    return frozenset({Doubt.CONJUNCT} if left.rstrip(ZERO_WIDTH_JOINER)[-1] in _STACKING else ())


def _is_letter(character: str) -> bool:
    """Tell whether a character is a letter or vowel sign of a script without capitals, one column wide."""
    return category(character) in ("Lo", "Mc") and char_width(character) == 1
