"""What scrolled off remotely is in the user's own scrollback: a remote terminal, its history in pieces, a local one."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.channels.history.frames import HistoryKept
from rmosh.terminal.cells import DEFAULT_STYLE
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.rows import blank_row
from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.painting.feeding import Feed, wrapped_rows
from rmosh_client.painting.resizing import Piece
from tests.unit.client_ui.client_ui_pair import KEY, Pair


def without_gap(line: ScrolledLine) -> ScrolledLine:
    """Return a line without the blank that stands where a wide character did not fit: the painter writes it as one."""
    *runs, (text, style) = line.runs or (("", DEFAULT_STYLE),)
    if not line.wrapped or style != DEFAULT_STYLE:
        return line
    text = text.rstrip(" ")
    return ScrolledLine((*runs, (text, style)) if text else tuple(runs), wrapped=True)


def paragraphs(lines: list[ScrolledLine]) -> list[str]:
    """Return the lines' texts, wrapped ones joined."""
    joined = "".join([line.text if line.wrapped else line.text.rstrip(" ") + "\n" for line in lines])
    return joined.split("\n")[:-1]


_NARROW = st.sampled_from([b"word ", b"x", b"ab", b" " * 13, b"\x1b[31mred\x1b[m", b"\x1b[44m blue \x1b[m "])
_WIDE = st.sampled_from([b"a", b"abc", "漢".encode(), "漢字".encode()])
_OUTPUTS = st.lists(
    st.lists(_NARROW, max_size=12).map(b"".join) | st.lists(_WIDE, max_size=12).map(b"".join), max_size=9
).map(lambda lines: b"\r\n".join(lines))
_EDITS = st.sampled_from([b"\x1b[H", b"\x1b[2K", b"\x1b[A", b"\x1b[2;3r\x1b[3H\n\x1b[r", b"\x1b[L", b"\x1b[M", b"\r"])
_STEPS = st.lists(st.tuples(_OUTPUTS | _EDITS, st.integers(0, 12), st.booleans()), max_size=12)


@pytest.mark.slow
@settings(max_examples=300)
@given(_STEPS, st.integers(2, 6), st.integers(4, 30))
def test_every_line_gets_there_once_in_order_and_with_its_styles(
    steps: list[tuple[bytes, int, bool]], rows: int, columns: int
) -> None:
    pair = Pair(rows=rows, columns=columns)
    for output, arriving, shown in steps:
        pair.output(output)
        pair.arrive(arriving)
        if shown:
            pair.show()
            assert pair.local_screen() == pair.remote_screen()
    pair.settle()
    assert [without_gap(line) for line in pair.kept] == [without_gap(line) for line in pair.sent]
    assert pair.local_screen() == pair.remote_screen()
    assert pair.wraps(pair.local) == pair.wraps(pair.remote)


@pytest.mark.slow
@settings(max_examples=150)
@given(_STEPS, st.integers(4, 30), st.integers(4, 30))
def test_in_a_window_of_another_width_long_lines_are_wrapped_for_that(
    steps: list[tuple[bytes, int, bool]], columns: int, local_columns: int
) -> None:
    pair = Pair(rows=4, columns=columns, local_columns=local_columns)
    for output, arriving, shown in steps:
        pair.output(output)
        pair.arrive(arriving)
        if shown:
            pair.show()
    pair.output(b"\r\nend" + b"\r\n" * 5)
    pair.settle()
    assert [text.replace(" ", "") for text in paragraphs(pair.kept)] == [
        text.replace(" ", "") for text in paragraphs(pair.sent)
    ]


@pytest.mark.slow
def test_a_long_backlog_is_fed_in_parts_below_what_is_there_already() -> None:
    pair = Pair(rows=10, columns=20)
    pair.output(b"".join([b"%d\r\n" % number for number in range(1000)]))
    pair.show()
    assert pair.kept == []
    pair.settle()
    assert [line.text for line in pair.kept] == [str(number) for number in range(991)]


def test_lines_that_never_come_are_counted_exactly_where_they_would_be() -> None:
    pair = Pair(rows=4, columns=70)
    pair.output(b"".join([b"%d\r\n" % number for number in range(200)]))
    for number in (*range(20), *range(150, 197)):
        pair.received.archive.insert(number, [pair.sent[number]])
    pair.received.take_kept(HistoryKept(oldest=60, began=0, following=150, erased=0))
    for _ in range(4):
        pair.show()
    texts = [line.text.strip() for line in pair.kept]
    assert texts[:20] == [str(number) for number in range(20)]
    assert texts[20].startswith("rmosh: 130 lines skipped here")
    assert KEY in texts[20]
    assert texts[21:] == [str(number) for number in range(150, 197)]


