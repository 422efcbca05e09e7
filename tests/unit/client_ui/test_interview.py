"""Answers of the user's terminal are taken out from between the keys, however they are cut; keys are never delayed."""

from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal_input import JOIN, LONGEST_STRING
from rmosh_client.typing.colour_answers import ColourAnswers
from rmosh_client.typing.interview import FENCE, Interview
from tests.unit.client_ui.client_ui_typing import bytes_of
from tests.unit.client_ui.client_ui_typing import sifted as passed

_FENCE = b"\x1b[?64;1;2c"
_ANSWERS = (
    b"\x1b]4;1;rgb:cdcd/0000/0000\x1b\\\x1b]10;rgb:ff/ff/ff\x07\x1b]11;rgba:0000/0000/0000/ffff\x1b\\"
    b"\x1b]12;rgb:f/8/0\x1b\\" + _FENCE
)
_COLOURS = {1: 0xCD0000, 16: 0xFFFFFF, 17: 0, 18: 0xFF8800}

#: What terminals say of themselves that nobody here asks for. Source: xterm 412, kitty 0.48, foot 1.28.
_FOREIGN = (
    b"\x1bP>|XTerm(412)\x1b\\",
    b"\x1b[?0u",
    b"\x1b[>41;412;0c",
    b"\x1bP1+r524742=382F382F38\x1b\\",
    b"\x1bP1$r0;48:2::1:2:3m\x1b\\",
    b"\x1b[?2026;2$y",
    b"\x1b_Gi=31;OK\x1b\\",
)


def asked(now: float = 0.0) -> tuple[Interview, list[Mapping[int, int]]]:
    told: list[Mapping[int, int]] = []
    interview = Interview()
    assert interview.ask((ColourAnswers(told.append),), now=now).endswith(FENCE)
    return interview, told


def sifted(*chunks: bytes) -> tuple[bytes, list[Mapping[int, int]]]:
    interview, told = asked()
    return passed(interview, *chunks), told


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


def test_answers_that_belong_to_no_question_are_no_keys_either() -> None:
    for answer in _FOREIGN:
        for cut in range(3, len(answer)):
            assert sifted(b"a" + answer[:cut], answer[cut:] + b"b") == (b"ab", [])


def test_keys_that_begin_like_an_answer_pass_at_once() -> None:
    for key in (
        b"\x1b",
        b"\x1b]",
        b"\x1b[",
        b"\x1bP",
        b"\x1b[A",
        b"\x1b[200~paste\x1b[201~",
        b"\x1b]1x",
        b"\x1b[<0;1;1M",
    ):
        assert sifted(key) == (key, [])


def test_modified_keys_pass_while_answers_are_due() -> None:
    for key in (b"\x1b[1;5A", b"\x1b[27;5;13~", b"\x1b[13;5u", b"\x1b[97;5:3u", b"\x1bOP", b"\x1b[I"):
        assert sifted(key) == (key, [])


def test_after_the_last_answer_everything_passes() -> None:
    keys, told = sifted(_FENCE, b"\x1b]11;rgb:0/0/0\x07")
    assert keys == b"\x1b]11;rgb:0/0/0\x07"
    assert told == []


def test_each_round_ends_with_its_own_fence() -> None:
    interview, told = asked()
    second: list[Mapping[int, int]] = []
    interview.ask((ColourAnswers(second.append),), now=0.0)
    assert passed(interview, _ANSWERS + b"a" + _ANSWERS + b"\x1b[?1c") == b"a\x1b[?1c"
    assert (told, second) == ([_COLOURS], [_COLOURS])


def test_the_first_answer_is_told_once_and_until_then_nothing_is_known_of_the_terminal() -> None:
    interview, _ = asked()
    told: list[bool] = []
    interview.on_first_answer = lambda: told.append(interview.is_unanswered)
    assert interview.is_unanswered
    passed(interview, _ANSWERS)
    interview.ask((), now=1.0)
    assert not interview.is_unanswered
    passed(interview, _FENCE)
    assert told == [False]


def test_answers_are_worth_waiting_for_longer_from_a_terminal_that_has_answered_before() -> None:
    interview, _ = asked(now=5.0)
    interview.ask((), now=5.5)
    assert interview.due_by == 6.5
    passed(interview, _FENCE)
    passed(interview, _FENCE)
    assert interview.due_by is None
    interview.ask((), now=7.0)
    assert interview.due_by == 9.0


@given(
    st.lists(
        st.binary(max_size=30) | st.sampled_from([_ANSWERS, b"\x1b]11;rgb:", b"\x1b[?", b"\x1b]4;9", b"\x1bP>|"]),
        max_size=8,
    )
)
def test_what_is_held_back_is_bounded_and_nothing_raises(chunks: list[bytes]) -> None:
    interview, _ = asked()
    taken = sum(len(passed(interview, chunk)) for chunk in chunks)
    assert taken <= sum(map(len, chunks))
    assert len(passed(interview, b"x" * 2 * LONGEST_STRING)) >= LONGEST_STRING


@given(st.integers(1, len(_ANSWERS) - 1), st.sampled_from([b"", b"ls\r", b"\x1b[A", b"\x1b[1;5A"]))
def test_keys_come_out_from_between_answers_that_are_cut_anywhere(cut: int, keys: bytes) -> None:
    """Also in an answer's first bytes, but for those of the first: an Escape there may be a hand's."""
    interview, told = asked()
    passed_keys = passed(interview, keys + _ANSWERS[:cut])
    passed_keys += passed(interview, _ANSWERS[cut:] + keys, now=0.02)
    assert passed_keys == keys + (_ANSWERS[:cut] if cut < 3 else b"") + keys
    assert told == [_COLOURS]


def test_escape_among_answers_is_let_go_soon_and_an_answer_that_stays_away_no_longer_keeps_keys() -> None:
    interview, _ = asked()
    assert passed(interview, _ANSWERS.removesuffix(_FENCE) + b"\x1b") == b""
    assert interview.next_wakeup() == JOIN
    assert bytes_of(interview.let_go(now=JOIN)) == b"\x1b"
    assert passed(interview, b"\x1b]11;rgb:", now=1.0) == b""
    assert interview.let_go(now=3.0) == []
    assert passed(interview, b"ls", now=3.1) == b"ls"


def test_a_key_whose_rest_does_not_come_is_let_go_while_an_answer_may_still_come() -> None:
    interview, _ = asked()
    assert passed(interview, b"\x1b[1") == b""
    wakeup = interview.next_wakeup()
    assert wakeup is not None and bytes_of(interview.let_go(now=wakeup)) == b"\x1b[1"
