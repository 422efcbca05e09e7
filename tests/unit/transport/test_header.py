"""The header's bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Foreign
from rmosh.transport.header import (
    CONNECTION_ID_BYTES,
    HEADER_BYTES,
    MAX_PACKET_NUMBER,
    OVERHEAD_BYTES,
    Header,
    connection_id_of,
    decode_header,
    encode_header,
)

HEADERS = st.builds(Header, st.binary(min_size=8, max_size=8), st.integers(0, 255), st.integers(0, MAX_PACKET_NUMBER))


@given(HEADERS)
def test_a_header_reads_back_as_it_was_written(header: Header) -> None:
    encoded = encode_header(header)
    assert len(encoded) == HEADER_BYTES
    assert decode_header(encoded) == header


@given(st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES))
def test_any_unmasked_bytes_make_a_header(unmasked: bytes) -> None:
    assert encode_header(decode_header(unmasked)) == unmasked


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
