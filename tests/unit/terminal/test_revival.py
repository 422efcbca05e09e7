"""An emulator made anew out of the last screen: what comes back of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.terminal.revival import revived
from tests.unit.terminal.terminal_screens import terminal_after, text_of


@pytest.mark.parametrize("alternate", ["", "\x1b[?1049h"], ids=["main", "alternate"])
def test_text_cursor_modes_and_counts_come_back(alternate: str) -> None:
    modes = "\x1b[?1h\x1b=\x1b[?2004h\x1b[?1004h\x1b[?1002h\x1b[?1006h\x1b[>5u\x1b[>4;1m\x1b[?1007l"
    printed = f"{alternate}{modes}\x1b]2;title\x07\x07one 漢\r\n\x1b[31mtwo\x1b[m\x1b[3;5H\x1b[6 q\x1b[?25l"
    before = terminal_after(printed, rows=4, columns=20).frame()
    emulator = revived(before, rows=4, columns=20, history=77, erased=3)
    after = emulator.frame()
    assert text_of(after) == text_of(before) == ["one 漢", "two"]
    assert after.cursor == before.cursor
    assert after.modes == before.modes
    assert (after.title, after.bells, after.history) == ("title", 1, 77)
    assert emulator.history_erased == 3
    assert emulator.take_replies() == b""
    assert emulator.take_history() == []


@settings(max_examples=100)
@given(st.binary(max_size=300), st.integers(1, 30), st.integers(1, 30))
def test_whatever_the_last_screen_was_it_is_shown_again_in_any_size(printed: bytes, rows: int, columns: int) -> None:
    before = terminal_after(printed, rows=6, columns=12).frame()
    emulator = revived(before, rows=rows, columns=columns, history=before.history, erased=0)
    after = emulator.frame()
    assert (len(after.rows), after.columns) == (rows, columns)
    if (rows, columns) == (6, 12):
        assert text_of(after) == text_of(before)
