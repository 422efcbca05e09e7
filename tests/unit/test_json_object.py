"""JSON objects as bytes: a line each, and Malformed for whatever is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh.json_object import format_line, parse_object

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(told=st.dictionaries(st.text(), _JSON))
def test_an_object_is_one_line_of_ascii_and_arrives_as_it_was(told: dict[str, object]) -> None:
    line = format_line(told)
    assert line.isascii() and line.index(b"\n") == len(line) - 1
    assert parse_object(line, called="this") == told


@given(untrusted=st.binary() | _JSON.map(lambda value: json.dumps(value).encode()))
def test_of_other_bytes_nothing_but_an_object_or_malformed_comes(untrusted: bytes) -> None:
    try:
        assert isinstance(parse_object(untrusted, called="this"), dict)
    except Malformed as problem:
        assert str(problem) == "this is one JSON object"


@pytest.mark.parametrize(
    "untrusted", [b"", b"[]", b"null", b"\xff", b"{", b"[" * 60000], ids=lambda told: repr(told[:2])
)
def test_what_is_no_object_is_malformed_and_not_repeated(untrusted: bytes) -> None:
    with pytest.raises(Malformed, match=r"^a letter is one JSON object$") as raised:
        parse_object(untrusted, called="a letter")
    assert raised.value.__context__ is None
