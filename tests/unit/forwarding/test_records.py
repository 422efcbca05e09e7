"""What a program at the far side says comes through as it was, in whatever pieces, and nothing else gets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh.forwarding.records import (
    MAX_HEAD,
    MAX_RECORD,
    Exited,
    InputClosed,
    Killed,
    Output,
    Record,
    RecordReader,
    encode_ending,
    output_head,
)
from rmosh.wire import encode_varint

RECORDS = st.one_of(
    st.builds(Output, st.binary(min_size=1, max_size=300), st.booleans()),
    st.builds(InputClosed),
    st.builds(Exited, st.integers(0, 255)),
    st.builds(Killed, st.integers(0, 127)),
)


def written(record: Record) -> bytes:
    if isinstance(record, Output):
        return output_head(len(record.data), is_error=record.is_error) + record.data
    return encode_ending(record)


def joined(records: list[Record]) -> list[Record]:
    """Return records with the pieces of each kind of output put together, as far as they stand side by side."""
    whole: list[Record] = []
    for record in records:
        last = whole[-1] if whole else None
        if isinstance(record, Output) and isinstance(last, Output) and record.is_error == last.is_error:
            whole[-1] = Output(last.data + record.data, record.is_error)
        else:
            whole.append(record)
    return whole


@given(st.lists(RECORDS, max_size=12), st.lists(st.integers(1, 40), max_size=40))
def test_records_come_through_in_whatever_pieces(records: list[Record], cuts: list[int]) -> None:
    stream = b"".join(map(written, records))
    reader, taken, position = RecordReader(), [], 0
    for cut in [*cuts, len(stream)]:
        taken += reader.feed(stream[position : position + cut])
        position += cut
    assert joined(taken) == joined(records)
    assert not reader._held and not reader._left


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_whatever_a_stranger_sends_nothing_is_raised_but_malformed(untrusted: list[bytes]) -> None:
    reader = RecordReader()
    try:
        for piece in untrusted:
            reader.feed(piece)
    except Malformed:
        pass
    assert len(reader._held) <= MAX_RECORD


def test_output_is_handed_on_before_its_record_is_whole() -> None:
    reader = RecordReader()
    assert reader.feed(output_head(10, is_error=True) + b"abc") == [Output(b"abc", is_error=True)]
    assert reader._left == 7


def test_a_record_of_a_later_version_is_passed_over() -> None:
    later = encode_varint(77) + encode_varint(5) + b"later"
    assert RecordReader().feed(later + encode_ending(Exited(3))) == [Exited(3)]


def test_what_a_later_version_adds_to_a_record_is_passed_over() -> None:
    assert RecordReader().feed(b"\x04\x02\x03\x09" + encode_ending(Killed(9))) == [Exited(3), Killed(9)]


@pytest.mark.parametrize(
    "untrusted",
    [
        output_head(1, is_error=False)[:1] + encode_varint(MAX_RECORD + 1),
        b"\x04" + encode_varint(65),
        b"\x04\x01" + b"\x3f"[:0] + b"\xff",
        b"\x04\x02" + encode_varint(256),
        b"\x05\x02" + encode_varint(128),
    ],
    ids=["output", "ending", "cut number", "status", "signal"],
)
def test_what_is_out_of_bounds_is_refused(untrusted: bytes) -> None:
    with pytest.raises(Malformed):
        RecordReader().feed(untrusted)


def test_a_head_is_never_waited_for_beyond_its_bound() -> None:
    reader = RecordReader()
    assert reader.feed(b"\xff" * 7) == []
    with pytest.raises(Malformed):
        reader.feed(b"\xff" * MAX_HEAD)
