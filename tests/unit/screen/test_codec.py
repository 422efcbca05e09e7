"""Messages: exact round trips, small sizes, and Malformed for whatever a stranger may send."""

import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rmosh.compression import Compression
from rmosh.errors import Malformed
from rmosh.screen import apply_change, codec, encode_change, row_stream
from rmosh.screen.change import FrameDiff, PatchRow, Write, apply
from rmosh.screen.codec import decode, encode
from rmosh.screen.compression import deflated, inflated
from rmosh.screen.diff import diff
from rmosh.screen.fields import Field
from rmosh.screen.limits import (
    MAX_INFLATED,
    MAX_POINTER,
    MAX_SENT_CLIPBOARD,
    MAX_SENT_CLUSTER,
    MAX_SENT_LINK,
    MAX_SENT_NAME,
)
from rmosh.screen.optional_fields import ALL_READ, OPTIONAL_FIELDS, readable
from rmosh.terminal.cells import (
    COLOUR_PLACES,
    MAX_CELLS,
    MAX_COLUMNS,
    TRUECOLOR,
    Attribute,
    Cell,
    Clipboard,
    Cursor,
    Frame,
    Mark,
    MarkKind,
    NotificationDetails,
    Progress,
    ProgressState,
    Row,
    Style,
    blank_cell,
    blank_frame,
)
from rmosh.terminal.emulator import Emulator
from rmosh.wire import MAX_VARINT, Reader, encode_varint

FRAMES = st.from_type(Frame)
OFFSETS = st.integers(0, MAX_VARINT)
SMALL = blank_frame(rows=2, columns=20)


def round_trip(change: FrameDiff) -> FrameDiff:
    return decode(encode(change))


def typed(line: str, *, columns: int = 80, row: int = 23) -> Frame:
    cells = tuple(map(Cell, line)) + (blank_cell(),) * (columns - len(line))
    blank = blank_frame(rows=24, columns=columns)
    rows = (*blank.rows[:row], Row(cells), *blank.rows[row + 1 :])
    return replace(blank, rows=rows, cursor=Cursor(row, len(line)))


