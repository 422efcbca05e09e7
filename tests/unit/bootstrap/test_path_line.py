"""The line that says that a session goes on in a channel."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh.hello import new_hello
from rmosh_client.bootstrap.path_line import PathReader

HELLO = new_hello(entropy=bytes(range(16)), stream=True)
LINE = f"RMOSH-PATH nonce={HELLO.nonce}\n".encode()


def read(*chunks: bytes) -> PathReader:
    reader = PathReader(HELLO)
    for chunk in chunks:
        reader.feed(chunk)
    return reader


@given(chunks=st.lists(st.binary(max_size=64) | st.just(LINE[:20]) | st.just(LINE)))
def test_any_output_is_read_or_malformed(chunks: list[bytes]) -> None:
    with contextlib.suppress(Malformed):
        assert read(*chunks).behind is None or LINE.strip() in b"".join(chunks)


@given(before=st.binary(max_size=100), behind=st.binary(max_size=100), cut=st.integers(0, 250))
def test_what_follows_is_kept_to_the_byte_however_it_is_cut(before: bytes, behind: bytes, cut: int) -> None:
    output = before + b"\n" + LINE + behind
    reader = PathReader(HELLO)
    reader.feed(output[:cut])
    if reader.behind is None:
        reader.feed(output[cut:])
        assert reader.behind == behind
    else:
        assert behind.startswith(reader.behind)


def test_a_line_for_another_hello_is_passed_over() -> None:
    assert read(b"RMOSH-PATH nonce=" + b"0" * 32 + b"\n").behind is None


def test_endless_chatter_is_an_error() -> None:
    with pytest.raises(Malformed, match="no RMOSH-PATH line"):
        read(b"y\n" * 100_000)
