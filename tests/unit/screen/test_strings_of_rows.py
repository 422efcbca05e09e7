"""Rows that are strings are sent, and made again, without their cells; what is sent does not depend on their tables."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.compression import Compression
from rmosh.screen import apply_change, encode_change
from rmosh.screen.change import apply
from rmosh.screen.codec import encode
from rmosh.screen.diff import diff
from rmosh.terminal import style_table
from rmosh.terminal.cells import TRUECOLOR, Attribute, Cell, Frame, Row, Style, blank_frame, blank_row
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.style_table import MOST_TABLES_BEHIND, StyleTable

FRAMES = st.from_type(Frame)


def in_table(frame: Frame, generation: int) -> Frame:
    """Return a frame of strings whose styles have characters of a table of their own."""
    table = StyleTable(generation)
    for colour in range(generation):
        table.character(Style(background=colour))  # so that the same style has another character
    return replace(frame, rows=tuple([row.in_table(table) for row in frame.rows]))


@pytest.mark.slow
@given(FRAMES, FRAMES, st.integers(0, 2), st.integers(0, 2))
def test_the_law_of_diffs_holds_whatever_tables_rows_have(base: Frame, target: Frame, one: int, other: int) -> None:
    old, new = in_table(base, one), in_table(target, other)
    assert apply(old, diff(old, new)) == target
    message = encode_change(old, new, input_offset=7)
    assert message == encode_change(base, target, input_offset=7)
    assert apply_change(in_table(base, other), message) == (target, 7)


@given(st.integers(0, 9), st.integers(1, 10))
def test_rows_of_two_tables_in_one_message_come_as_they_are(start: int, width: int) -> None:
    styles = [Style(), Style(1), Style(2, link=";file:///"), Style(None, 3, int(Attribute.BOLD))]
    cells = [
        [Cell(chr(65 + 10 * row + column), styles[(row + column) % 4]) for column in range(10)] for row in range(4)
    ]
    rows = [Row(tuple(line)).in_table(StyleTable(number % 2)) for number, line in enumerate(cells)]
    target = Frame(tuple(rows), 10)
    base = replace(target, rows=tuple([row.part(0, start).in_table(StyleTable(9)) for row in rows]), columns=start)
    base = base if start else blank_frame(rows=2, columns=width)
    assert apply_change(base, encode_change(base, target, input_offset=0))[0] == target


def page(chance: random.Random) -> bytes:
    """Return output of every kind: colours, links, wide characters, clusters, tabs, erased ends, gaps."""
    parts = [
        "\x1b[H\x1b[38;5;{};48;5;{}m",
        "\x1b[38;2;{};{};7m",
        "\x1b[1;4:3m",
        "\x1b[m",
        "\x1b[{};{}H",
        "\t",
        "\r\n",
        "\x1b]8;;http://x/{}\x1b\\link\x1b]8;;\x1b\\",
        "漢字",
        "e\u0301a\u0308",
        "👩\u200d💻",
        "\x1b[K",
        "\x1b[4{}m\x1b[K",
        "words of {} letters",
        "\x1b[32mok\x1b[m {}",
        "\x1b[{}P",
        "\x1b[{}@",
    ]
    return "".join([chance.choice(parts).format(*chance.choices(range(1, 9), k=2)) for _ in range(60)]).encode()


def test_messages_are_those_of_the_builds_that_had_cells_byte_for_byte() -> None:
    """Source of the sum: commit e56ef57, its frames' equal cells made one object each, as most were."""
    chance, digest = random.Random(18), hashlib.sha256()
    emulator, blank = Emulator(rows=12, columns=40), blank_frame(rows=12, columns=40)
    for _ in range(40):
        emulator.feed(page(chance))
        message = encode(diff(blank, emulator.frame()), Compression.NOTHING)
        digest.update(message)
    assert digest.hexdigest() == "dc3572e8b0827f37050c56af906888c617f486521ab0408caf51578037b22d1d"


def test_a_page_is_sent_and_shown_without_a_cell() -> None:
    emulator, shown = Emulator(rows=12, columns=40), blank_frame(rows=12, columns=40)
    before = shown
    for seed in range(8):
        emulator.feed(page(random.Random(seed)).replace(b"\x1b[K", b""))
        frame = emulator.frame()
        shown, _ = apply_change(shown, encode_change(before, frame, input_offset=0))
        before = frame
        assert not any(row.has_cells for row in shown.rows if row is not blank_row(40))
    assert shown == before


def shown_row_by_row(*, rows: int, columns: int, before_each: Callable[[], object] = lambda: None) -> Frame:
    """Return a screen, every cell in a style of its own, each of whose rows came with a message of its own."""
    shown = blank_frame(rows=rows, columns=columns)
    for number in range(rows):
        before_each()
        lines = list(shown.rows)
        lines[number] = Row(tuple(Cell("x", Style(TRUECOLOR | number << 8 | column)) for column in range(columns)))
        target = replace(shown, rows=tuple(lines))
        shown, _ = apply_change(shown, encode_change(shown, target, input_offset=0))
        assert shown == target
    return shown


def test_a_screen_keeps_few_tables_of_styles_though_each_of_its_rows_came_with_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(style_table, "_current", StyleTable())
    shown = shown_row_by_row(rows=40, columns=10, before_each=style_table._new_table)
    assert len({id(row.table) for row in shown.rows}) <= MOST_TABLES_BEHIND + 1


def test_a_screen_of_more_styles_than_a_table_keeps_is_shown_row_by_row_with_one_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = StyleTable()
    monkeypatch.setattr(style_table, "_current", table)
    monkeypatch.setattr(style_table, "MAX_STYLES_KEPT", 8)
    shown = shown_row_by_row(rows=40, columns=10)
    assert {id(row.table) for row in shown.rows} == {id(table)}


def test_a_table_that_gets_full_while_a_message_is_written_goes_on_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    base = blank_frame(rows=4, columns=10)
    erased = [Row((Cell(" ", Style(background=number)),) * 10) for number in range(4)]
    target = replace(base, rows=tuple(row.in_table(StyleTable()) for row in erased))
    expected = encode_change(base, target, input_offset=0)
    monkeypatch.setattr(style_table, "_current", StyleTable())
    monkeypatch.setattr(style_table, "MAX_STYLES_ADDED", 3)
    assert encode_change(base, target, input_offset=0) == expected
    assert apply_change(base, expected)[0] == target
