"""The law of diffs, and that ordinary changes make small ones."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh.screen import apply_change, encode_change
from rmosh.screen.change import CopyRows, Erase, FrameDiff, PatchRow, Size, Write, apply
from rmosh.screen.codec import decode, encode
from rmosh.screen.diff import diff
from rmosh.screen.optional_fields import ALL_READ, readable
from rmosh.terminal.cells import Cell, Cursor, Frame, Row, Style, blank_cell, blank_frame, blank_row
from rmosh.terminal.emulator import Emulator

FRAMES = st.from_type(Frame)
BLUE = Style(foreground=4)


def row(line: str, columns: int = 40) -> Row:
    return Row(tuple(Cell(character) for character in line.ljust(columns)[:columns]))


def screen(*lines: str, columns: int = 40) -> Frame:
    return Frame(tuple(row(line, columns) for line in lines), columns)


def cells(text: str) -> tuple[Cell, ...]:
    return tuple(map(Cell, text))


def part(text: str) -> Row:
    return Row(cells(text))


LISTING = screen("one", "two", "three", "four", "five", "six")


@pytest.mark.slow
@given(FRAMES, FRAMES)
def test_applying_a_diff_makes_the_target(base: Frame, target: Frame) -> None:
    assert apply(base, diff(base, target)) == target


@pytest.mark.slow
@given(FRAMES, FRAMES, st.data())
def test_applying_a_diff_makes_a_target_that_shares_rows_with_its_base(
    base: Frame, target: Frame, data: st.DataObject
) -> None:
    pool = [line for line in base.rows + target.rows if len(line.cells) == base.columns]
    lines = tuple(data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=9)))
    mixed = replace(base, rows=lines, cursor=Cursor())
    assert apply(base, diff(base, mixed)) == mixed


@pytest.mark.slow
@given(FRAMES)
def test_equal_frames_differ_in_nothing(frame: Frame) -> None:
    twin = replace(frame, rows=tuple(Row(tuple(line.cells), line.wrapped) for line in frame.rows))
    assert diff(frame, twin) == FrameDiff()


def after(*outputs: bytes) -> list[Frame]:
    """Return what a terminal of 4 x 12 shows after each output, as it arrives diff by diff."""
    terminal = Emulator(rows=4, columns=12)
    shown = [blank_frame(rows=4, columns=12)]
    for output in outputs:
        terminal.feed(output)
        shown.append(apply(shown[-1], decode(encode(diff(shown[-1], terminal.frame())))))
        assert shown[-1] == terminal.frame()
    return shown


@pytest.mark.parametrize(
    ("outputs", "written"),
    [
        ((b"$ ",), 2),
        ((b"$ ", b"ls", b"\b \b"), 4),
        ((b"$ ", b"ls", b"\b\x1b[K"), 3),
        ((b"\x1b[41mred\x1b[K",), 3),
        ((b"\x1b[41mred \x1b[K",), 4),
        (("\ud55c\uad6d \ud55c\uad6d \ud55c\uad6d".encode(),), 12),
        (("x\ud55c\uad6d  \ud55c\uad6d\ud55c".encode(),), 11),
    ],
)
def test_a_row_arrives_with_the_end_of_what_was_written_in_it(outputs: tuple[bytes, ...], written: int) -> None:
    assert after(*outputs)[-1].rows[0].written == written


def test_a_row_arrives_with_its_tabs() -> None:
    shown = after(b"a\tb", b"\r\nc\t", b"\t", b"\x1b[Hx", b"\x1b[1;5Hyy")
    assert [frame.rows[0].tabs for frame in shown] == [(), (1,), (1,), (1,), (1,), ()]
    assert [frame.rows[1].tabs for frame in shown] == [(), (), (1,), (1,), (1,), (1,)]


def test_tabs_are_told_only_to_whoever_reads_them() -> None:
    terminal = Emulator(rows=4, columns=12)
    terminal.feed(b"a\tb")
    base = blank_frame(rows=4, columns=12)
    for reads, tabs in ((ALL_READ, (1,)), (0, ())):
        message = encode_change(base, readable(terminal.frame(), reads), input_offset=0)
        assert apply_change(base, message)[0].rows[0].tabs == tabs


@pytest.mark.parametrize("tab", [(4, 0), (0, 12)])
def test_a_tab_outside_the_frame_is_refused(tab: tuple[int, int]) -> None:
    change = FrameDiff(rows=(PatchRow(None, False, ()),), tabs=(tab,))
    with pytest.raises(Malformed, match="a tab in row"):
        apply(blank_frame(rows=4, columns=12), change)


@pytest.mark.parametrize("tabs", [((0, 1), (0, 1)), ((0, 8), (0, 1)), ((1, 1), (0, 1))])
def test_tabs_out_of_order_are_refused_which_bounds_them_by_the_cells(tabs: tuple[tuple[int, int], ...]) -> None:
    change = FrameDiff(rows=(PatchRow(None, False, ()),), tabs=tabs)
    with pytest.raises(Malformed, match="a tab in row 0, column 1 behind one"):
        apply(blank_frame(rows=4, columns=12), change)


def test_many_blanks_at_a_rows_end_are_erased_whoever_wrote_them() -> None:
    (_, shown) = after(b"ab" + b" " * 8)
    assert shown.rows[0].written == 2


def test_rows_that_did_not_change_stay_the_same_objects() -> None:
    target = replace(LISTING, rows=(*LISTING.rows[:2], row("changed"), *LISTING.rows[3:]))
    made = apply(LISTING, diff(LISTING, target))
    assert [made.rows[number] is LISTING.rows[number] for number in range(6)] == [True, True, False] + [True] * 3


def test_a_change_of_the_cursor_alone_keeps_the_rows_object() -> None:
    target = replace(LISTING, cursor=Cursor(2, 2))
    assert diff(LISTING, target) == FrameDiff(cursor=Cursor(2, 2))
    assert apply(LISTING, diff(LISTING, target)).rows is LISTING.rows


def test_a_typed_key_is_one_write_of_one_cell() -> None:
    target = replace(LISTING, rows=(*LISTING.rows[:4], row("five!"), LISTING.rows[5]))
    patch = PatchRow(4, False, (Write(4, part("!")),))
    assert diff(LISTING, target).rows == (CopyRows(0, 4), patch)


def test_a_scroll_is_one_copy_and_the_new_line() -> None:
    target = replace(LISTING, rows=(*LISTING.rows[1:], row("new").replace(origin="a new line")))
    patch = PatchRow(None, False, (Write(0, part("new")),))
    assert diff(LISTING, target).rows == (CopyRows(1, 5), patch)


def test_a_scrolled_page_repainted_with_new_cells_is_found_by_equality() -> None:
    target = screen("three", "four", "five", "six", "seven", "eight")
    changes = diff(LISTING, target).rows
    assert changes[0] == CopyRows(2, 4)
    assert len(changes) == 3


def test_a_scroll_inside_margins_leaves_what_is_around_them() -> None:
    rows = LISTING.rows
    target = replace(LISTING, rows=(rows[0], rows[2], rows[3], blank_row(40), rows[4], rows[5]))
    changes = diff(LISTING, target).rows
    assert changes == (CopyRows(0, 1), CopyRows(2, 2), CopyRows(None, 1))


def test_a_cleared_screen_is_one_copy_of_blank_rows() -> None:
    target = blank_frame(rows=6, columns=40)
    assert diff(LISTING, target).rows == (CopyRows(None, 6),)


def test_a_line_erased_to_its_end_is_no_write() -> None:
    base = screen("a long line of forty columns, all of them")
    target = replace(base, rows=(Row(base.rows[0].cells[:6] + (blank_cell(BLUE),) * 34),))
    assert diff(base, target).rows == (PatchRow(0, False, (), Erase(6, BLUE)),)


def test_changes_with_up_to_four_unchanged_cells_between_are_one_write() -> None:
    base = screen("x" * 40)
    near = replace(base, rows=(Row((*cells("a"), *base.rows[0].cells[1:5], *cells("b" + "x" * 34))),))
    far = replace(base, rows=(Row((*cells("a"), *base.rows[0].cells[1:6], *cells("b" + "x" * 33))),))
    assert diff(base, near).rows == (PatchRow(0, False, (Write(0, part("axxxxb")),)),)
    assert diff(base, far).rows == (PatchRow(0, False, (Write(0, part("a")), Write(6, part("b")))),)


def test_a_row_is_patched_from_where_most_of_it_stood() -> None:
    lines = ["".join(chr(33 + (7 * number + column) % 90) for column in range(40)) for number in range(6)]
    base = screen(*lines)
    moved = Row(base.rows[3].cells[:39] + cells("*"))
    target = replace(base, rows=(base.rows[2], moved, *base.rows[4:], blank_row(40), blank_row(40)))
    assert diff(base, target).rows[:2] == (CopyRows(2, 1), PatchRow(3, False, (Write(39, part("*")),)))


def test_a_line_is_patched_from_what_it_was_wherever_it_stood() -> None:
    base = screen(*["a line of words", "another of them"] * 3)
    base = replace(base, rows=tuple(row.replace(origin=number) for number, row in enumerate(base.rows)))
    changed = row("a line of WORDS").replace(origin=2)
    target = replace(base, rows=(changed, *base.rows[1:]))
    assert diff(base, target).rows[0] == PatchRow(2, False, (Write(10, part("WORDS")),))


def test_a_new_line_is_compared_with_no_other() -> None:
    base = replace(LISTING, rows=tuple(row.replace(origin=number) for number, row in enumerate(LISTING.rows)))
    target = replace(base, rows=(*base.rows[1:], row("sixty").replace(origin=6)))
    assert diff(base, target).rows[-1] == PatchRow(None, False, (Write(0, part("sixty")),))


def test_a_soft_wrap_alone_is_a_change() -> None:
    target = replace(LISTING, rows=(LISTING.rows[0].replace(wrapped=True), *LISTING.rows[1:]))
    assert diff(LISTING, target).rows == (PatchRow(0, True, ()),)


def test_a_taller_wider_window_that_shows_nothing_new_is_only_a_size() -> None:
    target = Frame(tuple(row(line, 50) for line in ["one", "two", "three", "four", "five", "six", ""]), 50)
    assert diff(LISTING, target) == FrameDiff(size=Size(7, 50))


MISFITS = {
    "copies a row below the base's last": FrameDiff(rows=(CopyRows(5, 2),)),
    "copies a row above the first": FrameDiff(rows=(CopyRows(-1, 1),)),
    "copies no row": FrameDiff(rows=(CopyRows(0, 0),)),
    "copies fewer than no row": FrameDiff(rows=(CopyRows(2, -1),)),
    "makes more rows than there are": FrameDiff(rows=(CopyRows(0, 6), CopyRows(0, 1))),
    "makes very many rows": FrameDiff(rows=(CopyRows(None, 1 << 60),)),
    "patches a row that is not there": FrameDiff(rows=(PatchRow(6, False, ()),)),
    "writes behind the last column": FrameDiff(rows=(PatchRow(0, False, (Write(39, part("ab")),)),)),
    "writes before the first column": FrameDiff(rows=(PatchRow(0, False, (Write(-1, part("ab")),)),)),
    "erases behind the last column": FrameDiff(rows=(PatchRow(0, False, (), Erase(40, BLUE)),)),
    "erases before the first column": FrameDiff(rows=(PatchRow(0, False, (), Erase(-1, BLUE)),)),
    "puts the cursor below": FrameDiff(cursor=Cursor(6, 0)),
    "puts the cursor to the right": FrameDiff(cursor=Cursor(0, 40)),
    "puts the cursor above": FrameDiff(cursor=Cursor(-1, 0)),
    "shrinks away from the cursor": FrameDiff(size=Size(3, 40)),
    "has no columns": FrameDiff(size=Size(6, 0)),
    "has too many rows": FrameDiff(size=Size(1001, 40)),
    "takes back bells that never rang": FrameDiff(bells=-1),
    "counts history beyond a varint": FrameDiff(history=1 << 62),
}


@pytest.mark.parametrize("change", MISFITS.values(), ids=MISFITS)
def test_a_change_that_does_not_fit_its_base_is_malformed(change: FrameDiff) -> None:
    with pytest.raises(Malformed):
        apply(replace(LISTING, cursor=Cursor(5, 0)), change)
