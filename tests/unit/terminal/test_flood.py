"""Floods taken the shortest way leave what the ordinary way leaves: screen, history, and what comes after them."""

import random
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rmosh.history.archive import Archive
from rmosh.terminal.cells import Frame
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.flood import MIN_FLOOD, measured, pen_changes_of
from rmosh.terminal.history import UnseenLines, lines_of
from rmosh.terminal.scrolled import ScrolledLine
from rmosh.terminal.width import COMMON_WIDTHS

#: Bytes of a read that is too small for the shortest way.
_SMALL = 100

_NARROW = st.sampled_from(["a", "é", " ", "\u00ad", "word", "слово", "─│", "x" * 19])
_WIDE = st.sampled_from(["漢字", "한글", "\u3000", "漢" * 10])
_JOINED = st.sampled_from(["\u0308", "e\u0301", "❤\ufe0f", "👩🏽\u200d💻", "🇫🇷"])
_MOVES = st.sampled_from(["\t", "\r", "\x1b[K", "\x1b[0K", "\r\x1b[K"])
_COLOURS = st.sampled_from(["\x1b[m", "\x1b[1;31m", "\x1b[44m", "\x1b[38;5;99m", "\x1b[48;2;1;2;3m", "\x1b[39m"])
_OTHER_RENDITIONS = st.sampled_from(["\x1b[0m", "\x1b[0;7m", "\x1b[4:3m", "\x1b[22;99m", "\x1b[;;m", "\x1b(B"])
_DIRECT_COLOURS = st.sampled_from(
    [
        *["\x1b[38;2;1;2;3m", "\x1b[38;2;255;0;99m", "\x1b[48;2;4;5;6m", "\x1b[48;2;7;8;9m"],
        *["\x1b[38;2;1;2;256m", "\x1b[38;2;7;7;7;1m", "\x1b[38;2;5;5m", "\x1b[38:2:1:9:9m", "\x1b[38;2;001;02;3m"],
    ]
)
_LINKS = st.sampled_from(["\x1b]8;;http://x\x1b\\", "\x1b]8;id=1;http://y\x07", "\x1b]8;;\x1b\\", "\x1b]8;;\x07"])
_LINES = st.lists(
    st.one_of(_NARROW, _NARROW, _WIDE, _JOINED, _MOVES, _COLOURS, _OTHER_RENDITIONS, _DIRECT_COLOURS, _LINKS),
    max_size=9,
).map("".join)

#: What the shortest way does not understand.
_OTHER = st.one_of(
    st.sampled_from(["\n", "\b", "\v", "\x7f", "\x00", "\x9b1m", "\r\x1b[m\n", "\x1b\x1b[m[m", "\x1b(0", "\a", "\x0e"]),
    st.sampled_from(["\x1b[A", "\x1b[2J", "\x1b[1K", "\x1b[3b", "\x1b[2g", "\x1b[>4;1m", "\x1b[?25l"]),
    st.sampled_from(["\x1b]8;http://x\x1b\\", "\x1b]8;;é\x1b\\", '\x1b[1"q', "\x1b[?2027h", "\x1b[?7l"]),
)

#: What a flood may find.
_BEFORE = st.one_of(
    st.sampled_from(
        [
            "",
            "x",
            "y" * 20,
            "\x0e",
            "\r\n" * 9,
            "\x1b(0\x0e",
            "\r\n" * 9 + "漢",
            "\x1b[2;2Hz\x1b[5;1H",
            "\x1b[44m",
            "\x1b(0",
        ]
    ),
    st.sampled_from(["\x1b[2;3r", "\x1b[?6h", "\x1b[?69h", "\x1b[3g", "\x1b[4h", "\x1b[20h", "\x1b[?7l", "\x1b[?45h"]),
    st.sampled_from(["\r\n" * 9 + "\x1b]8;;http://x\x1b\\", '\x1b[1"q', "\x1bV", "\x1b[?1049h", "\x1b[?2027h"]),
)
_SIZES = st.tuples(st.integers(2, 8), st.integers(2, 24))

Outcome = tuple[Frame, list[ScrolledLine], list[ScrolledLine | None], int, bytes]


def pieces_of(stream: bytes, size: int) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]


def outcome(pieces: list[bytes], size: tuple[int, int]) -> Outcome:
    """Return all that some pieces of output leave."""
    emulator = Emulator(rows=size[0], columns=size[1])
    archive = Archive()
    scrolled: list[ScrolledLine] = []
    for piece in pieces:
        emulator.feed(piece)
        entries = emulator.take_history()
        archive.append(entries, end=emulator.history_count)
        scrolled += lines_of(entries)
    while archive.pack_some():
        pass
    kept = archive.lines(0, archive.end)
    return emulator.frame(), scrolled, kept, emulator.history_count, emulator.take_replies()


