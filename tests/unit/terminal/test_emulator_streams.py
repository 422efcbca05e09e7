"""Laws that hold for every byte stream: chunking does not matter, nothing raises, nothing grows without bound."""

import re
import sys
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rmosh.terminal.cells import Frame
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.history import MAX_LINES_WAITING, lines_of
from rmosh.terminal.scrolled import ScrolledLine
from rmosh.terminal.width import MAX_CLUSTER, char_width

_TEXTS = st.one_of(
    st.text(st.sampled_from("ab \t"), min_size=1, max_size=30),
    st.text(
        st.sampled_from("xé漢ー한e\u0301\u200d\ufe0f❤👩🏽🇫🇷क\u094dष\u1100\u1161か\u3099─"), min_size=1, max_size=12
    ),
)
_NUMBERS = st.one_of(st.sampled_from(["", "0", "1", "2", "3", "5", "9", "99999999999"]), st.integers(0, 30).map(str))
_PARAMETERS = st.lists(_NUMBERS, max_size=4).map(";".join)
_CSI = st.builds(
    "\x1b[{}{}{}{}".format,
    st.sampled_from(["", "", "", "", "?", ">", "<", "="]),
    _PARAMETERS,
    st.sampled_from(["", "", "", "", "", "!", "$", " ", '"', "'", "*", "#"]),
    st.sampled_from("@ABCDEFGHIJKLMPSTXZ`abcdefghjklmnpqrstuvwxyz{|}~"),
)
_MODES = st.builds(
    "\x1b[?{}{}".format,
    st.sampled_from([1, 3, 5, 6, 7, 25, 40, 45, 47, 69, 95, 1000, 1006, 1047, 1048, 1049, 2004, 2026, 2027]),
    st.sampled_from("hlsr"),
)
_MARGINS = st.builds("\x1b[{};{}{}".format, st.integers(1, 9), st.integers(1, 12), st.sampled_from("rs"))
_STYLES = st.sampled_from(["\x1b[m", "\x1b[1;31m", "\x1b[44m", "\x1b[48;2;1;2;3m", "\x1b[4:3m", '\x1b[1"q', '\x1b["q'])
_CONTROLS = st.sampled_from(
    ["\r\n", "\n", "\r", "\b", "\t", "\x0e", "\x0f", "\x07", "\x18", "\x1a", "\x1b", "\x9b", "\x7f"]
)
_ESCAPES = st.builds("\x1b{}".format, st.sampled_from("78DEHMZNOno=>6c9\\")) | st.sampled_from(
    [
        "\x1b(0",
        "\x1b(B",
        "\x1b)0",
        "\x1b*A",
        "\x1b#8",
        "\x1b%G",
        "\x1b[\x081m",
        "\x1b[3\n1m",
        "\x1b[4h",
        "\x1b[4l",
        "\x1b[20h",
    ]
)
_STRINGS = st.sampled_from(
    [
        "\x1b]0;title\x07",
        "\x1b]8;;http://x\x1b\\",
        "\x1b]8;;\x1b\\",
        "\x1b]52;c;aGk=\x07",
        "\x1bPq~~\x1b\\",
        "\x1bP$qm\x1b\\",
        "\x1b_apc\x1b\\",
        "\x1b^pm\x1bX",
        "\x1b]2;cut\x1b[1m",
        "\x1b]7;unfinished",
    ]
)
_PIECES = st.one_of(_TEXTS, _TEXTS, _CSI, _MODES, _MARGINS, _STYLES, _CONTROLS, _ESCAPES, _STRINGS).map(str.encode)
STREAMS = st.lists(st.one_of(_PIECES, _PIECES, _PIECES, st.binary(max_size=6)), max_size=40).map(b"".join)
REDRAWS = st.sampled_from(
    [b"\x1b[2J\x1b[H", b"\x1b[H\x1b[J", b"\x1b[H", b"\x1b[44m\x1b[2J\x1b[H\x1b[m", b"\x1b[1;9H\x1b[K\x1b[H"]
)
SIZES = st.tuples(st.integers(1, 8), st.integers(1, 20))


def play(chunks: list[bytes], size: tuple[int, int], *, look: bool = False) -> tuple[Frame, list[ScrolledLine], bytes]:
    emulator = Emulator(rows=size[0], columns=size[1])
    for chunk in chunks:
        emulator.feed(chunk)
        if look:
            emulator.frame()
    return emulator.frame(), lines_of(emulator.take_history()), emulator.take_replies()


@pytest.mark.slow
@settings(max_examples=400)
@given(STREAMS, SIZES)
@example("❤\ufe0f".encode(), (1, 1))
@example("🏽\u200d❤".encode(), (1, 1))
@example("aa❤\ufe0f".encode(), (2, 3))
def test_feeding_byte_by_byte_gives_the_same_frame_history_and_replies(stream: bytes, size: tuple[int, int]) -> None:
    whole = play([stream], size)
    assert play([stream[index : index + 1] for index in range(len(stream))], size) == whole


@pytest.mark.slow
@settings(max_examples=400)
@given(STREAMS, SIZES, st.data())
def test_random_chunks_and_looking_in_between_change_nothing(
    stream: bytes, size: tuple[int, int], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[start:end] for start, end in pairwise([0, *cuts, len(stream)])]
    assert play(chunks, size, look=True) == play([stream], size)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(STREAMS, min_size=1, max_size=3), st.lists(st.tuples(REDRAWS, st.integers(0, 2)), max_size=6), SIZES)
