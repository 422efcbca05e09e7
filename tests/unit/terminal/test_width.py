"""Widths of characters and clusters, held against wcwidth, and what shares a cell."""

import subprocess
import sys
from itertools import pairwise

import pytest
import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.width import MAX_CLUSTER, cells_of, char_width, clusters, joins, segments

FAMILY = "👩\u200d👩\u200d👧"


@given(st.characters(exclude_categories=("Cs", "Cc")))
def test_single_characters_are_as_wide_as_wcwidth_says(character: str) -> None:
    assert char_width(character) == max(0, wcwidth.wcwidth(character))


def test_every_character_that_needs_no_table_is_as_wide_as_wcwidth_says() -> None:
    for code in [*range(0x20, 0xD800), *range(0xE000, 0x3000), *range(0x1F000, 0x1FB00), *range(0x20000, 0x20400)]:
        character = chr(code)
        ((narrow, wide, _),) = segments(character)
        if narrow or wide:
            assert wcwidth.wcwidth(character) == (1 if narrow else 2) or 0x7F <= code < 0xA0, hex(code)


@pytest.mark.parametrize(
    ("cluster", "width"),
    [
        ("", 0),
        ("a", 1),
        ("\x07", 0),
        ("é", 1),
        ("e\u0301", 1),
        ("漢", 2),
        ("か\u3099", 2),
        ("❤", 1),
        ("❤\ufe0f", 2),
        ("a\ufe0f", 1),
        (FAMILY, 2),
        ("🇫🇷", 2),
        ("👍🏽", 2),
        ("\u0301", 0),
        ("क\u094d", 1),
        ("\u1100\u1161", 2),
    ],
)
def test_a_cluster_takes_as_many_columns_as_its_first_character_and_presentation_say(cluster: str, width: int) -> None:
    assert char_width(cluster) == width


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", ["a", "b", "c"]),
        ("e\u0301o\u0302\u0323", ["e\u0301", "o\u0302\u0323"]),
        (FAMILY + "x", [FAMILY, "x"]),
        ("🇫🇷🇩🇪🇫", ["🇫🇷", "🇩🇪", "🇫"]),
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("❤\ufe0f\u200d🔥", ["❤\ufe0f\u200d🔥"]),
        ("क\u094d\u200dष", ["क\u094d\u200d", "ष"]),
        ("שָׁלוֹם", ["שָׁ", "ל", "וֹ", "ם"]),
        ("\u1112\u1161\u11ab\u1100", ["\u1112\u1161\u11ab", "\u1100"]),
        ("漢🏽", ["漢", "🏽"]),
    ],
)
def test_text_is_cut_into_grapheme_clusters(text: str, expected: list[str]) -> None:
    assert clusters(text) == expected


def test_a_wide_cluster_fills_two_cells_and_a_leading_mark_none() -> None:
    assert cells_of("\u0301a漢e\u0301") == ("a", "漢", "", "e\u0301")


def test_an_endless_cluster_is_cut() -> None:
    (cluster,) = clusters("e" + "\u0301" * 100)
    assert len(cluster) == MAX_CLUSTER


@given(st.text(max_size=20))
def test_clusters_lose_nothing_but_what_is_beyond_their_bound(text: str) -> None:
    found = clusters(text)
    assert all(len(cluster) <= MAX_CLUSTER for cluster in found)
    if all(len(cluster) < MAX_CLUSTER for cluster in found):
        assert "".join(found) == text


@given(st.text(st.sampled_from("aé漢e\u0301👩\u200d❤\ufe0f🇫🏽か\u3099─"), max_size=30))
def test_segments_are_the_text_and_never_cut_a_cluster(text: str) -> None:
    pieces = ["".join(segment) for segment in segments(text)]
    assert "".join(pieces) == text
    for piece, following in pairwise(pieces):
        assert not joins(clusters(piece)[-1], following[0])


def test_wcwidth_is_not_imported_before_a_character_that_needs_it() -> None:
    program = (
        "import sys; from rmosh.terminal.emulator import Emulator; e = Emulator(rows=4, columns=20);"
        "e.feed('plain \\x1b(0lqk\\x1b(B ü ж ─ 漢字'.encode()); e.frame(); assert 'wcwidth' not in sys.modules;"
        "assert not {'pyte', 'asyncio', 'typing_extensions'} & set(sys.modules);"
        "e.feed('👍'.encode()); e.frame(); assert 'wcwidth' in sys.modules; import pyte; pyte.Screen(2, 2)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
