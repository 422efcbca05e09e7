"""What a stream begins with: requests and answers come out as they went in, and hostile bytes are malformed."""

import contextlib
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed, UsageError
from rmosh.forwarding.answers import MAX_ANSWER_TEXT, AnswerStatus, RequestAnswer, encode_answer, parse_answer
from rmosh.forwarding.first_message import MAX_ANSWER_TO_REQUEST, MAX_REQUEST, FirstMessage
from rmosh.forwarding.requests import (
    KINDS,
    ConnectTcp,
    Request,
    RunProgram,
    UnknownRequest,
    encode_request,
    parse_request,
)
from rmosh.wire import encode_varint
from tests.unit.forwarding.streams import FakeStream, stream_pair

#: As Python reads any bytes: a file's name, a word of a command line.
TEXTS = st.binary(max_size=60).map(lambda data: data.decode("utf-8", "surrogateescape"))
VALUES = {
    "str": TEXTS,
    "int": st.integers(0, 65535),
    "bool": st.booleans(),
    "tuple": st.lists(TEXTS, max_size=5).map(tuple),
}


def _values_of(shape: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(shape, **{field.name: VALUES[getattr(field.type, "__name__", "")] for field in fields(shape)})


REQUESTS = st.sampled_from([shape for shape, _ in KINDS.values()]).flatmap(_values_of)
ANSWERS = st.builds(
    RequestAnswer,
    st.sampled_from(AnswerStatus),
    st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=80),
    st.integers(0, 65535),
)


def _first_message(whole: bytes, cuts: list[int], *, limit: int) -> tuple[bytes, bytes]:
    """Return the first message of a stream whose bytes come in pieces, and what stays in the stream."""
    ours, theirs = stream_pair()
    taker, message, begin = FirstMessage(limit=limit), None, 0
    for end in [*sorted(cut % (len(whole) + 1) for cut in cuts), len(whole)]:
        theirs.write(whole[begin:end])
        begin = end
        if message is None:
            message = taker.take(ours)
    assert message is not None
    return message, ours.read()


@given(REQUESTS, st.binary(max_size=20), st.lists(st.integers(0, 1 << 16), max_size=8))
def test_a_request_comes_out_as_it_went_in_and_what_follows_it_stays_in_the_stream(
    request: Request, data: bytes, cuts: list[int]
) -> None:
    message, left = _first_message(encode_request(request) + data, cuts, limit=MAX_REQUEST)
    assert (parse_request(message), left) == (request, data)


@given(ANSWERS, st.binary(max_size=20), st.lists(st.integers(0, 1 << 16), max_size=8))
def test_an_answer_comes_out_as_it_went_in(answer: RequestAnswer, data: bytes, cuts: list[int]) -> None:
    message, left = _first_message(encode_answer(answer) + data, cuts, limit=MAX_ANSWER_TO_REQUEST)
    assert (parse_answer(message), left) == (answer, data)


@given(st.binary(max_size=200))
def test_hostile_bytes_are_a_request_or_malformed(untrusted: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse_request(untrusted)


@given(st.binary(max_size=200))
def test_hostile_bytes_are_an_answer_that_may_be_shown_or_malformed(untrusted: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert parse_answer(untrusted).text.isprintable()


@given(st.lists(st.binary(max_size=40), max_size=10), st.booleans())
def test_a_hostile_first_message_is_taken_or_malformed_and_never_kept_beyond_its_limit(
    pieces: list[bytes], ends: bool
) -> None:
    ours, theirs = stream_pair()
    taker = FirstMessage(limit=100)
    with contextlib.suppress(Malformed):
        for untrusted in pieces:
            theirs.write(untrusted)
            message = taker.take(ours)
            assert message is None or len(message) <= 100
        if ends:
            theirs.finish()
            assert taker.take(ours) is not None


def test_a_message_that_is_too_long_is_refused_before_it_has_come() -> None:
    ours, theirs = stream_pair()
    theirs.write(encode_varint(MAX_REQUEST + 1))
    with pytest.raises(Malformed, match="16385"):
        FirstMessage(limit=MAX_REQUEST).take(ours)


def test_a_stream_that_ends_within_its_first_message_is_malformed() -> None:
    ours, theirs = stream_pair()
    theirs.write(encode_request(ConnectTcp("localhost", 80))[:-1])
    theirs.finish()
    with pytest.raises(Malformed, match="ended"):
        FirstMessage(limit=MAX_REQUEST).take(ours)


def test_a_kind_and_fields_of_later_versions_are_passed_over() -> None:
    assert parse_request(encode_varint(4000) + b"whatever") == UnknownRequest(4000)
    known = encode_request(ConnectTcp("::1", 22))[1:]
    assert parse_request(known + b"more") == ConnectTcp("::1", 22)
    assert parse_answer(encode_varint(999) + b"\x02no\x00\x07") == RequestAnswer(AnswerStatus.FAILED, "no")


def test_a_request_that_is_too_long_or_of_no_kind_is_a_fault_of_ours() -> None:
    with pytest.raises(UsageError, match="at most 16384"):
        encode_request(RunProgram("x" * MAX_REQUEST))
    with pytest.raises(UsageError, match="no kind"):
        encode_request(UnknownRequest(77))


def test_an_answers_text_is_cut_between_characters_and_shows_nothing_that_moves_a_cursor() -> None:
    long = encode_answer(RequestAnswer(AnswerStatus.REFUSED, "ü" * MAX_ANSWER_TEXT))
    assert len(long) <= MAX_ANSWER_TO_REQUEST
    _, theirs = _streams_with(long)
    taken = FirstMessage(limit=MAX_ANSWER_TO_REQUEST).take(theirs)
    assert taken is not None and parse_answer(taken).text == "ü" * (MAX_ANSWER_TEXT // 2)
    hostile = encode_answer(RequestAnswer(AnswerStatus.FAILED, "a\x1b[2J\r\n\u202eb"))
    assert parse_answer(hostile[1:]).text == "a[2Jb"


def _streams_with(data: bytes) -> tuple[FakeStream, FakeStream]:
    ours, theirs = stream_pair()
    ours.write(data)
    return ours, theirs
