"""Strategies for screens, registered by type: tests draw them with `st.from_type(Frame)`.

Small alphabets and few rows, so that two frames share cells and rows as the frames of a session do.
"""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from rmosh.terminal.cells import (
    TRUECOLOR,
    Cell,
    Clipboard,
    Cursor,
    Frame,
    LineDiscipline,
    Mark,
    MarkKind,
    Modes,
    Notification,
    NotificationDetails,
    Progress,
    ProgressState,
    Prompt,
    Row,
    Style,
    blank_cell,
)

PRINTABLE = st.characters(exclude_categories=("Cc", "Cs"))
COLOURS = st.one_of(st.none(), st.integers(0, 255), st.integers(0, 0xFFFFFF).map(TRUECOLOR.__or__))
COUNTS = st.one_of(st.integers(0, 50), st.integers(0, 1 << 53))
NAMES = st.text(PRINTABLE, max_size=20)

STYLES = st.one_of(
    st.sampled_from([Style(), Style(foreground=1), Style(background=4, attributes=1)]),
    st.builds(
        Style,
        foreground=COLOURS,
        background=COLOURS,
        attributes=st.integers(0, 511),
        underline=st.integers(0, 5),
        underline_colour=COLOURS,
        link=st.one_of(st.just(""), NAMES),
    ),
)
CELL_TEXTS = st.one_of(
    st.sampled_from([" ", "a", "b", "", "漢", "é", "e\u0301", "👩\u200d💻"]), st.text(PRINTABLE, max_size=5)
)
CELLS = st.one_of(STYLES.map(blank_cell), st.builds(Cell, CELL_TEXTS, STYLES))

MODES = st.builds(
    Modes,
    alternate_screen=st.booleans(),
    application_cursor=st.booleans(),
    application_keypad=st.booleans(),
    bracketed_paste=st.booleans(),
    focus_events=st.booleans(),
    reverse_screen=st.booleans(),
    mouse=st.sampled_from([0, 9, 1000, 1001, 1002, 1003]),
    mouse_encoding=st.sampled_from([0, 1005, 1006, 1015, 1016]),
    keyboard_flags=st.integers(0, 31),
    modify_other_keys=st.integers(0, 2),
    alternate_scroll=st.integers(0, 2),
)
CLIPBOARDS = st.builds(
    Clipboard, serial=COUNTS, selection=st.text("cpqs01234567", max_size=8), content=st.binary(max_size=40)
)
#: The fields that not every peer reads, ready made: frames are drawn by the thousand, `test_codec.py` draws these.
OPTIONAL: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"is_titled": True, "colours": ((1, 0x102030), (265, 0)), "pointer": "hand2"},
        {
            "progress": Progress(ProgressState.PAUSED, 100),
            "marks": (Mark(MarkKind.TYPED, 1, 7, 2), Mark(MarkKind.ENDED, 2, 8, 0, 255)),
            "notification_details": NotificationDetails(3, "id", 2),
        },
    ]
)


@st.composite
def rows(draw: st.DrawFn, columns: int) -> Row:
    """Rows of a width: plain text, one repeated cell, or anything."""
    kind = draw(st.integers(0, 2))
    if kind == 0:
        line = draw(st.sampled_from(["", "aaaa", "abababab", "$ ls -l", "total 0"]))
        cells = [Cell(character) for character in line[:columns]]
        cells += [blank_cell()] * (columns - len(cells))
    elif kind == 1:
        cells = [draw(CELLS)] * columns
    else:
        cells = draw(st.lists(CELLS, min_size=columns, max_size=columns))
    return Row(tuple(cells), draw(st.booleans()), draw(st.sampled_from([None, "a line", "another"])))


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    """Frames of 1x1 to 7x24 cells, with a few different rows each."""
    columns = draw(st.sampled_from([1, 2, 12, 24]))
    pool = draw(st.lists(rows(columns), min_size=1, max_size=4))
    lines = tuple(draw(st.lists(st.sampled_from(pool), min_size=1, max_size=7)))
    frame = Frame(
        rows=lines,
        columns=columns,
        cursor=draw(
            st.builds(
                Cursor,
                st.integers(0, len(lines) - 1),
                st.integers(0, columns - 1),
                st.booleans(),
                st.integers(0, 6),
            )
        ),
        modes=draw(MODES),
        title=draw(NAMES),
        icon_name=draw(NAMES),
        working_directory=draw(NAMES),
        bells=draw(COUNTS),
        history=draw(COUNTS),
        clipboard=draw(CLIPBOARDS),
        line_discipline=draw(st.builds(LineDiscipline, st.booleans(), st.booleans(), COUNTS, COUNTS)),
        notification=draw(st.builds(Notification, COUNTS, NAMES, NAMES)),
        prompt=draw(st.builds(Prompt, COUNTS, COUNTS)),
    )
    return replace(frame, **draw(OPTIONAL))


st.register_type_strategy(Cell, CELLS)
st.register_type_strategy(Frame, frames())