def stream_of(lines: list[str], *, size: int = 2 * MIN_FLOOD) -> bytes:
    """Return these lines over and over."""
    page = "".join([f"{line}\r\n" for line in lines]).encode()
    return page * (size // len(page) + 1)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(_LINES, min_size=1, max_size=40), _SIZES, _BEFORE, st.integers(0, 30))
@example(["", "漢" * 10], (2, 9), "\r\n" * 9, 0)
@example(["\x1b[41m"], (3, 8), "", 0)
@example(["word", "", "x" * 19, "y" * 8], (4, 8), "\r\n" * 9, 0)
@example(["word", "x" * 19], (4, 8), "\x1b[44m", 3)
def test_the_shortest_way_leaves_what_the_ordinary_way_leaves(
    lines: list[str], size: tuple[int, int], before: str, shift: int
) -> None:
    # What follows shows the renditions that are left, and what was written last.
    flood = stream_of(lines) + b"\x1b[b-\x1b[6n"
    first = before.encode() + flood[:shift]
    flood = flood[shift:]
    assert outcome([first, *pieces_of(flood, 3000)], size) == outcome([first, *pieces_of(flood, _SMALL)], size)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(st.one_of(_LINES, _LINES, _OTHER), min_size=1, max_size=40), _SIZES, st.data())
def test_so_it_does_where_other_things_come_between_and_however_the_stream_is_cut(
    lines: list[str], size: tuple[int, int], data: st.DataObject
) -> None:
    flood = stream_of(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(flood)), max_size=3)))
    pieces = [flood[start:stop] for start, stop in pairwise([0, *cuts, len(flood)])]
    assert outcome(pieces, size) == outcome(pieces_of(flood, _SMALL), size)


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=30), max_size=60), st.integers(2, 20))
def test_lines_of_any_bytes_are_measured_or_left_alone(lines: list[bytes], columns: int) -> None:
    untrusted = b"".join([line + b"\r\n" for line in lines])
    found = measured(untrusted, columns=columns, widths=COMMON_WIDTHS)
    assert found is None or len(found.rows) == untrusted.count(b"\r\n")


@pytest.mark.parametrize(
    "line",
    [
        "Nov 21 host app[1]: \x1b[1;32maccepted\x1b[0m from somewhere",
        "\x1b[01;34mfolder\x1b[0m \x1b[36mlink\x1b[0m -> там",
        "\x1b[35m\x1b[Kfile.c\x1b[m\x1b[K:\x1b[32m\x1b[K12\x1b[m\x1b[K: text",
        "漢字表示 \x1b[31m速度\x1b[0m 测定",
        "one\ttwo\tthree",
        " 10 %\r 50 %\r100 %",
        "\x1b]8;;file:///etc/motd\x1b\\motd\x1b]8;;\x1b\\ \x1b[31mred\x1b(B\x1b[m",
        "e\u0301te\u0301 👩🏽\u200d💻",
    ],
)
def test_nothing_is_made_of_lines_that_nobody_sees(line: str) -> None:
    emulator = Emulator(rows=24, columns=80)
    emulator.feed(b"\r\n" * 30)
    emulator.take_history()
    emulator.feed(stream_of([line], size=10_000))
    entries = emulator.take_history()
    assert [entry.height for entry in entries if isinstance(entry, UnseenLines)] == [len(lines_of(entries)) - 24]


def test_of_many_24_bit_colours_the_last_ones_are_executed() -> None:
    lines = b"".join([b"\x1b[38;2;%d;9;9ma\x1b[48;2;1;%d;0mb\r\n" % (each, each) for each in range(256)])
    assert pen_changes_of(lines + b"\x1b[1m") == b"\x1b[38;2;255;9;9m\x1b[48;2;1;255;0m\x1b[1m"


def test_lines_that_nobody_saw_read_back_as_they_are_once_they_are_packed() -> None:
    print("seed", seed := 3)
    chance = random.Random(seed)
    lines = [
        f"\x1b[3{chance.randrange(8)}m{chance.random()}\x1b[m 漢字 {'x' * chance.randrange(90)}" for _ in range(900)
    ]
    stream = "".join([f"{line}\r\n" for line in lines]).encode()
    _, scrolled, kept, count, _ = outcome(pieces_of(stream, 1 << 14), (24, 80))
    assert scrolled == kept == outcome(pieces_of(stream, _SMALL), (24, 80))[1]
    assert len(kept) == count