def test_a_screen_drawn_again_tells_what_it_tells_where_nobody_looked_in_between(
    pages: list[bytes], turns: list[tuple[bytes, int]], size: tuple[int, int]
) -> None:
    looked, unseen = Emulator(rows=size[0], columns=size[1]), Emulator(rows=size[0], columns=size[1])
    for erased, page in turns:
        for emulator in (looked, unseen):
            emulator.feed(erased + pages[page % len(pages)])
        looked.frame()
    assert [(row, row.written, row.tabs) for row in looked.frame().rows] == [
        (row, row.written, row.tabs) for row in unseen.frame().rows
    ]


@pytest.mark.slow
@settings(max_examples=200)
@given(STREAMS, STREAMS, SIZES, SIZES)
def test_a_resize_between_two_streams_does_not_depend_on_how_they_are_cut(
    before: bytes, after: bytes, size: tuple[int, int], other: tuple[int, int]
) -> None:
    def outcome(*, step: int) -> tuple[Frame, list[ScrolledLine]]:
        emulator = Emulator(rows=size[0], columns=size[1])
        for stream, resized in ((before, other), (after, size)):
            for start in range(0, len(stream), step):
                emulator.feed(stream[start : start + step])
            emulator.resize(rows=resized[0], columns=resized[1])
        return emulator.frame(), lines_of(emulator.take_history())

    assert outcome(step=1) == outcome(step=1 << 16)


@pytest.mark.slow
@settings(max_examples=300)
@given(STREAMS, SIZES, SIZES)
def test_every_frame_is_well_formed_even_after_a_resize(
    stream: bytes, size: tuple[int, int], other: tuple[int, int]
) -> None:
    emulator = Emulator(rows=size[0], columns=size[1])
    emulator.feed(stream)
    check_frame(emulator.frame(), size)
    emulator.resize(rows=other[0], columns=other[1])
    check_frame(emulator.frame(), other)
    emulator.feed(stream)
    check_frame(emulator.frame(), other)
    lines_of(emulator.take_history())


#: What makes a cluster wider than its first character, in mode 2027.
GRAPHEMES = re.compile("[\ufe0f\U0001f1e6-\U0001f1ff]")


def check_frame(frame: Frame, size: tuple[int, int]) -> None:
    assert (len(frame.rows), frame.columns) == size
    assert 0 <= frame.cursor.row < size[0]
    assert 0 <= frame.cursor.column < size[1]
    for row in frame.rows:
        assert len(row.cells) == frame.columns
        texts = [cell.text for cell in row.cells]
        assert texts[0] != ""
        for text, following in pairwise([*texts, "the edge"]):
            assert text or following, row
            assert char_width(text) != 2 or following == "", row
            assert char_width(text) == 2 or following or GRAPHEMES.search(text), row
            assert len(text) <= MAX_CLUSTER
            assert text.isprintable() or not text.isascii()


@pytest.mark.slow
@settings(max_examples=200)
@given(st.binary(max_size=2000))
def test_no_bytes_at_all_make_it_raise(garbage: bytes) -> None:
    play([garbage], (4, 10))
    play([b"\x1b" + garbage], (4, 10))


@pytest.mark.parametrize(
    "endless",
    [
        b"\x1b]0;" + b"x" * 65536,
        b"x" * 65536,
        b"\x1b[" + b"1;" * 32768,
        b"\x1b" + b" " * 65536,
        b"\x1bP" + b"y" * 65536,
        b"\r\n" * 32768,
        b"a\b" * 32768,
        b"\x1b[c" * 20000,
        b"\x1b7\x1b[22t\x1b[#{\x1b[>1u" * 4000,
        "e\u0301".encode() * 20000,
        b"e" + "\u0301".encode() * 30000,
        "👍".encode() * 16000,
        b"x\x1b[65535b" * 200,
        b"\x1b[65535S" * 2000,
        b"".join([b"\x1b[38;2;%d;%d;%dmx" % (index % 256, index // 256 % 256, 7) for index in range(4000)]),
        b"".join([b"\x1b]8;;http://%d\x07x" % index for index in range(4000)]),
        b"".join([b"\x1b]2;%d" % index + b"t" * 3000 + b"\x07\x1b[22t" for index in range(20)]),
    ],
    ids=lambda endless: repr(endless[:12]),
)
@pytest.mark.slow
def test_endless_input_of_any_kind_takes_bounded_memory(endless: bytes) -> None:
    emulator = Emulator(rows=24, columns=80)
    for _ in range(3):
        emulator.feed(endless)
        emulator.take_history()
    settled = deep_size(emulator)
    for _ in range(6):
        emulator.feed(endless)
        emulator.take_history()
    grown = deep_size(emulator)
    assert grown < max(settled * 1.5, 3_000_000), f"{settled} bytes grew to {grown}"
    emulator.frame()


@pytest.mark.slow
def test_lines_that_nobody_takes_are_kept_up_to_a_bound() -> None:
    emulator = Emulator(rows=24, columns=80)
    for flood in (b"\r\n" * 32768, b"\x1b[31m\r\n" * 8192):
        for _ in range(12):
            emulator.feed(flood)
            assert len(emulator.operations.screen.history._entries) <= MAX_LINES_WAITING + 32768
    assert MAX_LINES_WAITING <= len(lines_of(emulator.take_history())) <= MAX_LINES_WAITING + 32768


def deep_size(root: object) -> int:
    """Return the bytes of everything that an object alone refers to."""
    seen: set[int] = set()
    waiting: list[object] = [root]
    total = 0
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, type) or callable(item):
            continue
        seen.add(id(item))
        total += sys.getsizeof(item)
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif not isinstance(item, (str, bytes, int)) and hasattr(item, "__iter__"):
            waiting += list(item)
        if hasattr(item, "__dict__"):
            waiting.append(vars(item))
        for kind in type(item).__mro__:
            slots = getattr(kind, "__slots__", ())
            waiting += [getattr(item, name, None) for name in ((slots,) if isinstance(slots, str) else slots)]
    return total
