"""What mode 2027 counts: grapheme clusters of one or two columns."""

import pytest

from rmosh.terminal.graphemes import cluster_width, joins
from rmosh.terminal.width import COMMON_WIDTHS, MAX_CLUSTER

FAMILY = "👩\u200d👩\u200d👧"


def clusters(text: str) -> list[str]:
    found: list[str] = []
    for character in text:
        if found and joins(found[-1], character, COMMON_WIDTHS):
            found[-1] += character
        else:
            found.append(character)
    return found


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
        ("हिन्दी", ["हि", "न\u094d", "दी"]),
        ("שָׁלוֹם", ["שָׁ", "ל", "וֹ", "ם"]),
        ("\u1112\u1161\u11ab\u1100", ["\u1112\u1161\u11ab", "\u1100"]),
        ("漢🏽", ["漢🏽"]),
        ("1\ufe0f\u20e3🏽", ["1\ufe0f\u20e3🏽"]),
        ("❤\ufe0fिa", ["❤\ufe0fि", "a"]),
        ("a\u200d👍", ["a\u200d", "👍"]),
    ],
)
def test_text_is_cut_into_grapheme_clusters_as_kitty_does(text: str, expected: list[str]) -> None:
    assert clusters(text) == expected


@pytest.mark.parametrize(
    ("cluster", "width"),
    [
        ("a", 1),
        ("e\u0301", 1),
        ("漢", 2),
        ("か\u3099", 2),
        ("❤", 1),
        ("❤\ufe0f", 2),
        ("1\ufe0f\u20e3", 2),
        ("a\ufe0f", 1),
        (FAMILY, 2),
        ("🇫", 1),
        ("🇫🇷", 2),
        ("👍🏽", 2),
        ("हि", 1),
        ("\u1100\u1161", 2),
    ],
)
def test_a_cluster_takes_the_columns_of_its_first_character_and_two_as_an_emoji(cluster: str, width: int) -> None:
    assert cluster_width(cluster, COMMON_WIDTHS) == width


def test_an_endless_cluster_takes_marks_only() -> None:
    assert not joins("👩" + "\u200d" * (MAX_CLUSTER - 1), "👩", COMMON_WIDTHS)
