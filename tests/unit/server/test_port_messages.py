"""What sessions and the keeper of a shared port say to each other."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Malformed
from rmosh_server.port.messages import (
    LONGEST_MESSAGE,
    MAX_IDS,
    AddressPair,
    Listens,
    carry_message,
    ids_message,
    listens_message,
    packed_address,
    read_carry,
    read_ids,
    read_listens,
    read_too_long,
    too_long_message,
)

PAIRS = st.builds(
    AddressPair,
    st.binary(min_size=16, max_size=16),
    st.integers(0, 65535),
    st.integers(0, 2**32 - 1),
    st.binary(min_size=16, max_size=16),
)


@given(PAIRS, st.binary(min_size=1, max_size=100), st.integers(0, 65535))
def test_what_is_said_is_what_is_read(pair: AddressPair, data: bytes, size: int) -> None:
    assert read_carry(carry_message(pair, data)) == (pair, data)
    assert read_too_long(too_long_message(pair, size)) == (pair, size)


@given(st.frozensets(st.binary(min_size=8, max_size=8), max_size=30), st.integers(0, 65535), st.integers(0, MAX_IDS))
def test_ids_and_their_answer_are_read_as_they_were_told(ids: frozenset[bytes], port: int, refused: int) -> None:
    assert read_ids(ids_message(ids)) == ids
    assert read_listens(listens_message(Listens(port, refused))) == Listens(port, refused)


@pytest.mark.parametrize("read", [read_ids, read_listens, read_carry, read_too_long])
@given(st.binary(min_size=1, max_size=200))
def test_nonsense_is_malformed_and_nothing_else(read: Callable[[bytes], object], untrusted: bytes) -> None:
    with contextlib.suppress(Malformed):
        read(untrusted)


def test_no_datagram_is_too_long_to_be_carried_and_no_message_longer_than_that_is_read() -> None:
    pair = AddressPair(packed_address("192.0.2.1"), 60000, 0, packed_address("2001:db8::1"))
    longest = carry_message(pair, bytes(MAX_DATAGRAM))
    assert len(longest) == LONGEST_MESSAGE
    assert read_carry(longest) == (pair, bytes(MAX_DATAGRAM))
    for read, untrusted in ((read_carry, longest + b"x"), (read_ids, bytes(1 + 8 * (MAX_IDS + 1)))):
        with pytest.raises(Malformed):
            read(untrusted)


def test_addresses_of_both_families_are_written_alike() -> None:
    assert packed_address("192.0.2.1") == packed_address("::ffff:192.0.2.1")
    with pytest.raises(OSError, match="illegal"):
        packed_address("a name")
