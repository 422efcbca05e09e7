"""Reed-Solomon: any k of n symbols rebuild, and hostile symbols are refused."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed, UsageError
from rmosh.transport.erasure import (
    MAX_MESSAGE_BYTES,
    MAX_MESSAGE_SYMBOLS,
    BlockLayout,
    encode_symbol,
    rebuild,
)


def multiply(left: int, right: int) -> int:
    """Multiply in GF(256) the schoolbook way."""
    product = 0
    for bit in range(8):
        product ^= (left << bit) * (right >> bit & 1)
    for bit in range(14, 7, -1):
        product ^= (0x11D << bit - 8) * (product >> bit & 1)
    return product


@given(st.integers(1, 32), st.integers(1, 40), st.randoms(use_true_random=False))
def test_any_k_different_symbols_rebuild_a_block(count: int, size: int, chance: random.Random) -> None:
    sources = [chance.randbytes(size) for _ in range(count)]
    chosen = chance.sample(range(256), count)
    assert rebuild(count, {index: encode_symbol(sources, index) for index in chosen}) == sources


@pytest.mark.parametrize("count", range(1, 33))
def test_every_symbol_of_a_full_block_is_usable(count: int) -> None:
    sources = [bytes([source, 255 - source]) for source in range(count)]
    symbols = [encode_symbol(sources, index) for index in range(256)]
    for start in range(0, 256 - count, count):
        window = {index: symbols[index] for index in range(start, start + count)}
        assert rebuild(count, window) == sources


@given(st.integers(1, 32), st.integers(0, 255))
def test_parity_is_the_sum_that_the_protocol_writes_down(count: int, parity: int) -> None:
    parity = max(parity, count)
    sources = [bytes([7 * source + 1 & 0xFF]) for source in range(count)]
    # sum of c * source with c = p (k xor i) / (k (p xor i)), multiplied out to avoid a division
    denominators = [multiply(count, parity ^ source) for source in range(count)]
    total, common = 0, 1
    for denominator in denominators:
        common = multiply(common, denominator)
    for index, source in enumerate(sources):
        term = multiply(multiply(parity, count ^ index), source[0])
        for other, denominator in enumerate(denominators):
            term = multiply(term, denominator if other != index else 1)
        total ^= term
    assert multiply(encode_symbol(sources, parity)[0], common) == total


def test_the_first_parity_is_the_plain_xor() -> None:
    assert encode_symbol([b"\x01\xf0", b"\x02\x0f", b"\x04\xff"], 3) == b"\x07\x00"


@given(st.binary(min_size=1, max_size=50), st.integers(0, 255))
def test_a_block_of_one_repeats_its_source(source: bytes, index: int) -> None:
    assert encode_symbol([source], index) == source
    assert rebuild(1, {index: source}) == [source]


@given(st.integers(-1, 40), st.dictionaries(st.integers(-2, 260), st.binary(max_size=3), max_size=40))
def test_rebuilding_from_anything_raises_only_malformed(count: int, symbols: dict[int, bytes]) -> None:
    try:
        sources = rebuild(count, symbols)
    except Malformed:
        return
    assert len(sources) == count


@pytest.mark.parametrize(
    ("count", "symbols", "complaint"),
    [
        (2, {0: b"a"}, "1 symbols do not rebuild a block of 2"),
        (2, {0: b"a", 5: b"ab"}, "several lengths"),
        (1, {256: b"a"}, "allows 0 to 255"),
        (33, dict.fromkeys(range(33), b"a"), "a block of 33"),
        (0, {}, "a block of 0"),
    ],
)
def test_symbols_that_make_no_block_are_malformed(count: int, symbols: dict[int, bytes], complaint: str) -> None:
    with pytest.raises(Malformed, match=complaint):
        rebuild(count, symbols)


@pytest.mark.parametrize(("count", "index"), [(0, 0), (33, 0), (1, 256), (1, -1)])
def test_a_symbol_that_does_not_exist_is_not_made(count: int, index: int) -> None:
    with pytest.raises(UsageError):
        encode_symbol([b"a"] * count, index)


@given(st.integers(1, MAX_MESSAGE_BYTES), st.integers(256, 65507))
def test_blocks_share_out_all_symbols_in_order_and_evenly(length: int, size: int) -> None:
    layout = BlockLayout.of(length, min(size, length))
    blocks = [layout.sources(block) for block in range(layout.block_count)]
    assert [symbol for block in blocks for symbol in block] == list(range(layout.symbol_count))
    assert max(map(len, blocks)) <= 32
    assert max(map(len, blocks)) - min(map(len, blocks)) <= 1


@pytest.mark.parametrize(
    ("length", "size"),
    [(0, 1), (10, 0), (10, 11), (MAX_MESSAGE_BYTES + 1, 1000), (MAX_MESSAGE_SYMBOLS + 1, 1)],
)
def test_a_layout_out_of_bounds_is_the_peers_or_our_mistake(length: int, size: int) -> None:
    with pytest.raises(Malformed):
        BlockLayout.claimed(length, size)
    with pytest.raises(UsageError):
        BlockLayout.of(length, size)
