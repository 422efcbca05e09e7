"""Bytes to keys: names, and bytes cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.prediction.keys import KeyReader


def names(typed: bytes) -> list[str]:
    keys, _ = KeyReader().read(typed, end=len(typed), now=0.0)
    return [key.name for key in keys]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (b"\x1b[D", ["left"]),
        (b"\x1bOD", ["left"]),
        (b"\x1b[3~", ["delete"]),
        (b"\x1b[1;5C", ["ctrl+right"]),
        (b"\x1b[200~a\x1b[201~", ["paste-start", "a", "paste-end"]),
        (b"\x1bb", ["alt+b"]),
        (b"\x17", ["ctrl+w"]),
        (b"\x7f\x08", ["backspace", "backspace"]),
        (b"\r\t", ["enter", "tab"]),
        ("é漢".encode(), ["é", "漢"]),
        (b"\x1b", ["escape"]),
        (b"\x1b[<0;3;4M", ["mouse"]),
        (b"\xff", ["byte:ff"]),
    ],
)
def test_bytes_are_named(typed: bytes, expected: list[str]) -> None:
    assert names(typed) == expected


def test_escape_followed_soon_by_a_bracket_was_the_start_of_a_sequence() -> None:
    reader = KeyReader()
    keys, _ = reader.read(b"\x1b", end=1, now=0.0)
    assert [key.name for key in keys] == ["escape"]
    keys, replaces = reader.read(b"[A", end=3, now=0.01)
    assert ([key.name for key in keys], replaces) == (["up"], True)


def test_escape_followed_later_by_a_capital_o_is_two_keys() -> None:
    reader = KeyReader()
    reader.read(b"\x1b", end=1, now=0.0)
    keys, replaces = reader.read(b"O", end=2, now=0.3)
    assert ([key.name for key in keys], replaces) == (["O"], False)


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_any_bytes_cut_anywhere_give_keys_with_rising_ends(typed: bytes, cuts: list[int]) -> None:
    reader = KeyReader()
    ends, position = [], 0
    for cut in [*sorted(cuts), len(typed)]:
        part = typed[position : max(position, min(cut, len(typed)))]
        position += len(part)
        keys, _ = reader.read(part, end=position, now=position * 1.0)
        ends += [key.end for key in keys]
    assert ends == sorted(ends)
    assert all(0 < end <= len(typed) for end in ends)


def test_a_mouse_report_of_the_oldest_kind_is_no_text() -> None:
    assert names(b"\x1b[M !!x") == ["mouse", "x"]


def test_what_is_pasted_is_characters_whatever_it_looks_like() -> None:
    assert names(b"\x1b[200~\x1b[A\x1b[201~") == ["paste-start", "escape", "[", "A", "paste-end"]


def test_a_sequence_cut_in_its_second_byte_is_the_key_that_it_becomes() -> None:
    reader = KeyReader()
    keys, _ = reader.read(b"\x1b[", end=2, now=0.0)
    assert [key.name for key in keys] == ["alt+["]
    keys, replaces = reader.read(b"1;5C", end=6, now=0.01)
    assert ([(key.name, key.end) for key in keys], replaces) == ([("ctrl+right", 6)], True)
