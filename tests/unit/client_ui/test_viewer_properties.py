"""The viewer under random keys, lines and sizes: it never raises, and its frames are always whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import Frame, Style
from rmosh.terminal.scrolled import ScrolledLine
from rmosh.terminal.width import char_width
from tests.unit.client_ui.client_ui_frames import frame_sequences
from tests.unit.client_ui.client_ui_history import Desk

_TEXTS = st.one_of(st.text("ab ", max_size=12), st.text("a漢é\u0301👩\u200d🇩\x1b", max_size=8), st.text(max_size=8))
_STYLES = st.sampled_from([Style(), Style(foreground=1), Style(attributes=16, link=";x")])
_RUNS = st.lists(st.tuples(_TEXTS, _STYLES), max_size=3).map(tuple)
_LINES = st.one_of(st.none(), st.builds(ScrolledLine, _RUNS, st.booleans()))
_KEYS = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [
            b"k",
            b"b",
            b"g",
            b"G",
            b"v",
            b"o",
            b"y",
            b"n",
            b"N",
            b"h",
            b"s",
            b"?a\r",
            b"/b",
            b"sx\r",
            b"\r",
            b"\x1b",
            b"\x1b[",
        ]
    ),
)
_SIZES = st.tuples(st.integers(1, 12), st.integers(1, 30))
_EVENTS = st.one_of(_KEYS, _SIZES, _LINES, st.integers(0, 20))


def assert_whole(frame: Frame, *, rows: int, columns: int) -> None:
    assert (len(frame.rows), frame.columns) == (rows, columns)
    assert 0 <= frame.cursor.row < rows
    assert 0 <= frame.cursor.column < columns
    for row in frame.rows:
        assert len(row.cells) == columns
        for left, right in zip(row.cells, [*row.cells[1:], None], strict=True):
            if left.text:
                assert (char_width(left.text) == 2) == (right is not None and right.text == "")
        assert row.cells[0].text != ""


@pytest.mark.slow
@given(st.lists(_LINES, max_size=15), _SIZES, st.lists(_EVENTS, max_size=20), frame_sequences(most=2), st.booleans())
def test_nothing_typed_and_nothing_that_comes_breaks_it(
    lines: list[ScrolledLine | None],
    size: tuple[int, int],
    events: list[bytes | tuple[int, int] | ScrolledLine | int | None],
    screens: list[Frame],
    reachable: bool,
) -> None:
    rows, columns = size
    desk = Desk(lines, rows=rows, columns=columns)
    for place, event in enumerate(events):
        if isinstance(event, bytes):
            desk.type(event)
        elif isinstance(event, tuple):
            rows, columns = event
            desk.viewer.resize(rows=rows, columns=columns)
        elif isinstance(event, int):
            desk.history.oldest = min(max(desk.history.oldest, event), desk.history.end)
        else:
            desk.history.kept.append(event)
            desk.viewer.history_changed()
        desk.viewer.screen_changed(screens[place % len(screens)])
        assert_whole(desk.frame(reachable=reachable), rows=rows, columns=columns)
        wanted = desk.viewer.wanted
        assert wanted is None or desk.history.oldest <= wanted[0] < wanted[1] <= desk.history.end


@pytest.mark.parametrize(
    ("rows", "columns"), [(1, 1), (1, 1000), (300, 1), pytest.param(1000, 1000, marks=pytest.mark.slow)]
)
def test_frames_are_whole_at_extreme_sizes(rows: int, columns: int) -> None:
    desk = Desk([ScrolledLine((("a漢" * 10, Style()),))] * 20, rows=rows, columns=columns)
    for keys in (b"", b"?a\r", b"v", b"h", b"s"):
        desk.type(keys)
        assert_whole(desk.frame(), rows=rows, columns=columns)
