"""The painter against the project's own emulator, which knows what pyte does not: clusters, links, modes, titles."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.terminal.cells import (
    DEFAULT_STYLE,
    TRUECOLOR,
    Attribute,
    Cell,
    Cursor,
    Frame,
    Row,
    Style,
    blank_frame,
)
from rmosh.terminal.emulator import Emulator
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter
from tests.unit.client_ui.client_ui_frames import MODES, row_of

_COLOURS = st.one_of(st.none(), st.integers(0, 255), st.just(TRUECOLOR | 0x102030))
_STYLES = st.builds(
    Style,
    foreground=_COLOURS,
    background=_COLOURS,
    attributes=st.sampled_from([0, 0, 1, 2, 3, 4, 16, 64, 128, 213]),
    underline=st.integers(0, 5),
    underline_colour=_COLOURS,
    link=st.sampled_from(["", "", ";http://a", "id=1;http://b"]),
)
_NARROW = st.sampled_from(["a", "Z", "~", " ", " ", "é", "e\u0301", "ß", "क", "ि", "न\u094d"])
_WIDE = st.sampled_from(["漢", "\U0001f600", "\U0001f468\u200d", "か\u3099", "\u1112\u1161"])


@st.composite
def _rows(draw: st.DrawFn, columns: int) -> Row:
    styles = [DEFAULT_STYLE, *draw(st.lists(_STYLES, max_size=2))]
    cells: list[Cell] = []
    while len(cells) < columns:
        style = draw(st.sampled_from(styles))
        if len(cells) + 2 <= columns and draw(st.integers(0, 4)) == 0:
            cells += [Cell(draw(_WIDE), style), Cell("", style)]
        else:
            cells += [Cell(draw(_NARROW), style)] * draw(st.integers(1, columns - len(cells)))
    return Row(tuple(cells))


@st.composite
def _frames(draw: st.DrawFn) -> list[Frame]:
    height, columns = draw(st.integers(1, 5)), draw(st.integers(2, 24))
    frames = [blank_frame(rows=height, columns=columns)]
    for _ in range(draw(st.integers(1, 4))):
        rows = list(frames[-1].rows)
        if draw(st.booleans()):
            rows = [*rows[1:], draw(_rows(columns))]
        rows[draw(st.integers(0, height - 1))] = draw(_rows(columns))
        cursor = Cursor(
            draw(st.integers(0, height - 1)),
            draw(st.integers(0, columns - 1)),
            draw(st.booleans()),
            draw(st.integers(0, 6)),
        )
        frames.append(
            replace(
                frames[-1],
                rows=tuple(rows),
                cursor=cursor,
                modes=replace(draw(MODES), keyboard_flags=draw(st.integers(0, 31))),
                title=draw(st.sampled_from(["", "one", "two"])),
            )
        )
    return frames


def look_of(cell: Cell) -> object:
    """Return what can be seen of a cell: of a blank only its background and what is drawn through it."""
    style = cell.style
    if cell.text != " ":
        return (cell.text, style)
    lines = style.attributes & (Attribute.REVERSE | Attribute.STRIKE | Attribute.OVERLINE)
    if lines or style.underline or style.link:
        return (cell.text, style)
    return (cell.text, style.background)


@pytest.mark.slow
@settings(max_examples=200)
@given(_frames())
def test_everything_a_frame_holds_is_shown(frames: list[Frame]) -> None:
    rows, columns = len(frames[0].rows), frames[0].columns
    painter, terminal = Painter(Abilities()), Emulator(rows=rows, columns=columns)
    terminal.feed(painter.start(rows=rows, columns=columns))
    for frame in frames:
        terminal.feed(painter.paint(frame, now=0.0))
        shown = terminal.frame()
        assert [[look_of(cell) for cell in row.cells] for row in shown.rows] == [
            [look_of(cell) for cell in row.cells] for row in frame.rows
        ]
        assert shown.cursor == frame.cursor
        assert shown.modes == frame.modes
        assert shown.title == frame.title
    terminal.feed(painter.finish())
    finished = terminal.frame()
    assert finished.modes == blank_frame(rows=1, columns=1).modes
    assert (finished.cursor.visible, finished.cursor.shape, finished.cursor.column) == (True, 0, 0)
    assert finished.title == ""


def test_lines_that_wrapped_remotely_are_wrapped_by_the_terminal_itself() -> None:
    painter, terminal = Painter(Abilities()), Emulator(rows=4, columns=10)
    terminal.feed(painter.start(rows=4, columns=10))
    rows = (row_of("0123456789", 10, wrapped=True), row_of("abcdefghij", 10, wrapped=True), row_of("klm", 10))
    frame = blank_frame(rows=4, columns=10)
    terminal.feed(painter.paint(replace(frame, rows=(*rows, frame.rows[3]), cursor=Cursor(2, 3)), now=0.0))
    assert [row.wrapped for row in terminal.frame().rows] == [True, True, False, False]


def test_line_that_wraps_at_the_bottom_while_being_typed_is_wrapped_by_the_terminal_itself() -> None:
    painter, terminal = Painter(Abilities()), Emulator(rows=2, columns=5)
    terminal.feed(painter.start(rows=2, columns=5))
    first = replace(blank_frame(rows=2, columns=5), rows=(row_of("$", 5), row_of("abcde", 5)), cursor=Cursor(1, 4))
    terminal.feed(painter.paint(first, now=0.0))
    wrapped = first.rows[1].replace(wrapped=True)
    after = replace(first, rows=(wrapped, row_of("f", 5)), cursor=Cursor(1, 1), history=1)
    terminal.feed(painter.paint(after, now=0.0))
    assert [row.wrapped for row in terminal.frame().rows] == [True, False]
    assert "".join(cell.text for cell in terminal.frame().rows[1].cells).strip() == "f"


def unwrapped(remote: Emulator, local: Emulator) -> list[int]:
    """Return the rows that go on in the next one remotely and not here."""
    both = enumerate(zip(remote.frame().rows, local.frame().rows, strict=True))
    return [place for place, (there, here) in both if there.wrapped and not here.wrapped]


_LINES = st.lists(
    st.builds(bytes.__mul__, st.sampled_from([b"word ", b"x", b"ab", "漢".encode()]), st.integers(0, 30)), max_size=4
).map(b"\r\n".join)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(st.tuples(_LINES, st.integers(3, 9), st.integers(8, 40)), min_size=1, max_size=4))
def test_wrapped_lines_stay_wrapped_when_others_come_and_the_window_changes(
    steps: list[tuple[bytes, int, int]],
) -> None:
    remote, local, painter = Emulator(rows=6, columns=20), Emulator(rows=6, columns=20), Painter(Abilities())
    local.feed(painter.start(rows=6, columns=20))
    for lines, rows, columns in steps:
        remote.feed(lines)
        local.feed(painter.paint(remote.frame(), now=0.0))
        assert unwrapped(remote, local) == []
        for terminal in (remote, local):
            terminal.resize(rows=rows, columns=columns)
        painter.resize(rows=rows, columns=columns)
        local.feed(painter.paint(remote.frame(), now=0.0))
        assert unwrapped(remote, local) == []


_PROGRAM = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"\r\n",
                b"\n",
                b"\b",
                b"\x1b[K",
                b"\x1b[1K",
                b"\x1b[J",
                b"\x1b[2J",
                b"\x1b[H",
                b"\x1b[L",
                b"\x1b[2M",
                b"\x1b[S",
                b"\x1b[2T",
                b"\x1b[2;4r",
                b"\x1b[r",
                b"\x1b[3P",
                b"\x1b[2@",
                b"\x1b[41m",
                b"\x1b[7m",
                b"\x1b[m",
                b"\x1b[?1049h",
                b"\x1b[?1049l",
                b"\x1bM",
                b"\x1b[4X",
                b"\t",
            ]
        ),
        st.builds(lambda row, column: b"\x1b[%d;%dH" % (row, column), st.integers(1, 9), st.integers(1, 30)),
        st.text(st.sampled_from("ab 漢é~"), min_size=1, max_size=40).map(str.encode),
    ),
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=200)
@given(st.lists(_PROGRAM, min_size=1, max_size=6), st.integers(1, 8), st.integers(2, 24))
def test_whatever_a_program_does_remotely_looks_the_same_here(
    programs: list[list[bytes]], rows: int, columns: int
) -> None:
    remote, local = Emulator(rows=rows, columns=columns), Emulator(rows=rows, columns=columns)
    painter = Painter(Abilities())
    local.feed(painter.start(rows=rows, columns=columns))
    for program in programs:
        remote.feed(b"".join(program))
        frame = remote.frame()
        local.feed(painter.paint(frame, now=0.0))
        shown = local.frame()
        assert [[look_of(cell) for cell in row.cells] for row in shown.rows] == [
            [look_of(cell) for cell in row.cells] for row in frame.rows
        ]
        assert shown.cursor == frame.cursor
