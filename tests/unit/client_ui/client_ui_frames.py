"""Frames for the painter's tests: from text, and hypothesis strategies for random ones."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from rmosh.terminal.cells import (
    DEFAULT_STYLE,
    TRUECOLOR,
    Attribute,
    Cell,
    Cursor,
    Frame,
    Modes,
    Row,
    Style,
    blank_frame,
)


def row_of(text: str, columns: int, *, style: Style = DEFAULT_STYLE, wrapped: bool = False) -> Row:
    """Return a row of narrow characters, blank at its end."""
    cells = [Cell(character, style) for character in text]
    return Row((*cells, *[Cell(" ")] * (columns - len(cells))), wrapped)


def frame_of(lines: Sequence[str], *, rows: int, columns: int, cursor: tuple[int, int] = (0, 0)) -> Frame:
    """Return a frame of plain lines."""
    filled = [row_of(line, columns) for line in lines]
    frame = blank_frame(rows=rows, columns=columns)
    return replace(frame, rows=(*filled, *frame.rows[len(filled) :]), cursor=Cursor(*cursor))


def with_row(frame: Frame, place: int, row: Row) -> Frame:
    return replace(frame, rows=(*frame.rows[:place], row, *frame.rows[place + 1 :]))


_COLOURS = st.one_of(st.none(), st.integers(0, 255), st.integers(0, 0xFFFFFF).map(lambda rgb: rgb | TRUECOLOR))
_SHOWN_BY_PYTE = [Attribute.BOLD, Attribute.ITALIC, Attribute.BLINK, Attribute.REVERSE, Attribute.STRIKE]
_FLAGS = st.sets(st.sampled_from(_SHOWN_BY_PYTE), max_size=3).map(lambda flags: int(sum(flags)))
STYLES = st.builds(
    Style, foreground=_COLOURS, background=_COLOURS, attributes=_FLAGS, underline=st.sampled_from([0, 0, 1])
)
_FEW_STYLES = st.lists(STYLES, min_size=1, max_size=3).map(lambda styles: [DEFAULT_STYLE, *styles])
_PIECES = st.sampled_from(["a", "b", "Z", "~", "0", " ", " ", "      ", " " * 14, "é", "漢", "字", "한"])


@st.composite
def rows(draw: st.DrawFn, columns: int) -> Row:
    styles = draw(_FEW_STYLES)
    cells: list[Cell] = []
    while len(cells) < columns:
        style = draw(st.sampled_from(styles))
        piece = draw(_PIECES)
        if piece in "漢字한":
            cells += [Cell(piece, style), Cell("", style)]
        else:
            cells += [Cell(character, style) for character in piece]
    cells = cells[:columns]
    if columns >= 1 and cells[-1].text in ("漢", "字", "한"):
        cells[-1] = Cell(" ", cells[-1].style)
    return Row(tuple(cells), draw(st.booleans()))


@st.composite
def _changed(draw: st.DrawFn, frame: Frame) -> Frame:
    """Return a frame that a terminal may well show next: edits, scrolls, a cleared screen."""
    height, columns = len(frame.rows), frame.columns
    lines = list(frame.rows)
    kind = draw(st.sampled_from(["edit", "edit", "scroll", "insert", "clear"]))
    if kind == "edit":
        for _ in range(draw(st.integers(0, 3))):
            lines[draw(st.integers(0, height - 1))] = draw(rows(columns))
    elif kind == "scroll":
        count = draw(st.integers(1, height))
        lines = lines[count:] + [draw(rows(columns)) for _ in range(count)]
    elif kind == "insert":
        top = draw(st.integers(0, height - 1))
        bottom = draw(st.integers(top, height - 1))
        lines.pop(bottom)
        lines.insert(top, draw(rows(columns)))
    else:
        lines = list(blank_frame(rows=height, columns=columns).rows)
    cursor = Cursor(
        draw(st.integers(0, height - 1)),
        draw(st.integers(0, columns - 1)),
        draw(st.booleans()),
        draw(st.integers(0, 6)),
    )
    grown = frame.history + draw(st.integers(0, 2))
    return replace(frame, rows=tuple(lines), cursor=cursor, history=grown, modes=draw(MODES))


MODES = st.builds(
    Modes,
    alternate_screen=st.booleans(),
    application_cursor=st.booleans(),
    bracketed_paste=st.booleans(),
    focus_events=st.booleans(),
    mouse=st.sampled_from([0, 0, 9, 1000, 1002, 1003]),
    mouse_encoding=st.sampled_from([0, 1006]),
)


@st.composite
def frame_sequences(draw: st.DrawFn, *, most: int = 6) -> list[Frame]:
    """Return a few frames of one size, each made from the one before."""
    height, columns = draw(st.integers(1, 8)), draw(st.integers(1, 40))
    frames = [blank_frame(rows=height, columns=columns)]
    for _ in range(draw(st.integers(1, most))):
        frames.append(draw(_changed(frames[-1])))
    return frames
