"""Answers of the user's terminal are taken out from between the keys, however they are cut; keys are never delayed."""

from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rmosh_client.colour_answers import ColourAnswers

_ANSWERS = (
    b"\x1b]4;1;rgb:cdcd/0000/0000\x1b\\\x1b]10;rgb:ff/ff/ff\x07\x1b]11;rgba:0000/0000/0000/ffff\x1b\\"
    b"\x1b]12;rgb:f/8/0\x1b\\\x1b[?64;1;2c"
)
_COLOURS = {1: 0xCD0000, 16: 0xFFFFFF, 17: 0, 18: 0xFF8800}


def sifted(*chunks: bytes) -> tuple[bytes, list[Mapping[int, int]]]:
    told: list[Mapping[int, int]] = []
    answers = ColourAnswers(told.append)
    return b"".join([answers.sift(chunk) for chunk in chunks]), told


@given(st.lists(st.integers(3, len(_ANSWERS)), max_size=5))
def test_answers_cut_anywhere_but_in_their_first_bytes_never_become_keys(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(_ANSWERS)]
    keys, told = sifted(*[_ANSWERS[start:end] for start, end in pairwise(places)])
    whole_starts = all(_ANSWERS[cut - 2 : cut].count(b"\x1b") == 0 or cut in (0, len(_ANSWERS)) for cut in places)
    if whole_starts:
        assert keys == b""
    assert len(told) <= 1


def test_keys_typed_between_the_answers_pass_in_their_order() -> None:
    first, second = _ANSWERS.split(b"\x1b]10", 1)
    keys, told = sifted(b"ls" + first + b"\x1b[A", b"x\x1b]10" + second + b"\r")
    assert keys == b"ls\x1b[Ax\r"
    assert told == [_COLOURS]


def test_keys_that_begin_like_an_answer_pass_at_once() -> None:
    for key in (b"\x1b", b"\x1b]", b"\x1b[", b"\x1b[A", b"\x1b[200~paste\x1b[201~", b"\x1b]1x"):
        assert sifted(key) == (key, [])


def test_after_the_last_answer_everything_passes() -> None:
    keys, told = sifted(b"\x1b[?1;2c", b"\x1b]11;rgb:0/0/0\x07")
    assert keys == b"\x1b]11;rgb:0/0/0\x07"
    assert told == []


@given(
    st.lists(st.binary(max_size=30) | st.sampled_from([_ANSWERS, b"\x1b]11;rgb:", b"\x1b[?", b"\x1b]4;9"]), max_size=8)
)
def test_what_is_held_back_is_bounded_and_nothing_raises(chunks: list[bytes]) -> None:
    answers = ColourAnswers(lambda _: None)
    taken = sum(len(answers.sift(chunk)) for chunk in chunks)
    assert taken <= sum(map(len, chunks))
    assert len(answers.sift(b"x" * 100)) >= 100
