"""The header's bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Foreign
from rmosh.transport.header import (
    HEADER_BYTES,
    MAX_DATAGRAM_BYTES,
    MAX_PACKET_NUMBER,
    OVERHEAD_BYTES,
    Header,
    encode_header,
    parse_header,
)

HEADERS = st.builds(Header, st.binary(min_size=8, max_size=8), st.integers(0, 255), st.integers(0, MAX_PACKET_NUMBER))


@given(HEADERS, st.binary(min_size=OVERHEAD_BYTES - HEADER_BYTES + 1, max_size=64))
def test_a_header_reads_back_as_it_was_written(header: Header, sealed: bytes) -> None:
    encoded = encode_header(header)
    assert len(encoded) == HEADER_BYTES
    assert parse_header(encoded + sealed) == header


@given(st.binary(max_size=80))
def test_arbitrary_bytes_raise_nothing_but_foreign(untrusted: bytes) -> None:
    try:
        header = parse_header(untrusted)
    except Foreign:
        assert len(untrusted) <= OVERHEAD_BYTES
    else:
        assert encode_header(header) == untrusted[:HEADER_BYTES]


@pytest.mark.parametrize("length", [0, HEADER_BYTES, OVERHEAD_BYTES, MAX_DATAGRAM_BYTES + 1])
def test_what_cannot_be_a_datagram_is_foreign(length: int) -> None:
    with pytest.raises(Foreign, match=f"{length} bytes"):
        parse_header(bytes(length))
