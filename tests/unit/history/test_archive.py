"""The archive of scrolled-off lines against a plain dictionary: the same lines, within its bounds."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.history.archive import Archive
from rmosh.terminal.cells import Style
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.scrolled import ScrolledLine, plain_line

RED = Style(foreground=1)


def line(number: int) -> ScrolledLine:
    """Return a line that tells its number; every third is coloured, every seventh wrapped."""
    text = f"line number {number}"
    if number % 3 == 0:
        return ScrolledLine(((text, RED),), wrapped=number % 7 == 0)
    return ScrolledLine(((text, Style()),), wrapped=True) if number % 7 == 0 else plain_line(text)


def lines(start: int, stop: int) -> list[ScrolledLine]:
    return [line(number) for number in range(start, stop)]


def check(archive: Archive, here: set[int], start: int, stop: int) -> None:
    found = archive.lines(start, stop)
    assert found == [line(number) if number in here else None for number in range(start, stop)]
    gap = archive.missing(start, stop)
    absent = [number for number in range(start, stop) if number not in here]
    if gap is None:
        assert absent == []
        return
    first, last = gap
    assert first == absent[0]
    assert set(range(first, last)).isdisjoint(here)
    assert last == stop or last in here or last - 1 in absent


@pytest.mark.slow
@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 700)), max_size=12), st.data())
def test_what_arrives_in_any_order_and_more_than_once_is_found_again(
    arrivals: list[tuple[int, int]], data: st.DataObject
) -> None:
    archive = Archive()
    here: set[int] = set()
    for start, count in arrivals:
        archive.insert(start, lines(start, start + count))
        here |= set(range(start, start + count))
        asked = data.draw(st.integers(0, 2800))
        check(archive, here, asked, asked + data.draw(st.integers(0, 900)))
    while archive.pack_some():
        pass
    check(archive, here, 0, 2800)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 1500), max_size=12), st.integers(1, 3000), st.booleans())
def test_what_scrolls_off_is_kept_up_to_the_bound_on_lines(counts: list[int], bound: int, packs: bool) -> None:
    archive = Archive(max_lines=bound)
    end = 0
    for count in counts:
        archive.append(lines(end, end + count), end=end + count)
        end += count
        if packs:
            archive.pack_some()
    assert archive.end == end
    assert archive.oldest == max(0, end - bound)
    check(archive, set(range(archive.oldest, end)), archive.oldest, end)
    assert archive.lines(archive.oldest - 5, archive.oldest) == [None] * 5


def test_all_that_an_emulator_leaves_is_found_however_it_was_written() -> None:
    print("seed", seed := 5)
    chance = random.Random(seed)
    emulator, archive = Emulator(rows=10, columns=40), Archive()
    for number in range(3000):
        text = f"{number} " + "x" * chance.choice([0, 5, 38, 90])
        colour = chance.choice(["", "\x1b[31m", "\x1b[1;44m"])
        emulator.feed(f"{colour}{text}\x1b[m\r\n".encode())
        if number % 50 == 0:
            emulator.frame()
        archive.append(emulator.take_history(), end=emulator.history_count)
    found = archive.lines(0, archive.end)
    joined = "".join([one.text + ("" if one.wrapped else "\n") for one in found if one is not None])
    numbers = [int(text.split()[0]) for text in joined.splitlines()]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > 2980


def test_lines_that_nobody_had_time_to_take_are_gone_and_the_numbers_still_agree() -> None:
    archive = Archive()
    archive.append(lines(0, 10), end=10)
    archive.append(lines(500, 510), end=510)
    assert (archive.oldest, archive.end) == (500, 510)
    assert archive.lines(500, 510) == lines(500, 510)


def test_lines_that_were_erased_are_not_shown_to_anybody_again() -> None:
    archive = Archive()
    archive.append(lines(0, 1000), end=1000)
    archive.forget_below(990)
    assert archive.lines(980, 1000) == [None] * 10 + lines(990, 1000)


def test_the_oldest_lines_are_dropped_when_all_take_too_many_bytes() -> None:
    chance = random.Random(3)
    noise = [plain_line("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=900))) for _ in range(512)]
    archive = Archive(max_bytes=3_000_000)
    for turn in range(1, 30):
        archive.append(noise, end=turn * 512)
        assert archive.size <= 3_000_000
    assert archive.oldest > 0
    assert archive.lines(archive.end - 512, archive.end) == noise


def test_a_flood_of_logs_takes_a_few_bytes_a_line_once_it_is_packed() -> None:
    archive = Archive()
    texts = [
        f"Nov 21 08:{number % 60:02} app[{number % 977}]: accepted connection {number}" for number in range(60_000)
    ]
    for start in range(0, 60_000, 800):
        archive.append(texts[start : start + 800], end=start + 800)
    assert archive.size < 6_000_000
    while archive.pack_some():
        pass
    assert archive.unpacked == 0
    assert archive.size / 50_000 < 20
