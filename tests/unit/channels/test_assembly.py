"""Screen messages cut and put together, whatever arrives, within bounds."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.channels.screen.assembly import MAX_HELD_BYTES, MAX_INCOMPLETE, Assemblies, Symbols
from rmosh.channels.screen.frames import ScreenSymbol
from rmosh.errors import Malformed, UsageError
from rmosh.transport.erasure import MAX_MESSAGE_BYTES


def screen_of(symbols: Symbols, block: int, index: int, *, number: int = 1, base: int = 0) -> ScreenSymbol:
    data = symbols.symbol(block, index)
    return ScreenSymbol(number, base, symbols.length, symbols.symbol_size, block, index, data)


@given(st.binary(min_size=1, max_size=600), st.integers(1, 40), st.randoms(use_true_random=False))
def test_enough_symbols_of_each_block_in_any_order_give_the_message_once(
    message: bytes, size: int, chance: random.Random
) -> None:
    symbols, assemblies = Symbols(message, max_symbol_size=size), Assemblies()
    arrivals = [
        screen_of(symbols, block, index)
        for block in range(symbols.total_blocks)
        for index in chance.sample(range(256), symbols.needed(block))
    ]
    chance.shuffle(arrivals)
    arrivals += arrivals
    results = [assemblies.add(screen) for screen in arrivals]
    assert results[len(arrivals) // 2 - 1] == message
    assert [result for result in results if result is not None] == [message]
    assert len(assemblies) == 0


@given(st.integers(1, 5000), st.integers(1, 1500))
def test_symbols_are_as_few_as_the_size_allows_and_hardly_padded(length: int, size: int) -> None:
    symbols = Symbols(bytes(length), max_symbol_size=size)
    count = sum(symbols.needed(block) for block in range(symbols.total_blocks))
    assert symbols.symbol_size <= size
    assert count == -(-length // min(size, length))
    assert 0 <= count * symbols.symbol_size - length < count


@pytest.mark.parametrize("length", [0, MAX_MESSAGE_BYTES + 1])
def test_a_message_that_no_frame_can_carry_is_refused(length: int) -> None:
    with pytest.raises(UsageError):
        Symbols(bytes(length), max_symbol_size=1000)


def test_the_longest_message_goes_through() -> None:
    message = random.Random(1).randbytes(MAX_MESSAGE_BYTES)
    symbols, assemblies = Symbols(message, max_symbol_size=65_000), Assemblies()
    results = [
        assemblies.add(screen_of(symbols, block, index))
        for block in range(symbols.total_blocks)
        for index in range(symbols.needed(block))
    ]
    assert results[-1] == message


def test_several_messages_are_put_together_at_once() -> None:
    assemblies = Assemblies()
    first, second = (Symbols(bytes([fill]) * 10, max_symbol_size=5) for fill in (1, 2))
    assert assemblies.add(screen_of(first, 0, 0, number=1)) is None
    assert assemblies.add(screen_of(second, 0, 2, number=2, base=0)) is None
    assert assemblies.add(screen_of(first, 0, 1, number=1)) == bytes([1]) * 10
    assert assemblies.add(screen_of(second, 0, 1, number=2, base=0)) == bytes([2]) * 10


def test_a_whole_message_makes_older_ones_pointless() -> None:
    assemblies = Assemblies()
    old, new = Symbols(b"old message", max_symbol_size=6), Symbols(b"new", max_symbol_size=6)
    assemblies.add(screen_of(old, 0, 0, number=1))
    assert assemblies.add(screen_of(new, 0, 0, number=2)) == b"new"
    assert assemblies.add(screen_of(old, 0, 1, number=1)) is None
    assert len(assemblies) == 0


def test_what_was_forgotten_does_not_come_back() -> None:
    assemblies = Assemblies()
    symbols = Symbols(b"ab", max_symbol_size=1)
    for number in (3, 4):
        assemblies.add(screen_of(symbols, 0, 0, number=number))
    assemblies.forget_through(3)
    assemblies.forget_through(2)
    assert assemblies.add(screen_of(symbols, 0, 1, number=3)) is None
    assert assemblies.add(screen_of(symbols, 0, 1, number=4)) == b"ab"


def test_only_the_newest_incomplete_messages_are_held() -> None:
    assemblies = Assemblies()
    symbols = Symbols(b"ab", max_symbol_size=1)
    for number in range(2, 2 + MAX_INCOMPLETE + 1):
        assemblies.add(screen_of(symbols, 0, 0, number=number))
    assert len(assemblies) == MAX_INCOMPLETE
    for number in (1, 2):
        assert assemblies.add(screen_of(symbols, 0, 1, number=number)) is None
    assert assemblies.add(screen_of(symbols, 0, 1, number=3)) == b"ab"


@pytest.mark.parametrize(
    "second",
    [
        ScreenSymbol(5, 3, 10, 5, 0, 1, b"abcde"),
        ScreenSymbol(5, 4, 9, 5, 0, 1, b"abcde"),
        ScreenSymbol(5, 4, 10, 6, 0, 1, b"abcdef"),
        ScreenSymbol(5, 4, 10, 5, 0, 1, b"abcd"),
        ScreenSymbol(5, 4, 10, 5, 1, 1, b"abcde"),
        ScreenSymbol(5, 4, 10, 11, 0, 1, b"abcdefghijk"),
    ],
)
def test_a_symbol_that_disagrees_with_its_message_is_malformed(second: ScreenSymbol) -> None:
    assemblies = Assemblies()
    assemblies.add(ScreenSymbol(5, 4, 10, 5, 0, 0, b"abcde"))
    with pytest.raises(Malformed):
        assemblies.add(second)
    assert assemblies.add(ScreenSymbol(5, 4, 10, 5, 0, 1, b"fghij")) == b"abcdefghij"


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.integers(1, 400), st.integers(1, 9), st.integers(0, 9), st.integers(0, 255)),
        max_size=80,
    )
)
def test_hostile_symbols_raise_only_malformed_and_hold_few_messages(
    claims: list[tuple[int, int, int, int, int]],
) -> None:
    assemblies = Assemblies()
    for number, length, size, block, symbol in claims:
        try:
            assemblies.add(ScreenSymbol(number, number - 1, length, size, block, symbol, bytes(size)))
        except Malformed:
            continue
    assert len(assemblies) <= MAX_INCOMPLETE


def test_hostile_messages_never_hold_more_bytes_than_allowed() -> None:
    assemblies = Assemblies()
    size = 60_000
    layout = Symbols(bytes(MAX_MESSAGE_BYTES), max_symbol_size=size)
    data = bytes(layout.symbol_size)
    held = []
    for number in range(1, 9):
        for block in range(layout.total_blocks):
            for symbol in range(layout.needed(block) - 1):
                screen = ScreenSymbol(number, 0, layout.length, layout.symbol_size, block, symbol, data)
                assert assemblies.add(screen) is None
                held.append(assemblies.held_bytes)
    assert MAX_HELD_BYTES - 2 * size < max(held) <= MAX_HELD_BYTES
