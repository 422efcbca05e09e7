"""What is said at a door is read as it was written, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh_client.sharing.messages import (
    Answer,
    DoorQuestion,
    Here,
    Refused,
    Served,
    Wish,
    format_answer,
    format_question,
    parse_answer,
    parse_question,
)

_TEXTS = st.text(max_size=30)
_QUESTIONS = st.builds(DoorQuestion, st.sampled_from(Wish), st.lists(_TEXTS, max_size=5).map(tuple), _TEXTS)
_ANSWERS: st.SearchStrategy[Answer] = st.one_of(
    st.builds(Here, st.integers()),
    st.builds(Refused, _TEXTS),
    st.builds(Served, _TEXTS, st.lists(_TEXTS, max_size=5).map(tuple)),
)


@given(_QUESTIONS)
def test_a_question_is_one_line_that_is_read_as_it_was_written(question: DoorQuestion) -> None:
    line = format_question(question)
    assert line.count(b"\n") == 1
    assert parse_question(line) == question


@given(_ANSWERS)
def test_an_answer_is_one_line_that_is_read_as_it_was_written(answer: Answer) -> None:
    line = format_answer(answer)
    assert line.count(b"\n") == 1
    assert parse_answer(line) == answer


@given(st.one_of(st.binary(max_size=200), st.recursive(st.none(), st.lists).map(lambda value: repr(value).encode())))
def test_whatever_is_said_is_read_or_malformed(untrusted: bytes) -> None:
    for parse in (parse_question, parse_answer):
        try:
            parse(untrusted)
        except Malformed:
            continue


@pytest.mark.parametrize(
    "untrusted",
    [
        b"[]",
        b"{}",
        b'{"wish": "serve", "words": "new"}',
        b'{"wish": "serve", "words": [1]}',
        b'{"wish": "serve", "hello": 1}',
        b'{"wish": "dance"}',
        b'{"wish": ["serve"]}',
        b"[" * 100_000,
    ],
)
def test_a_question_of_other_shape_is_malformed(untrusted: bytes) -> None:
    with pytest.raises(Malformed):
        parse_question(untrusted)


@pytest.mark.parametrize("untrusted", [b'{"process": "1"}', b'{"process": true}', b'{"output": 1}', b'{"refused": []}'])
def test_an_answer_of_other_shape_is_malformed(untrusted: bytes) -> None:
    with pytest.raises(Malformed):
        parse_answer(untrusted)
