"""Varints and byte strings: exact encodings, round trips, and Malformed for everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed, UsageError
from rmosh.wire import MAX_VARINT, Reader, append_bytes, append_varint, append_varints, encode_varint

varints = st.one_of(st.integers(0, 63), st.integers(0, 1 << 14), st.integers(0, 1 << 30), st.integers(0, MAX_VARINT))


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (37, "25"),
        (15293, "7bbd"),
        (494878333, "9d7f3e7d"),
        (151288809941952652, "c2197c5eff14e88c"),
    ],
)
def test_varints_are_those_of_rfc_9000_appendix_a_1(value: int, encoded: str) -> None:
    assert encode_varint(value).hex() == encoded
    assert Reader(bytes.fromhex(encoded)).varint() == value


@pytest.mark.parametrize(
    ("value", "size"),
    [(0, 1), (63, 1), (64, 2), (16383, 2), (16384, 4), ((1 << 30) - 1, 4), (1 << 30, 8), (MAX_VARINT, 8)],
)
def test_a_varint_takes_the_shortest_of_four_sizes(value: int, size: int) -> None:
    assert len(encode_varint(value)) == size


@pytest.mark.parametrize("value", [-1, MAX_VARINT + 1])
def test_a_value_that_no_varint_holds_is_our_own_bug(value: int) -> None:
    with pytest.raises(UsageError):
        encode_varint(value)
    with pytest.raises(UsageError):
        append_varint(bytearray(), value)


def test_a_longer_varint_than_needed_is_read_all_the_same() -> None:
    assert Reader(bytes.fromhex("4025")).varint() == 37


@given(st.lists(varints))
def test_varints_read_back_in_order_and_to_the_end(values: list[int]) -> None:
    buffer = bytearray()
    for value in values:
        append_varint(buffer, value)
    assert bytes(buffer) == b"".join(map(encode_varint, values))
    reader = Reader(bytes(buffer))
    assert [reader.varint() for _ in values] == values
    reader.end()


@given(st.lists(varints), varints)
def test_many_varints_at_once_are_those_one_by_one(values: list[int], limit: int) -> None:
    buffer = bytearray()
    append_varints(buffer, values)
    assert bytes(buffer) == b"".join(map(encode_varint, values))
    assert Reader(bytes(buffer)).varints(len(values)) == values
    if max(values, default=0) > limit:
        with pytest.raises(Malformed):
            Reader(bytes(buffer)).varints(len(values), limit=limit)


@given(st.lists(st.binary()))
def test_counted_bytes_read_back(contents: list[bytes]) -> None:
    buffer = bytearray()
    for content in contents:
        append_bytes(buffer, content)
    reader = Reader(bytes(buffer))
    assert [reader.counted_bytes(limit=len(content)) for content in contents] == contents
    assert reader.remaining == 0


def test_a_varint_above_its_limit_is_malformed() -> None:
    assert Reader(encode_varint(1000)).varint(limit=1000) == 1000
    with pytest.raises(Malformed, match="1001"):
        Reader(encode_varint(1001)).varint(limit=1000)


def test_a_refused_value_leaves_the_reader_where_it_was() -> None:
    reader = Reader(b"\x07ab")
    with pytest.raises(Malformed):
        reader.varint(limit=3)
    with pytest.raises(Malformed):
        reader.bytes(4)
    assert reader.rest() == b"\x07ab"


@pytest.mark.parametrize("untrusted", [b"", b"\x40", b"\x80\x00\x00", b"\xc0\x00\x00\x00\x00\x00\x00"])
def test_a_cut_varint_is_malformed(untrusted: bytes) -> None:
    with pytest.raises(Malformed):
        Reader(untrusted).varint()


@pytest.mark.parametrize("count", [-1, 4, 1 << 61])
def test_bytes_that_are_not_there_are_malformed(count: int) -> None:
    with pytest.raises(Malformed):
        Reader(b"abc").bytes(count)


def test_a_missing_byte_is_malformed() -> None:
    reader = Reader(b"\xff")
    assert reader.byte() == 0xFF
    with pytest.raises(Malformed):
        reader.byte()


def test_bytes_left_over_are_malformed() -> None:
    reader = Reader(b"ab")
    reader.byte()
    with pytest.raises(Malformed, match="1 byte"):
        reader.end()
    assert reader.rest() == b"b"
    reader.end()


@pytest.mark.slow
@given(st.binary(max_size=64), st.data())
def test_any_reading_of_any_bytes_raises_only_malformed(untrusted: bytes, data: st.DataObject) -> None:
    reader = Reader(untrusted)
    for _ in range(8):
        before = reader.remaining
        action = data.draw(st.sampled_from(["varint", "varints", "byte", "bytes", "counted", "end"]))
        try:
            if action == "varint":
                reader.varint(limit=data.draw(varints))
            elif action == "varints":
                reader.varints(data.draw(st.integers(0, 1 << 40)), limit=data.draw(varints))
            elif action == "byte":
                reader.byte()
            elif action == "bytes":
                reader.bytes(data.draw(st.integers(-10, 100)))
            elif action == "counted":
                reader.counted_bytes(limit=data.draw(st.integers(0, 100)))
            else:
                reader.end()
        except Malformed:
            pass
        assert 0 <= reader.remaining <= before
