"""The frames that a client keeps: those a diff may start from, within a bound on their memory."""

import pytest

from rmosh.announce import new_announce
from rmosh.channels.newest.frames import MAX_WINDOW
from rmosh.channels.screen.kept_frames import MAX_KEPT_BYTES, KeptFrames
from rmosh.channels.screen.policy import MAX_RECEIVED_FRAMES, MAX_SENT_FRAMES
from rmosh.session.attachment import Guest
from rmosh.session.events import PtyResize
from rmosh.session.server import ServerSession
from rmosh.terminal.cells import MAX_CELLS, TRUECOLOR, Cell, Clipboard, Frame, Row, Style, blank_frame
from rmosh.terminal.style_table import StyleTable


def frame_of_own_cells(rows: int, columns: int, mark: int) -> Frame:
    """Return a frame of which every cell is an object of its own."""
    row = [tuple([Cell(chr(0x4E00 + mark)) for _ in range(columns)]) for _ in range(rows)]
    return Frame(tuple([Row(cells) for cells in row]), columns)


def frame_of_strings(rows: int, columns: int, mark: int) -> Frame:
    signs = [chr(0x4E00 + mark + row) * columns for row in range(rows)]
    return Frame(tuple([Row.of_strings(each, "\0" * columns, None) for each in signs]), columns)


def test_frames_before_the_one_that_was_started_from_are_given_up() -> None:
    kept = KeptFrames()
    for number in range(1, 11):
        kept.add(number, blank_frame(rows=2, columns=number), base=max(0, number - 3))
    assert kept.newest == 10
    assert kept.frame.columns == 10
    assert [number for number in range(11) if kept.get(number)] == [7, 8, 9, 10]


@pytest.mark.slow
def test_of_frames_whose_cells_are_all_their_own_the_oldest_but_the_base_are_given_up() -> None:
    kept = KeptFrames()
    kept.add(1, frame_of_own_cells(100, 200, 1), base=0)
    for number in range(2, 60):
        kept.add(number, frame_of_own_cells(100, 200, number), base=1)
    kept.reckon()
    assert kept.get(1) is not None
    assert kept.get(2) is None
    assert kept.get(59) is kept.frame
    kept.reckon()
    assert 20 < len(kept) <= MAX_KEPT_BYTES // (100 * 200 * 138) + 2


def test_tabs_count_for_what_they_take() -> None:
    kept = KeptFrames()
    for number in range(1, 12):
        row = Row.of_strings(" " * 1000, "\0" * 1000, None, tabs=tuple(range(1000)))
        kept.add(number, Frame(tuple([row.replace() for _ in range(400)]), 1000), base=0)
    kept.reckon()
    assert len(kept) <= MAX_KEPT_BYTES // (400 * 1000 * (8 + 36)) + 2


def test_full_redraws_of_a_large_screen_are_kept_for_as_long_as_a_server_may_start_from_them() -> None:
    kept = KeptFrames()
    for number in range(1, MAX_SENT_FRAMES + 1):
        kept.add(number, frame_of_strings(50, 160, number), base=0)
    kept.reckon()
    assert len(kept) == MAX_SENT_FRAMES + 1


def test_columns_that_are_all_of_another_style_count() -> None:
    kept = KeptFrames()
    styles = "".join(map(chr, range(1, 1001)))
    for number in range(1, 12):
        table = StyleTable()
        for colour in range(1000):
            table.character(Style(TRUECOLOR | colour))
        rows = [Row.of_strings("x" * 1000, styles, table, written=row) for row in range(400)]
        kept.add(number, Frame(tuple(rows), 1000), base=0)
        kept.reckon()
        assert kept._bytes >= number * (400 * 1000 * 4 + 250 * 1000)


def test_a_row_made_of_strings_is_not_asked_for_its_cells() -> None:
    kept = KeptFrames()
    row = Row.of_strings("x", "\0", None)
    kept.add(1, Frame((row,), 1), base=0)
    assert not row.has_cells


def test_frames_that_share_their_rows_cost_next_to_nothing() -> None:
    kept = KeptFrames()
    rows = frame_of_own_cells(400, 1000, 1).rows
    for number in range(1, MAX_RECEIVED_FRAMES + 10):
        kept.add(number, Frame(rows, 1000, bells=number), base=max(0, number - 1) and 1)
    kept.reckon()
    assert len(kept) == MAX_RECEIVED_FRAMES


def test_a_clipboard_in_every_frame_counts() -> None:
    kept = KeptFrames()
    for number in range(1, 250):
        kept.add(
            number,
            Frame(blank_frame(rows=1, columns=1).rows, 1, clipboard=Clipboard(number, "", bytes(1 << 20))),
            base=0,
        )
    kept.reckon()
    assert len(kept) <= 98


@pytest.mark.parametrize("window", [(MAX_WINDOW, MAX_WINDOW), (401, 1000), (1000, 401)])
def test_a_window_with_more_cells_than_a_screen_may_have_is_shown_its_first_rows(window: tuple[int, int]) -> None:
    rows, columns = window
    server = ServerSession(rows=rows, columns=columns, entropy=bytes, now=0.0)
    fitting = PtyResize(min(rows, MAX_CELLS // columns), columns)
    assert server.next_event() == fitting
    server.attach(new_announce(port=1, entropy=bytes(range(200))), Guest(rows, columns), now=0.0)
    assert server.next_event() is None
    assert (len(server.screen.rows), server.screen.columns) == (fitting.rows, fitting.columns)
    assert fitting.rows * columns <= MAX_CELLS