def test_a_client_that_comes_late_gets_the_last_lines_only() -> None:
    pair = Pair(rows=4, columns=20)
    pair.received.take_kept(HistoryKept(oldest=0, began=0, following=0, erased=0))
    pair.received.kept = HistoryKept(oldest=0, began=90, following=90, erased=0)
    pair.output(b"".join([b"%d\r\n" % number for number in range(100)]))
    pair.settle()
    assert [line.text for line in pair.kept] == [str(number) for number in range(90, 97)]


def test_nothing_is_fed_while_the_alternate_screen_is_shown() -> None:
    pair = Pair(rows=4, columns=20)
    pair.output(b"1\r\n2\r\n3\r\n4\r\n5\x1b[?1049h\x1b[Hvim")
    pair.settle()
    assert pair.kept == []
    assert not pair.scrollback.lacks(pair.remote.frame(), rows=4, columns=20)
    pair.output(b"\x1b[?1049l")
    pair.settle()
    assert [line.text for line in pair.kept] == ["1"]


def test_erasing_the_scrollback_erases_the_users_and_not_what_comes_after() -> None:
    pair = Pair(rows=3, columns=20)
    pair.output(b"1\r\n2\r\n3\r\n4\r\n5")
    pair.settle()
    pair.output(b"\x1b[H\x1b[2J\x1b[3J6\r\n7\r\n8\r\n9")
    erased = pair.remote.history_erased
    pair.received.take_kept(HistoryKept(oldest=erased, began=0, following=erased, erased=erased))
    pair.kept.clear()
    frame = pair.remote.frame()
    painted = pair.painter.paint(frame, pair.scrollback.next_feed(frame, rows=3, columns=20, now=0.0), now=0.0)
    assert b"\x1b[3J" in painted
    pair.local.feed(painted)
    pair.settle()
    assert [line.text for line in pair.kept] == ["6"]
    assert pair.local.history_erased > 0


def test_lines_erased_after_what_is_shown_yet_are_not_told_of_as_skipped() -> None:
    pair = Pair(rows=3, columns=60)
    pair.output(b"".join([b"%d\r\n" % number for number in range(10)]))
    pair.settle()
    shown_yet = pair.remote.frame()
    pair.output(b"10\r\n11\r\n\x1b[3J")
    pair.received.archive.forget_below(10)
    pair.received.take_kept(HistoryKept(oldest=10, began=0, following=10, erased=10))
    for _ in range(2):
        pair.painter.paint(shown_yet, pair.scrollback.next_feed(shown_yet, rows=3, columns=60, now=0.0), now=0.0)
    pair.on_the_way.clear()
    pair.kept.clear()
    pair.show()
    assert pair.kept == []


def test_what_was_erased_before_this_client_came_does_not_erase_its_own_scrollback() -> None:
    pair = Pair(rows=3, columns=20)
    pair.received.kept = HistoryKept(oldest=7, began=7, following=7, erased=7)
    frame = pair.remote.frame()
    assert pair.scrollback.next_feed(frame, rows=3, columns=20, now=0.0) is None


@pytest.mark.parametrize("seed", range(3))
def test_the_screen_is_right_after_each_feed_even_where_nothing_is_known_of_it(seed: int) -> None:
    print("seed", seed)
    chance = random.Random(seed)
    pair = Pair(rows=6, columns=16)
    for number in range(200):
        pair.output(f"{number} {'y' * chance.randrange(30)}\r\n".encode())
        pair.arrive(chance.randrange(3))
        if chance.randrange(4) == 0:
            pair.painter.invalidate()
        pair.show()
        assert pair.local_screen() == pair.remote_screen()
    pair.settle()
    assert paragraphs(pair.kept) == paragraphs(pair.sent)


def test_a_wide_character_that_does_not_fit_begins_the_next_row() -> None:
    rows = wrapped_rows(blank_row(0), 3)
    assert len(rows) == 1
    emulator = Emulator(rows=1, columns=10)
    emulator.feed("ab漢c".encode())
    first, second = wrapped_rows(emulator.frame().rows[0].part(0, 5), 3)
    assert [cell.text for cell in first.cells] == ["a", "b", " "]
    assert first.wrapped
    assert [cell.text for cell in second.cells] == ["漢", "", "c"]
    assert not second.wrapped


def pushed(*texts: str) -> list[Piece]:
    return [Piece(text, goes_on=False) for text in texts]


def test_rows_that_a_resize_took_are_fed_only_where_they_were_others_before_they_scrolled_off() -> None:
    pair = Pair(rows=4, columns=20)
    pair.output(b"1\r\n2\r\n3\r\n4\r\n$")
    pair.settle()
    pair.scrollback.pushed(pushed("2", "3", "4", "$"), pair.remote.frame())
    frame = pair.remote.frame()
    assert pair.scrollback.next_feed(frame, rows=2, columns=20, now=0.0) is None
    assert pair.scrollback.next_feed(frame, rows=4, columns=20, now=0.0) == Feed(parts=True, rows=[])
    assert pair.scrollback.next_feed(frame, rows=4, columns=20, now=0.0) is None
    pair.kept.clear()
    pair.output(b"\r\n6\r\n7\r\n")
    pair.settle()
    assert pair.kept == []
    pair.output(b"\x1b[H$ ls\x1b[4H\r\n\n")
    pair.settle()
    assert [line.text for line in pair.kept] == ["$ ls", "6"]


