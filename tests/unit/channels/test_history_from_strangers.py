"""Whatever claims to be history is taken or refused, and takes bounded memory."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.channels.history.frames import MAX_HISTORY_BLOCK, MAX_HISTORY_LINES, History, HistoryKept, HistoryShown
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.errors import Malformed
from rmosh.history.archive import Archive
from rmosh.history.line_codec import MAX_BLOCK, decode_lines, encode_lines, pack
from rmosh.screen.styles import append_styles
from rmosh.screen.text import append_text
from rmosh.terminal.cells import Style, blank_frame
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.scrolled import plain_line
from rmosh.terminal.style_table import pack as pack_style
from rmosh.wire import append_varint, append_varints
from tests.unit.channels.history_exchange import noise

LINES = st.integers(0, 300) | st.integers(0, 2**62 - 1 - MAX_HISTORY_LINES)
COUNTS = st.integers(1, 3) | st.integers(1, MAX_HISTORY_LINES)
BLOCKS = st.binary(min_size=1, max_size=80) | st.lists(st.text("ab \n漢", max_size=5), max_size=4).map(
    lambda texts: pack(encode_lines([plain_line(text) for text in texts]))
)
NEWEST = encode_lines([plain_line("newest")])
KEPT = st.builds(HistoryKept, LINES, LINES, LINES, LINES)
SHOWN = st.builds(HistoryShown, LINES, COUNTS, st.integers(1, 3))


@st.composite
def pieces(draw: st.DrawFn) -> History:
    data = draw(BLOCKS)
    length = draw(st.just(len(data)) | st.integers(len(data), MAX_HISTORY_BLOCK))
    return History(draw(LINES), draw(COUNTS), length, draw(st.integers(0, length - len(data))), data)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(pieces() | SHOWN | KEPT, max_size=30))
def test_whatever_a_stranger_says_is_taken_or_refused(frames: list[History | HistoryShown | HistoryKept]) -> None:
    shown = Emulator(rows=4, columns=10)
    shown.feed(b"a\r\nb\r\nc\r\nd\r\ne")
    screens = {1: shown.frame(), 2: blank_frame(rows=1, columns=1)}
    receiver = HistoryReceiver(screens.get, depth=100)
    for frame in frames:
        try:
            if isinstance(frame, HistoryShown):
                receiver.check(frame)
                receiver.shown(frame)
            elif isinstance(frame, History):
                receiver.receive(frame)
            else:
                receiver.take_kept(frame)
        except Malformed:
            pass
    archive = receiver.archive
    assert archive.oldest <= archive.end
    assert len(archive.lines(archive.first_here, min(archive.end, archive.first_here + 300))) <= 300
    receiver.is_complete(2**40)


def test_the_largest_block_that_may_be_read_may_also_be_kept() -> None:
    number = 1
    count, length = MAX_HISTORY_LINES, (1 << 14) - 1
    content, shape = bytearray(), [value for _ in range(count) for value in (1 << 1, number, length)]
    append_varint(content, count)
    append_styles(content, [pack_style(Style(foreground=1))], limit=MAX_BLOCK)
    letters = MAX_BLOCK - len(content) - 4 - 4 * count
    shape[-1] = letters - (count - 1) * length
    append_text(content, "a" * letters)
    append_varints(content, shape)
    assert len(content) == MAX_BLOCK
    block = pack(b"\0" + bytes(content))
    assert len(decode_lines(block)) == count
    receiver = HistoryReceiver(lambda number: None, depth=0)
    receiver.receive(History(count, 1, len(NEWEST), 0, NEWEST))
    receiver.receive(History(0, count, len(block), 0, block))


def test_pieces_of_any_number_of_long_lines_take_bounded_memory() -> None:
    receiver = HistoryReceiver(lambda number: None, depth=0)
    refused = 0
    for number in range(1000):
        try:
            receiver.receive(History(number, 1, MAX_HISTORY_BLOCK, 0, b"x"))
        except Malformed:
            refused += 1
    assert refused >= 900
    assert len(receiver._long_lines) <= 64


def hard_to_pack(number: int) -> bytes:
    chance = random.Random(number)
    return pack(encode_lines([plain_line(noise(chance, 400)) for _ in range(4)]))


@pytest.mark.parametrize("order", ["upwards", "downwards"])
def test_the_bound_on_bytes_holds_in_whatever_order_lines_arrive(order: str) -> None:
    receiver = HistoryReceiver(lambda number: None, depth=0)
    receiver.archive = Archive(max_lines=1_000_000, max_bytes=50_000)
    numbers = list(range(0, 800, 4))
    for number in numbers if order == "upwards" else reversed(numbers):
        block = hard_to_pack(number)
        receiver.receive(History(number, 4, len(block), 0, block))
    assert receiver.archive.size <= 50_000
    assert receiver.archive.missing(receiver.archive.first_here, receiver.archive.end) is None


def test_lines_older_than_the_bound_on_lines_are_not_kept() -> None:
    receiver = HistoryReceiver(lambda number: None, depth=0)
    receiver.archive = Archive(max_lines=1000)
    receiver.receive(History(2**50, 1, len(NEWEST), 0, NEWEST))
    for number in range(0, 40_000, 4):
        if number % 400 == 0:
            block = hard_to_pack(number)
            receiver.receive(History(number, 4, len(block), 0, block))
    assert receiver.archive.size == 0
