"""Columns of characters as programs count them, held against wcwidth and against what C libraries say."""

import subprocess
import sys
from itertools import pairwise

import pytest
import wcwidth
from hypothesis import assume, given
from hypothesis import strategies as st

from rmosh.terminal.width import MAX_CLUSTER, Widths, cells_of, char_width, clusters, segments

#: Where C libraries count otherwise than wcwidth's table. Source: glibc 2.36 and 2.43, compared over all code points.
COUNTED_BY_LIBRARIES = {
    "spacing vowel sign": ("\u093e\u0940\u0903\u09be\u0bbe\u0cc0\u17b6\u1b35", 1),
    "wide spacing mark": ("\u302e\u302f", 2),
    "half a flag": ("\U0001f1e6\U0001f1ff", 1),
    "circled number on a black square": ("\u3248\u324f", 2),
}

#: What both count alike and terminals do not.
COUNTED_ALIKE = {
    "soft hyphen": ("\u00ad", 1),
    "zero-width space, joiners and selectors": ("\u200b\u200c\u200d\ufe0e\ufe0f\u20e3", 0),
    "Thai sara am": ("\u0e33", 1),
    "Thai vowels above and below": ("\u0e31\u0e34\u0e48", 0),
    "half-width voiced marks": ("\uff9e\uff9f", 1),
    "Jamo": ("\u1100", 2),
    "Jamo of a syllable's middle and end": ("\u1161\u11a8", 0),
    "emoji and skin tones": ("\U0001f469\U0001f3fd", 2),
    "symbols that a selector makes emoji": ("\u2764\u26a0\u2601\u2699", 1),
}


@pytest.mark.parametrize(("characters", "width"), [*COUNTED_BY_LIBRARIES.values(), *COUNTED_ALIKE.values()])
def test_characters_are_as_wide_as_c_libraries_say(characters: str, width: int) -> None:
    assert [char_width(character) for character in characters] == [width] * len(characters)


@given(st.characters(exclude_categories=("Cs", "Cc", "Mc")))
def test_other_characters_are_as_wide_as_wcwidth_says(character: str) -> None:
    assume(not 0x1F1E6 <= ord(character) <= 0x1F1FF and not 0x3248 <= ord(character) <= 0x324F)
    assert char_width(character) == max(0, wcwidth.wcwidth(character))


def test_every_character_that_needs_no_table_is_as_wide_as_wcwidth_says() -> None:
    for code in [*range(0x20, 0xD800), *range(0xE000, 0x3000), *range(0x1F000, 0x1FB00), *range(0x20000, 0x20400)]:
        character = chr(code)
        ((narrow, wide, _),) = segments(character)
        if narrow or wide:
            assert wcwidth.wcwidth(character) == (1 if narrow else 2) or 0x7F <= code < 0xA0, hex(code)


def test_a_host_is_asked_for_what_libraries_differ_on_and_for_nothing_else() -> None:
    asked: list[str] = []

    def ask(character: str) -> int:
        asked.append(character)
        return 1

    assert Widths(ask).cells_of("a漢ü\u2630\U0001fae8") == ("a", "漢", "", "ü", "\u2630", "\U0001fae8")
    assert asked == ["\u2630", "\U0001fae8"]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("\u0301a漢e\u0301", ["a", "漢", "", "e\u0301"]),
        ("हिन्दी", ["ह", "ि", "न\u094d", "द", "ी"]),
        ("👩\u200d💻", ["👩\u200d", "", "💻", ""]),
        ("👍🏽", ["👍", "", "🏽", ""]),
        ("🇫🇷", ["🇫", "🇷"]),
        ("❤\ufe0fx", ["❤\ufe0f", "x"]),
        ("น้ำ", ["น\u0e49", "\u0e33"]),
        ("\u1112\u1161\u11ab\u1100", ["\u1112\u1161\u11ab", "", "\u1100", ""]),
        ("か\u3099", ["か\u3099", ""]),
    ],
)
def test_text_fills_the_cells_that_programs_count(text: str, cells: list[str]) -> None:
    assert list(cells_of(text)) == cells


def test_text_is_cut_into_characters_with_their_marks() -> None:
    assert clusters("\u0301हिन\u094d👩\u200d💻") == ["\u0301", "ह", "ि", "न\u094d", "👩\u200d", "💻"]


def test_a_cell_of_endless_marks_is_cut() -> None:
    (cell,) = cells_of("e" + "\u0301" * 100)
    assert len(cell) == MAX_CLUSTER


@given(st.text(max_size=40))
def test_cells_lose_nothing_but_what_is_beyond_their_bound(text: str) -> None:
    cells = cells_of(text)
    assert all(len(cell) <= MAX_CLUSTER for cell in cells)
    if all(len(cell) < MAX_CLUSTER for cell in cells) and (not text or char_width(text)):
        assert "".join(cells) == text


@given(st.text(st.sampled_from("aé漢e\u0301👩\u200d❤\ufe0f🇫🏽か\u3099─"), max_size=30))
def test_segments_are_the_text_and_never_part_a_mark_from_its_character(text: str) -> None:
    pieces = ["".join(segment) for segment in segments(text)]
    assert "".join(pieces) == text
    assert all(char_width(following) for _, following in pairwise(pieces))


def test_wcwidth_is_not_imported_before_a_character_that_needs_it() -> None:
    program = (
        "import sys; from rmosh.terminal.emulator import Emulator; e = Emulator(rows=4, columns=20);"
        "e.feed('plain \\x1b(0lqk\\x1b(B ü ж ─ 漢字'.encode()); e.frame(); assert 'wcwidth' not in sys.modules;"
        "assert not {'pyte', 'asyncio', 'typing_extensions'} & set(sys.modules);"
        "e.feed('👍'.encode()); e.frame(); assert 'wcwidth' in sys.modules; import pyte; pyte.Screen(2, 2)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