def raw_deflate(content: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(content) + deflater.flush()


@pytest.mark.slow
@given(FRAMES, FRAMES, st.sampled_from(Compression))
def test_a_diff_reads_back_exactly(base: Frame, target: Frame, compression: Compression) -> None:
    change = diff(base, target)
    assert decode(encode(change, compression)) == change


@pytest.mark.slow
@given(FRAMES, FRAMES, OFFSETS)
def test_a_message_makes_the_target_and_tells_the_input_offset(base: Frame, target: Frame, offset: int) -> None:
    assert apply_change(base, encode_change(base, target, input_offset=offset)) == (target, offset)


@pytest.mark.slow
@given(FRAMES, FRAMES, FRAMES)
def test_a_message_for_another_base_is_applied_or_malformed(base: Frame, target: Frame, other: Frame) -> None:
    message = encode_change(base, target, input_offset=0)
    try:
        made, _ = apply_change(other, message)
    except Malformed:
        return
    assert {len(row.cells) for row in made.rows} == {made.columns}


@pytest.mark.slow
@given(FRAMES, st.binary(max_size=200))
@example(typed("x"), encode_varint(0) + encode_varint(Field.ROWS) + b"\x00" + b"\x07")
def test_any_bytes_are_applied_or_malformed(base: Frame, untrusted: bytes) -> None:
    try:
        made, _ = apply_change(base, untrusted)
    except Malformed:
        return
    assert {len(row.cells) for row in made.rows} == {made.columns}


@pytest.mark.slow
@given(st.integers(0, sum(Field)), st.lists(st.integers(0, 80), max_size=60), FRAMES)
def test_any_small_numbers_behind_any_flags_are_applied_or_malformed(
    flags: int, numbers: list[int], base: Frame
) -> None:
    content = b"".join(map(encode_varint, numbers))
    if flags & Field.DEFLATED:
        content = raw_deflate(content)
    try:
        change = decode(encode_varint(flags) + content)
        made = apply(base, change)
    except Malformed:
        return
    assert {len(row.cells) for row in made.rows} == {made.columns}


@pytest.mark.slow
@given(FRAMES, FRAMES, st.data())
def test_a_message_with_some_bytes_changed_is_applied_or_malformed(
    base: Frame, target: Frame, data: st.DataObject
) -> None:
    message = bytearray(encode_change(base, target, input_offset=7))
    for _ in range(data.draw(st.integers(1, 3))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    try:
        made, _ = apply_change(base, bytes(message[: data.draw(st.integers(0, len(message)))]))
    except Malformed:
        return
    assert {len(row.cells) for row in made.rows} == {made.columns}


def test_a_message_put_together_by_hand_reads_as_protocol_md_says() -> None:
    base = blank_frame(rows=3, columns=10)
    text = "ae\u0301漢x".encode()
    message = (
        bytes([5, Field.ROWS | Field.CURSOR | Field.STYLES | Field.SHAPES])
        + bytes([1, 4, 1])  # cursor: row, column, visible
        + bytes([len(text)])
        + text
        + bytes([3, 1 << 2 | 0, 2 << 2 | 2, 1 << 2 | 1])  # shapes: a plain cell, a cluster of two, a wide cell
        + bytes([1, 0b0100_0001, 2, 1])  # styles: palette colour 2, bold
        + bytes([2, 0, 1, 3, 2])  # runs: styles 0 and 1 of 3 and 2 cells
        + bytes([1 << 2 | 0])  # copy one row
        + bytes([1 << 2 | 1, 1 << 2 | 2 | 1, 2, 5, 1, 1])  # patch one, wrapped: gap 2, 5 cells, gap 1, erase in style 1
    )
    bold = Style(foreground=2, attributes=1)
    blank = blank_cell()
    written = (Cell("a"), Cell("e\u0301"), Cell("漢"), Cell("", bold), Cell("x", bold))
    row = Row((blank, blank, *written, blank, blank_cell(bold), blank_cell(bold)), wrapped=True)
    target = replace(base, rows=(base.rows[0], row, base.rows[2]), cursor=Cursor(1, 4))
    assert apply_change(base, message) == (target, 5)


def test_nothing_changed_is_one_byte() -> None:
    assert encode(FrameDiff()) == b"\x00"


@pytest.mark.parametrize("line", ["l", "ls -l /usr/share/do", "x" * 79])
def test_a_typed_key_takes_less_than_twenty_bytes(line: str) -> None:
    message = encode_change(typed(line[:-1]), typed(line), input_offset=1_000_000)
    assert len(message) <= 19


def test_a_typed_key_near_the_start_takes_twelve_bytes() -> None:
    message = encode_change(typed("l", row=3), typed("ls", row=3), input_offset=60)
    assert message == bytes([60, Field.ROWS | Field.CURSOR, 3, 2, 1, 1, ord("s"), 3 << 2, 1 << 2 | 1, 1 << 2, 1, 1])


def test_a_moved_cursor_takes_five_bytes() -> None:
    base = blank_frame(rows=24, columns=80)
    assert len(encode_change(base, replace(base, cursor=Cursor(5, 9)), input_offset=9)) == 5


def test_a_scrolled_line_takes_its_text_and_twenty_bytes() -> None:
    lines = tuple(typed(f"Nov 20 sshd[{number}]: accepted key {number:x}").rows[23] for number in range(25))
    base = replace(blank_frame(rows=24, columns=80), rows=lines[:24], history=100)
    target = replace(base, rows=lines[1:], history=101)
    text = "".join(cell.text for cell in lines[24].cells).rstrip()
    assert len(encode_change(base, target, input_offset=60)) <= len(text) + 20


def test_a_wide_character_takes_its_utf_8_alone() -> None:
    base = blank_frame(rows=1, columns=80)
    cells = tuple(cell for character in "漢字假名" for cell in (Cell(character), Cell("")))
    target = replace(base, rows=(Row(cells + base.rows[0].cells[8:]),))
    assert len(encode(diff(base, target))) <= len("漢字假名".encode()) + 9
    assert apply(base, decode(encode(diff(base, target)))) == target


def test_decoded_cells_and_blanks_are_shared() -> None:
    base = blank_frame(rows=2, columns=20)
    style = Style(foreground=TRUECOLOR | 0x1A2B3D)  # of no other test: what is shared may be let go
    line = Row(tuple(Cell(character, style) for character in "ab ab".ljust(20)))
    made, _ = apply_change(base, encode_change(base, replace(base, rows=(line, line)), input_offset=0))
    cells = made.rows[0].cells
    assert cells[0] is cells[3]
    assert cells[2] is blank_cell(style)
    assert cells[0] is made.rows[1].cells[0]


@given(st.integers(32, 300), st.integers(0, 40), st.sampled_from([1, 7, 200, 240]))
def test_what_is_short_needs_no_large_window(length: int, texts_end: int, period: int) -> None:
    content = (bytes(range(256)) * 2)[:period] * 300
    shrunk = deflated(content[:length], texts_end=texts_end, compression=Compression.LAYOUT)
    whole = raw_deflate(content[texts_end:length])
    assert shrunk is None or inflated(shrunk, limit=length) == content[:length]
    assert shrunk is None or len(shrunk) <= len(whole) + texts_end + 5  # a stored block's head


def test_a_repeated_screen_is_deflated_where_text_may_be() -> None:
    base = blank_frame(rows=24, columns=80)
    text = "the same line of text over and over"
    change = diff(base, replace(base, rows=typed(text).rows[23:] * 24))
    assert len(encode(change, Compression.ALL)) < 100
    layout, nothing = encode(change), encode(change, Compression.NOTHING)
    assert layout[0] & Field.DEFLATED
    assert not nothing[0] & Field.DEFLATED
    assert 24 * len(text) < len(layout) < len(nothing)


def test_texts_longer_than_a_stored_block_are_carried_whole() -> None:
    style = Style(foreground=2)
    cells = tuple(Cell("x", style if column % 2 else Style()) for column in range(400))
    patch = PatchRow(0, False, (Write(0, Row(cells)),))
    change = FrameDiff(clipboard=Clipboard(1, "c", bytes(range(256)) * 800), rows=(patch,))
    message = encode(change)
    assert Reader(message).varint() & Field.DEFLATED
    assert decode(message) == change


@pytest.mark.parametrize("control", ["\x00", "\x1b", "\x7f", "\x9b"])
def test_no_control_character_is_sent_or_accepted(control: str) -> None:
    change = FrameDiff(title=f"a{control}b", rows=(PatchRow(0, False, (Write(0, Row((Cell(control),))),)),))
    read = round_trip(change)
    assert read.title == "a\ufffdb"
    assert read.rows == (PatchRow(0, False, (Write(0, Row((Cell("\ufffd"),))),)),)
    title = control.encode()
    with pytest.raises(Malformed, match="control"):
        decode(encode_varint(Field.TITLE) + encode_varint(len(title)) + title)


def test_a_lone_surrogate_does_not_stop_the_session() -> None:
    assert round_trip(FrameDiff(title="\ud800")).title == "?"


def test_a_cut_cluster_in_the_base_does_not_spoil_later_messages() -> None:
    blank = blank_frame(rows=2, columns=60)
    zalgo = Row((Cell("e" + "\u0301" * 99), Cell("\x1b"), Cell("\ud800"), *blank.rows[0].cells[3:]))
    server_base = replace(blank, rows=(zalgo, blank.rows[1]))
    client_base, _ = apply_change(blank, encode_change(blank, server_base, input_offset=0))
    assert client_base != server_base
    below = Row(tuple(map(Cell, "the text of this row is the same word again: word word word ")))
    message = encode_change(
        server_base, replace(server_base, rows=(zalgo, below)), input_offset=0, compression=Compression.ALL
    )
    assert message[1] & Field.DEFLATED
    assert apply_change(client_base, message)[0].rows == (client_base.rows[0], below)


def test_what_is_above_a_bound_is_cut_before_it_is_sent() -> None:
    cell = Cell("e" + "\u0301" * 100, Style(link="x" * (MAX_SENT_LINK + 1)))
    change = FrameDiff(title="é" * MAX_SENT_NAME, rows=(PatchRow(0, False, (Write(0, Row((cell,))),)),))
    read = round_trip(change)
    assert read.title == "é" * (MAX_SENT_NAME // 2)
    cut = Cell(cell.text[:MAX_SENT_CLUSTER], Style(link="x" * MAX_SENT_LINK))
    assert read.rows == (PatchRow(0, False, (Write(0, Row((cut,))),)),)


@pytest.mark.parametrize("bound", ["MAX_MESSAGE", "MAX_INFLATED", "MAX_STYLES"])
def test_a_screen_too_large_for_a_message_is_sent_plain(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    base = blank_frame(rows=2, columns=60)
    row = Row(tuple(Cell(chr(65 + column), Style(foreground=column)) for column in range(60)))
    target = replace(base, rows=(row, row), title="title")
    module, lowered = {
        "MAX_MESSAGE": (codec, len(encode(diff(base, target))) - 1),
        "MAX_INFLATED": (codec, 300),
        "MAX_STYLES": (row_stream, 59),
    }[bound]
    monkeypatch.setattr(module, bound, lowered)
    made, _ = apply_change(base, encode_change(base, target, input_offset=0))
    plain = Row(tuple(Cell(cell.text) for cell in row.cells))
    assert made == replace(target, rows=(plain, plain))


def test_more_cells_than_a_frame_has_are_malformed() -> None:
    text = b"x" * (MAX_CELLS + 1)
    content = encode_varint(len(text)) + text + encode_varint(1 << 2) + b"\x00"
    with pytest.raises(Malformed, match="more than a frame"):
        decode(encode_varint(Field.DEFLATED | Field.ROWS) + raw_deflate(content))
    wide = encode_varint(MAX_CELLS) + text[1:] + b"\x02" + encode_varint(MAX_CELLS // 2 + 1 << 2 | 1) + b"\x04"
    with pytest.raises(Malformed, match="does not fit"):
        decode(encode_varint(Field.DEFLATED | Field.ROWS | Field.SHAPES) + raw_deflate(wide))


def test_a_clipboard_above_its_bound_is_left_out() -> None:
    largest = Clipboard(1, "c", bytes(MAX_SENT_CLIPBOARD))
    assert round_trip(FrameDiff(clipboard=largest)).clipboard == largest
    larger = Clipboard(2, "c", bytes(MAX_SENT_CLIPBOARD + 1))
    assert round_trip(FrameDiff(clipboard=larger)) == FrameDiff()


def test_a_small_message_cannot_inflate_without_bound() -> None:
    bomb = raw_deflate(bytes(MAX_INFLATED + 1))
    with pytest.raises(Malformed, match="more than"):
        decode(encode_varint(Field.DEFLATED | Field.ROWS) + bomb)


MALFORMED = {
    "no flags": b"",
    "an unknown flag": encode_varint(1 << 16),
    "bytes left over": b"\x00\x00",
    "deflated garbage": encode_varint(Field.DEFLATED) + b"\xff\xff",
    "deflated and cut": encode_varint(Field.DEFLATED) + raw_deflate(b"x" * 99)[:-1],
    "deflated with a tail": encode_varint(Field.DEFLATED) + raw_deflate(b"") + b"x",
    "too many rows": encode_varint(Field.SIZE) + encode_varint(1001) + b"\x01",
    "a cursor shape 7": encode_varint(Field.CURSOR) + b"\x00\x00\x0e",
    "text that is not utf-8": encode_varint(Field.ROWS) + b"\x01\xff",
    "cells that nobody writes": encode_varint(Field.ROWS) + b"\x01a",
    "writes without cells": encode_varint(Field.ROWS) + b"\x00" + b"\x05\x04\x00\x01",
    "an empty write": encode_varint(Field.ROWS) + b"\x00" + b"\x05\x04\x00\x00",
    "an operation without rows": encode_varint(Field.ROWS) + b"\x00" + b"\x00",
    "an erase in an unknown style": encode_varint(Field.ROWS) + b"\x00" + b"\x05\x02\x00\x01",
    "a colour kind 3": encode_varint(Field.ROWS | Field.STYLES) + b"\x01a" + b"\x01\x03",
    "too many styles": encode_varint(Field.ROWS | Field.STYLES) + b"\x01a" + encode_varint(65537) + bytes(65600),
    "an empty style run": encode_varint(Field.ROWS | Field.STYLES) + b"\x01a" + b"\x00" + b"\x02\x00\x00\x00\x01",
    "style runs beyond the text": encode_varint(Field.ROWS | Field.STYLES) + b"\x01a" + b"\x00" + b"\x01\x00\x02",
    "a shape without text": encode_varint(Field.ROWS | Field.SHAPES) + b"\x01a" + b"\x01\x08",
    "a cluster too long": encode_varint(Field.ROWS | Field.SHAPES)
    + b"\x40\x40"
    + b"a" * 64
    + b"\x01"
    + encode_varint(33 << 2 | 2),
}


@pytest.mark.parametrize("untrusted", MALFORMED.values(), ids=MALFORMED)
def test_bytes_that_break_the_format_are_malformed(untrusted: bytes) -> None:
    with pytest.raises(Malformed):
        decode(untrusted)


MARKS = st.builds(
    Mark,
    st.sampled_from(MarkKind),
    st.integers(0, MAX_VARINT),
    st.integers(0, MAX_VARINT),
    st.integers(0, MAX_COLUMNS - 1),
    st.one_of(st.none(), st.integers(0, 255)),
)


@pytest.mark.slow
@given(
    st.fixed_dictionaries(
        {
            "is_titled": st.booleans(),
            "colours": st.dictionaries(st.integers(0, COLOUR_PLACES - 1), st.integers(0, 0xFFFFFF)).map(
                lambda colours: tuple(sorted(colours.items()))
            ),
            "pointer": st.text("az-_09", max_size=MAX_POINTER),
            "progress": st.builds(Progress, st.sampled_from(ProgressState), st.integers(0, 100)),
            "marks": st.lists(MARKS, max_size=len(MarkKind)).map(tuple),
            "notification_details": st.builds(
                NotificationDetails, st.integers(0, MAX_VARINT), st.text("az.", max_size=64), st.integers(0, 2)
            ),
        }
    )
)
def test_the_fields_that_not_every_peer_reads_come_back_as_they_were(fields: dict[str, Any]) -> None:
    base = blank_frame(rows=1, columns=1)
    target = replace(base, **fields)
    assert apply_change(base, encode_change(base, target, input_offset=0)) == (target, 0)
    assert readable(target, ALL_READ) is target
    assert readable(target, 0) == base


@given(st.binary(max_size=60), st.sampled_from([field.flag for field in OPTIONAL_FIELDS]))
def test_any_bytes_of_an_optional_field_are_read_or_malformed(untrusted: bytes, flag: Field) -> None:
    try:
        change = decode(encode_varint(flag) + untrusted)
    except Malformed:
        return
    assert decode(encode(change)) == change


def test_which_colours_were_named_by_their_index_is_told_to_those_who_read_it() -> None:
    styles = [Style(1, attributes=int(Attribute.BOLD | Attribute.INDEXED)), Style(1, attributes=int(Attribute.INDEXED))]
    base = blank_frame(rows=1, columns=2)
    target = replace(base, rows=(Row(tuple([Cell("a", style) for style in styles])),))
    plain, _ = apply_change(base, encode_change(base, readable(target, 0), input_offset=0))
    assert [cell.style for cell in plain.rows[0].cells] == [Style(1, attributes=int(Attribute.BOLD)), Style(1)]
    told, _ = apply_change(base, encode_change(base, readable(target, ALL_READ), input_offset=0))
    assert told == target


def test_a_peer_that_reads_less_is_sent_no_cell_again_that_did_not_change() -> None:
    terminal = Emulator(rows=1, columns=40)
    terminal.feed(b"a \x1b[1;38;5;1mred\x1b[m text behind")
    before = readable(terminal.frame(), 0)
    terminal.feed(b"\x1b[1;1Hb\x1b[1;20Hc")
    assert diff(before, readable(terminal.frame(), 0)).rows == (
        PatchRow(0, False, (Write(0, Row((Cell("b"),))), Write(19, Row((Cell("c"),))))),
    )
