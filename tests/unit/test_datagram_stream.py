"""Datagrams on a stream of bytes, however the bytes are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.datagram_stream import (
    LENGTH_BYTES,
    MAX_DATAGRAM,
    MAX_PASSED_OVER,
    DatagramStream,
    framed,
    opening_line,
)
from rmosh.errors import Malformed, UsageError

NONCE = "000102030405060708090a0b0c0d0e0f"
DATAGRAMS = st.lists(st.binary(min_size=1, max_size=400), max_size=12)


def _pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted(cut % (len(stream) + 1) for cut in cuts)
    return [stream[begin:end] for begin, end in zip([0, *ends], [*ends, len(stream)], strict=True)]


def _fed(stream: DatagramStream, pieces: list[bytes]) -> list[bytes]:
    return [datagram for piece in pieces for datagram in stream.feed(piece)]


@given(DATAGRAMS, st.lists(st.integers(0, 1 << 20), max_size=20))
def test_datagrams_come_out_as_they_went_in_however_the_stream_is_cut(sent: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(framed, sent))
    assert _fed(DatagramStream(), _pieces(stream, cuts)) == sent


@given(st.binary(max_size=300), DATAGRAMS, st.lists(st.integers(0, 1 << 20), max_size=20))
def test_what_stands_before_the_opening_line_is_passed_over(left: bytes, sent: list[bytes], cuts: list[int]) -> None:
    whole = left + b"\n" + opening_line(NONCE) + b"".join(map(framed, sent))
    assert _fed(DatagramStream(behind=opening_line(NONCE)), _pieces(whole, cuts)) == sent


def test_an_opening_line_may_end_as_a_terminal_ends_it() -> None:
    stream = DatagramStream(behind=opening_line(NONCE))
    assert not stream.has_begun
    assert stream.feed(f"RMOSH-STREAM {NONCE}\r\n".encode() + framed(b"one")) == [b"one"]
    assert stream.has_begun


def test_another_clients_opening_line_is_none() -> None:
    stream = DatagramStream(behind=opening_line(NONCE))
    assert stream.feed(opening_line("f" * 32) + framed(b"\n")) == []
    assert not stream.has_begun


@given(st.lists(st.binary(max_size=300), max_size=10), st.booleans())
def test_hostile_bytes_give_datagrams_within_bounds_or_are_malformed(pieces: list[bytes], opened: bool) -> None:
    stream = DatagramStream(behind=b"" if opened else opening_line(NONCE))
    for untrusted in pieces:
        try:
            assert all(0 < len(datagram) <= MAX_DATAGRAM for datagram in stream.feed(untrusted))
        except Malformed:
            with pytest.raises(Malformed):
                stream.feed(b"")
            return


@pytest.mark.parametrize("length", [0, MAX_DATAGRAM + 1, 0xFFFF])
def test_a_length_out_of_bounds_ends_the_stream_at_once_and_for_good(length: int) -> None:
    stream = DatagramStream()
    with pytest.raises(Malformed, match=f"one has {length}"):
        stream.feed(length.to_bytes(LENGTH_BYTES, "big"))
    with pytest.raises(Malformed):
        stream.feed(framed(b"what would be whole"))


def test_input_without_an_opening_line_is_given_up_after_a_bounded_number_of_bytes() -> None:
    stream = DatagramStream(behind=opening_line(NONCE))
    assert stream.feed(bytes(MAX_PASSED_OVER)) == []
    with pytest.raises(Malformed, match="RMOSH-STREAM"):
        stream.feed(b"\0")


def test_the_longest_datagram_goes_through_and_a_longer_one_is_not_sent() -> None:
    assert DatagramStream().feed(framed(bytes(MAX_DATAGRAM))) == [bytes(MAX_DATAGRAM)]
    for wrong in (b"", bytes(MAX_DATAGRAM + 1)):
        with pytest.raises(UsageError):
            framed(wrong)
