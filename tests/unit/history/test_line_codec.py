"""Blocks of history: what is encoded reads back, and nothing that arrives raises anything but Malformed."""

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.errors import Malformed, UsageError
from rmosh.history.line_codec import MAX_BLOCK_LINES, decode_lines, encode_lines, encode_plain, ended, pack
from rmosh.terminal.cells import DEFAULT_STYLE, TRUECOLOR, Style
from rmosh.terminal.scrolled import ScrolledLine, plain_line

_STYLES = st.sampled_from([DEFAULT_STYLE, Style(2), Style(TRUECOLOR | 0x102030, 4, 1), Style(link="id;https://a.b")])
_TEXTS = st.text(st.sampled_from("ab é漢👩\u200d\u0301\t"), min_size=1, max_size=20)
_STYLED = st.builds(ScrolledLine, st.lists(st.tuples(_TEXTS, _STYLES), max_size=4).map(tuple), st.booleans())
_PLAIN = st.text(st.sampled_from("ab é漢\t"), max_size=20).map(plain_line)
_LINES = _STYLED | _PLAIN
_BLOCKS = st.lists(_LINES, max_size=30) | st.lists(_PLAIN, max_size=30)


def canonical(line: ScrolledLine) -> tuple[list[tuple[str, Style]], bool]:
    """Return a line character by character, without the blanks at its end that mean nothing."""
    cells = [(character, style) for text, style in line.runs for character in text]
    while cells and not line.wrapped and cells[-1] == (" ", DEFAULT_STYLE):
        cells.pop()
    return cells, line.wrapped


@given(_BLOCKS)
def test_a_block_reads_back_as_it_was_packed_or_not(lines: list[ScrolledLine]) -> None:
    block = encode_lines(lines)
    read = decode_lines(block)
    assert decode_lines(pack(block)) == read
    assert [canonical(line) for line in read] == [canonical(line) for line in lines]


@given(st.lists(st.text(st.sampled_from("ab "), max_size=20), max_size=30))
def test_a_flood_is_encoded_as_the_same_lines_are_one_by_one(texts: list[str]) -> None:
    flood = encode_plain([ended(text) for text in texts])
    assert decode_lines(flood) == decode_lines(encode_lines([plain_line(text) for text in texts]))


@settings(max_examples=300)
@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda rest: b"\0" + rest))
def test_nothing_but_malformed_comes_of_what_a_stranger_sends(untrusted: bytes) -> None:
    with contextlib.suppress(Malformed):
        lines = decode_lines(untrusted)
        assert decode_lines(encode_lines(lines)) == lines


@given(st.lists(_LINES, min_size=1, max_size=5), st.data())
def test_a_block_cut_short_or_changed_is_refused_or_something_else(
    lines: list[ScrolledLine], data: st.DataObject
) -> None:
    encoded = bytearray(pack(encode_lines(lines)))
    place = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(Malformed):
        decode_lines(bytes(encoded[:place]))
    encoded[place] ^= data.draw(st.integers(1, 255))
    try:
        decode_lines(bytes(encoded))
    except Malformed:
        return


def test_a_bomb_is_not_inflated() -> None:
    import zlib

    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = deflater.compress(bytes(1 << 26)) + deflater.flush()
    with pytest.raises(Malformed, match="inflates to more than"):
        decode_lines(b"\x01" + bomb)


def test_more_lines_than_a_block_has_are_our_own_mistake() -> None:
    with pytest.raises(UsageError, match=f"at most {MAX_BLOCK_LINES} lines"):
        encode_lines([ScrolledLine(())] * (MAX_BLOCK_LINES + 1))


def test_a_log_takes_a_fraction_of_its_text() -> None:
    chance = random.Random(1)
    words = ["error", "warning", "accepted", "closed", "from", "host", "port"]
    lines = []
    for number in range(MAX_BLOCK_LINES):
        text = f"Nov 21 08:{number % 60:02} app[{chance.randrange(9999)}]: {' '.join(chance.choices(words, k=7))}"
        lines.append(ScrolledLine(((text[:6], Style(2, attributes=1)), (text[6:], DEFAULT_STYLE))))
    size = len(pack(encode_lines(lines)))
    assert size < 0.35 * sum(len(text) for line in lines for text, _ in line.runs)
