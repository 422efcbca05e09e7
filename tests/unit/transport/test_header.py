"""The header's bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Foreign
from rmosh.transport.header import (
    CONNECTION_ID_BYTES,
    FIELD_BYTES,
    HEADER_BYTES,
    MAX_PACKET_NUMBER,
    OVERHEAD_BYTES,
    connection_id_of,
    epoch_and_number,
    fields_of,
)


@given(st.integers(0, 1 << 20), st.integers(0, MAX_PACKET_NUMBER))
def test_the_fields_read_back_as_they_were_written(epoch: int, packet_number: int) -> None:
    assert epoch_and_number(fields_of(epoch, packet_number)) == (epoch % 256, packet_number)


@given(st.binary(min_size=FIELD_BYTES, max_size=FIELD_BYTES))
def test_any_unmasked_bytes_make_an_epoch_and_a_number(unmasked: bytes) -> None:
    fields = fields_of(*epoch_and_number(int.from_bytes(unmasked, "big")))
    assert fields.to_bytes(FIELD_BYTES, "big") == unmasked


@given(st.binary(max_size=80))
def test_arbitrary_bytes_raise_nothing_but_foreign(untrusted: bytes) -> None:
    try:
        connection_id = connection_id_of(untrusted)
    except Foreign:
        assert len(untrusted) <= OVERHEAD_BYTES
    else:
        assert connection_id == untrusted[:CONNECTION_ID_BYTES]


@pytest.mark.parametrize("length", [0, HEADER_BYTES, OVERHEAD_BYTES, MAX_DATAGRAM + 1])
def test_what_cannot_be_a_datagram_is_foreign(length: int) -> None:
    with pytest.raises(Foreign, match=f"{length} bytes"):
        connection_id_of(bytes(length))
