"""How many columns a character takes, counted as programs count them: one by one, by the C library's wcwidth.

A spacing vowel sign takes a column of its own, an emoji selector none, half a flag one; an emoji joined of several
takes the columns of all. A shell that edits its line addresses the cells so, whatever its terminal draws: bash 5.2 and
5.3, zsh 5.9, vim 9.0 and 9.2 agree in this. What a program that switched mode 2027 on counts is in `graphemes`.

Blocks whose widths never changed between Unicode versions are known here; for everything else a host's own C library
is asked, or wcwidth's table. Neither that nor a regular expression is loaded before the first character that is not
ASCII.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from rmosh.terminal.width_table import tabled_columns

#: Most characters kept in a cell. Reason: bounds a cell against endless combining marks; the longest emoji in use (a
#: family with skin tones) has 11. Source: Unicode emoji-zwj-sequences.
MAX_CLUSTER: Final = 16

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

#: Wide since Unicode 16, which C libraries and terminals each know or not. Source: glibc 2.36 and 2.43.
NEWLY_WIDE: Final = "\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\U0001d300-\U0001d356\U0001d360-\U0001d376"

#: Where each Unicode version adds its emoji, wide for libraries that know them and narrow for others.
_NEW_EMOJI: Final = "\U0001f6d8\U0001f6dc\U0001fa70-\U0001faff"

#: Longest stretch whose cells are remembered, in characters. Reason: emoji and accented words repeat, floods do not,
#: and what is remembered must stay small.
_REMEMBERED_LENGTH: Final = 24

#: Texts of 0, 1 and 2 columns.
_OF_COLUMNS: Final = ("", "x", "\u4e00")

#: From how many such characters they are looked up one by one rather than each replaced in all of a text. Reason: both
#: take as long, in 64 KB.
_MANY_STRANGE: Final = 100


class _Patterns(NamedTuple):
    """What characters are told apart by."""

    segments: Callable[[str], list[tuple[str, str, str]]]
    narrow: Callable[[str], re.Match[str] | None]
    wide: Callable[[str], re.Match[str] | None]
    by_host: Callable[[str], re.Match[str] | None]
    strange: Callable[[str], re.Match[str] | None]
    but_strange: re.Pattern[str]
    but_wide: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    plain = f"{_NARROW}{_WIDE}"
    segments = f"([{_NARROW}]+(?![^{plain}]))|([{_WIDE}]+(?![^{plain}]))|([{plain}]?[^{plain}]+)"
    return _Patterns(
        re.compile(segments).findall,
        re.compile(f"[{_NARROW}]").match,
        re.compile(f"[{_WIDE}]").match,
        re.compile(f"[{NEWLY_WIDE}{_NEW_EMOJI}]").match,
        re.compile(f"[^\0-\x1f{plain}]").search,
        re.compile(f"[\0-\x1f{plain}]+"),
        re.compile(f"[\0-\x09\x0b\x0c\x0e-\x1f{_NARROW}]+"),
    )


def segments(text: str) -> list[tuple[str, str, str]]:
    """Cut text into runs of one-column characters, runs of two-column ones, and stretches to be looked at closely.

    One of each three texts is not empty. A stretch begins with the character that its first mark may belong to.
    """
    return _patterns().segments(text)


def in_known_widths(text: str, widths: "Widths") -> str:
    """Return a text with other characters for those whose columns only the host knows, of as many columns."""
    if _patterns().strange(text) is None:
        return text
    strange = _patterns().but_strange.sub("", "".join(set(text)))
    if len(strange) > _MANY_STRANGE:
        return text.translate({ord(each): _OF_COLUMNS[widths.of(each)] for each in strange})
    for each in strange:
        text = text.replace(each, _OF_COLUMNS[widths.of(each)])
    return text


def wide_alone(text: str) -> str:
    """Return the wide characters of such a text, and its line ends."""
    return _patterns().but_wide.sub("", text)


def differs_by_host(text: str) -> bool:
    """Tell whether hosts in use count the columns of a text's first character differently."""
    return bool(not text.isascii() and _patterns().by_host(text))


class Widths:
    """How the programs of one host count columns.

    Attributes:
        of: the columns of one character: 0, 1 or 2. 0 is a mark that joins the character before it, or a control.
    """

    def __init__(self, ask: Callable[[str], int] = tabled_columns) -> None:
        """Begin.

        Args:
            ask: tells the columns of a character that Unicode versions and C libraries may differ on.
        """
        self._ask = ask
        self.of: Callable[[str], int] = lru_cache(maxsize=2048)(self._count)
        self._remembered_cells = lru_cache(maxsize=1024)(self._split_cells)

    def cells_of(self, text: str) -> tuple[str, ...]:
        """Return the texts of the cells that a text fills: a character with its marks each, "" after a wide one.

        Marks with nothing before them are left out: they take no cell.
        """
        return self._remembered_cells(text) if len(text) <= _REMEMBERED_LENGTH else self._split_cells(text)

    def _count(self, character: str) -> int:
        if character < "\u00a0":
            return int(character.isprintable())
        if _patterns().narrow(character):
            return 1
        if _patterns().wide(character):
            return 2
        return self._ask(character)

    def _split_cells(self, text: str) -> tuple[str, ...]:
        cells: list[str] = []
        last = 0
        for character in text:
            width = self.of(character)
            if width:
                last = len(cells)
                cells += (character, "") if width == 2 else (character,)
            elif cells:
                cells[last] = extend(cells[last], character)
        return tuple(cells)


def extend(cluster: str, character: str) -> str:
    """Return the text of a cell with a character that joins it, or unchanged when it is full."""
    return cluster + character if len(cluster) < MAX_CLUSTER else cluster


#: By the table, where nobody can ask the host: at the client.
COMMON_WIDTHS: Final = Widths()


def clusters(text: str) -> list[str]:
    """Cut text into characters with their marks; a mark at the very start stands alone."""
    found: list[str] = []
    for character in text:
        if found and not COMMON_WIDTHS.of(character):
            found[-1] = extend(found[-1], character)
        else:
            found.append(character)
    return found


def char_width(text: str) -> int:
    """Return the columns that one character, with marks or without, takes: 0, 1 or 2."""
    return COMMON_WIDTHS.of(text[0]) if text else 0


cells_of: Final = COMMON_WIDTHS.cells_of