def test_what_was_cleared_after_a_resize_took_it_keeps_no_later_line_from_the_scrollback() -> None:
    pair = Pair(rows=3, columns=20)
    pair.output(b"1\r\n2\r\n3\r\n4")
    pair.settle()
    pair.scrollback.pushed(pushed("2", "3"), pair.remote.frame())
    pair.kept.clear()
    pair.output(b"\x1b[H\x1b[K5\r\n\x1b[K3\r\n\x1b[K6\r\n7\r\n8")
    pair.settle()
    assert [line.text for line in pair.kept] == ["5", "3"]


def test_the_rest_of_a_line_that_a_resize_took_before_its_beginning_was_fed_is_fed_again_behind_that() -> None:
    pair = Pair(rows=3, columns=4)
    pair.output(b"1\r\n2\r\naaaabbbbccccdddd")
    pair.now = 1.0
    pair.settle()
    assert [line.text for line in pair.kept] == ["1", "2", "aaaa"]
    pair.scrollback.resized(now=1.1, is_stuck=False)
    pair.scrollback.pushed([Piece("bbbb", goes_on=True), Piece("cccc", goes_on=True)], pair.remote.frame())
    pair.kept.clear()
    pair.output(b"\r\n3\r\n4\r\n5")
    pair.settle()
    assert [line.text for line in pair.kept] == ["1", "2", "aaaa", "bbbb", "cccc", "dddd"]


def test_whole_lines_that_a_resize_took_before_others_were_fed_are_not_fed_again() -> None:
    pair = Pair(rows=3, columns=4)
    pair.output(b"1\r\n2\r\n3\r\n4\r\n5")
    pair.now = 1.0
    pair.settle()
    pair.scrollback.resized(now=1.1, is_stuck=False)
    pair.scrollback.pushed(pushed("3", "4"), pair.remote.frame())
    pair.kept.clear()
    pair.output(b"\r\n6\r\n7\r\n8")
    pair.settle()
    assert [line.text for line in pair.kept] == ["1", "2", "5"]


def test_what_was_fed_just_before_a_resize_was_told_is_fed_again_and_nothing_older() -> None:
    pair = Pair(rows=3, columns=20)
    for now, first in ((1.0, 0), (1.5, 10), (1.7, 20)):
        pair.output(b"".join([b"%d\r\n" % number for number in range(first, first + 10)]))
        pair.now = now
        pair.settle()
    assert [line.text for line in pair.kept] == [str(number) for number in range(28)]
    pair.kept.clear()
    pair.scrollback.resized(now=1.75, is_stuck=False)
    pair.settle()
    assert [line.text for line in pair.kept] == [str(number) for number in range(8, 28)]
    pair.kept.clear()
    pair.scrollback.resized(now=2.1, is_stuck=False)
    pair.settle()
    assert pair.kept == []


def test_a_line_that_tells_of_skipped_ones_is_not_fed_again() -> None:
    pair = Pair(rows=3, columns=60)
    pair.output(b"".join([b"%d\r\n" % number for number in range(20)]))
    del pair.on_the_way[:10]
    pair.received.take_kept(HistoryKept(oldest=0, began=0, following=10, erased=0))
    pair.settle()
    pair.scrollback.resized(now=0.0, is_stuck=False)
    pair.settle()
    assert sum("skipped" in line.text for line in pair.kept) == 1


def test_what_is_to_be_fed_is_known_before_it_is_asked_for() -> None:
    pair = Pair(rows=3, columns=60)
    frame = pair.remote.frame()
    assert not pair.scrollback.lacks(frame, rows=3, columns=60)
    pair.output(b"".join([b"%d\r\n" % number for number in range(10)]))
    assert not pair.scrollback.lacks(pair.remote.frame(), rows=3, columns=60)
    pair.arrive(3)
    assert pair.scrollback.lacks(pair.remote.frame(), rows=3, columns=60)
    pair.show()
    assert not pair.scrollback.lacks(pair.remote.frame(), rows=3, columns=60)
    pair.received.take_kept(HistoryKept(oldest=0, began=0, following=8, erased=0))
    assert pair.scrollback.lacks(pair.remote.frame(), rows=3, columns=60)
    pair.show()
    assert [line.text.strip()[:22] for line in pair.kept] == ["0", "1", "2", "rmosh: 5 lines skipped"]
