"""A resize neither doubles nor loses lines of the user's scrollback, whatever the terminal does with its rows."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import Modes, Row
from rmosh.terminal_input import JOIN
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.feeding import Feed
from rmosh_client.painting.habits import Hidden, Lowered, ResizeHabits
from rmosh_client.painting.painter import Painter
from rmosh_client.painting.resizing import Settled, Shift, Shown, shift_of
from rmosh_client.typing.cursor_answers import CursorAnswers
from rmosh_client.typing.interview import Interview
from tests.unit.client_ui.client_ui_frames import frame_of, row_of
from tests.unit.client_ui.client_ui_typing import bytes_of, sifted

ROWS = [row_of(text, 10) for text in ("a", "b", "c", "$")]
KNOWN = ResizeHabits(hidden=Hidden.AS_SHOWN, wraps_again=True)


def shift(
    cursor_row: int,
    *,
    before: Sequence[Row | None] = ROWS,
    cursor: tuple[int, int] = (3, 1),
    beyond: int = 0,
    rows: int = 4,
    columns: int = 10,
    lowest: int | None = None,
    habits: ResizeHabits = KNOWN,
) -> Shift:
    shown = Shown(before, cursor, 10, beyond=beyond)
    return shift_of(shown, cursor_row=cursor_row, rows=rows, columns=columns, lowest=lowest, habits=habits)


def pushed(shift: Shift) -> list[str]:
    """Return the rows that a resize took, with a sign where one goes on in the next."""
    return ["".join(piece.columns) + ("+" if piece.goes_on else "") for piece in shift.pushed]


def test_where_the_cursor_went_tells_what_the_terminal_did_with_its_rows() -> None:
    assert shift(3) == Shift()
    assert pushed(shift(1, rows=2)) == ["a", "b"]
    assert shift(8, rows=9) == Shift(pulled=5)


def test_lines_wrapped_for_another_width_are_no_rows_from_the_scrollback() -> None:
    wide = [row_of("0123456789", 10, wrapped=True), row_of("abc", 10), row_of("0123456", 10), row_of("$", 10)]
    assert shift(2, before=wide, columns=20) == Shift()
    assert shift(5, before=wide, columns=5) == Shift()
    assert shift(7, before=wide, columns=5) == Shift(pulled=2)
    assert shift(0, before=wide, cursor=(1, 2), columns=20) == Shift()
    assert pushed(shift(3, before=wide, columns=5)) == ["01234+", "56789+"]


def test_a_line_that_goes_on_from_the_scrollback_is_wrapped_again_with_what_is_there_of_it() -> None:
    rows = [row_of("xyz", 10), row_of("b", 10), row_of("$", 10)]

    def wider(cursor_row: int, columns: int) -> Shift:
        return shift(cursor_row, before=rows, cursor=(2, 1), rows=3, columns=columns, beyond=20)

    assert wider(2, 20) == Shift(beyond=20)
    assert wider(3, 20) == Shift(pulled=1, beyond=20)
    assert pushed(wider(1, 20)) == ["xyz"]
    assert wider(2, 15) == Shift(pulled=1, cut=5)
    assert wider(3, 15) == Shift(pulled=2, cut=5)
    assert pushed(wider(1, 15)) == ["xyz"]
    assert pushed(wider(1, 10)) == ["xyz"]


def test_pushed_rows_of_one_line_are_known_to_go_on_in_the_first_row() -> None:
    rows = [row_of("0123456789", 10, wrapped=True), row_of("0123456789", 10, wrapped=True), row_of("$", 10)]
    assert shift(1, before=rows, cursor=(2, 1)).beyond == 10
    assert shift(1, before=rows, cursor=(2, 1), beyond=10).beyond == 20
    assert shift(3, before=rows, cursor=(2, 1), columns=5).beyond == 5


def test_rows_go_whatever_the_cursor_says_where_a_terminal_cuts_none_off_at_the_bottom() -> None:
    bottom = ResizeHabits(lowered=Lowered.NONE)
    rows = [*ROWS, *[row_of("", 10)] * 4]
    assert pushed(shift(0, before=rows, rows=3, habits=bottom)) == ["a", "b", "c", "$", ""]
    assert pushed(shift(2, before=rows, rows=3, habits=bottom)) == ["a", "b", "c", "$", ""]
    assert shift(7, rows=4, habits=bottom) == Shift(), "lower and higher again: urxvt forgets where its cursor was"
    assert shift(5, rows=9, habits=bottom) == Shift(pulled=2), "there were no more"


def test_rows_in_use_go_whatever_the_cursor_says_where_a_terminal_cuts_off_unused_ones() -> None:
    unused = ResizeHabits(lowered=Lowered.UNUSED, brings_back=False)
    assert pushed(shift(1, cursor=(1, 0), rows=2, habits=unused)) == ["a", "b"]
    assert pushed(shift(1, cursor=(1, 0), rows=6, lowest=2, habits=unused)) == ["a", "b"]
    assert shift(1, before=[*ROWS[:2], *[row_of("", 10)] * 6], cursor=(1, 0), rows=2, habits=unused) == Shift()
    back = ResizeHabits(lowered=Lowered.UNUSED)
    assert shift(1, cursor=(1, 0), lowest=2, habits=back) == Shift()
    assert pushed(shift(2, cursor=(1, 0), rows=3, habits=back)) == ["a"], "foot says the last row of a cursor that went"


def test_a_cursor_said_to_be_in_the_last_row_above_blank_ones_went_with_all_rows_in_use() -> None:
    foot = ResizeHabits(lowered=Lowered.UNUSED, says_last_row=True)
    rows = [*ROWS, *[row_of("", 10)] * 8]
    assert pushed(shift(2, before=rows, rows=3, habits=foot)) == ["a", "b", "c", "$"]
    assert pushed(shift(1, before=rows, rows=3, habits=foot)) == ["a", "b"]
    assert pushed(shift(2, before=rows[:5], rows=3, habits=foot)) == ["a"], "one blank row pushes none of them out"


def test_nothing_is_concluded_from_rows_that_are_not_known() -> None:
    assert shift(0, before=[None, *ROWS[1:]], columns=9) == Shift(is_known=False)


def test_rows_of_another_width_are_not_believed_in_a_scrollback_that_is_not_known_to_get_them() -> None:
    assert shift(1, columns=5, habits=ResizeHabits()) == Shift()
    assert pushed(shift(1, rows=2, habits=ResizeHabits())) == ["a", "b"]
    wide = [row_of("0123456789", 10, wrapped=True), *ROWS[1:]]
    assert shift(3, before=wide, columns=5, habits=ResizeHabits(wraps_again=False)) == Shift()


def test_of_a_row_shared_with_the_scrollback_its_part_goes_back_and_no_more() -> None:
    painter = Painter(Abilities())
    painter.start(rows=3, columns=10)
    first = [row_of("0123456789", 10, wrapped=True), row_of("0123456789", 10, wrapped=True)]
    shown = frame_of(["xyz", "b", "$"], rows=3, columns=10, cursor=(2, 1))
    painter.paint(shown, Feed(rows=first, following=shown.rows[0]), now=0.0)
    painter.resize(rows=3, columns=15)
    assert painter.settle(2) == Settled(b"\x1b[m\x1b[1;6H\x1b[K\x1b[3H\n")


def test_rows_that_came_back_are_scrolled_off_again_before_anything_is_painted() -> None:
    painter = Painter(Abilities())
    painter.start(rows=4, columns=10)
    painter.paint(frame_of(["a", "b", "c", "$"], rows=4, columns=10, cursor=(3, 1)), now=0.0)
    painter.resize(rows=7, columns=10)
    settled = painter.settle(5)
    assert settled.painted.endswith(b"\x1b[7H\n\n")
    assert settled.pushed == ()


def test_rows_that_were_taken_are_told_and_several_resizes_count_as_one() -> None:
    painter = Painter(Abilities())
    painter.start(rows=4, columns=10)
    painter.paint(frame_of(["a", "b", "c", "$"], rows=4, columns=10, cursor=(3, 1)), now=0.0)
    painter.resize(rows=3, columns=10)
    painter.resize(rows=2, columns=10)
    assert len(painter.settle(1).pushed) == 2
    assert painter.settle(1) == Settled()


@pytest.mark.parametrize(
    ("hidden", "rows", "cursor_row", "taken", "brought_back"),
    [
        (Hidden.AS_SHOWN, 2, 1, 2, b""),
        (Hidden.UNKNOWN, 2, 1, 0, b""),
        (Hidden.IN_PLACE, 2, 1, 0, b""),
        (Hidden.AS_SHOWN, 6, 5, 0, b"\n\n"),
        (Hidden.UNKNOWN, 6, 5, 0, b"\n\n"),
        (Hidden.IN_PLACE, 6, 5, 0, b""),
    ],
)
def test_what_a_resize_did_to_a_hidden_screen_is_asked_for_before_that_is_painted(
    hidden: Hidden, rows: int, cursor_row: int, taken: int, brought_back: bytes
) -> None:
    painter = Painter(Abilities(resizing=ResizeHabits(hidden=hidden)))
    painter.start(rows=4, columns=10)
    main = frame_of(["a", "b", "c", "$"], rows=4, columns=10, cursor=(3, 1))
    painter.paint(main, now=0.0)
    painter.paint(replace(frame_of(["text"], rows=4, columns=10), modes=Modes(alternate_screen=True)), now=0.0)
    painter.resize(rows=rows, columns=10)
    assert painter.show_main().endswith(b"\x1b[?1049l")
    settled = painter.settle(cursor_row)
    assert settled.painted.endswith(brought_back)
    assert settled.painted.count(b"\n") == len(brought_back)
    assert len(settled.pushed) == taken
    assert settled.destroyed == (rows - 4 if hidden is Hidden.IN_PLACE and rows > 4 else 0)


def test_a_terminal_that_does_not_say_is_taken_to_have_done_nothing() -> None:
    painter = Painter(Abilities())
    painter.start(rows=4, columns=10)
    painter.paint(frame_of(["a", "b", "c", "$"], rows=4, columns=10, cursor=(3, 1)), now=0.0)
    painter.resize(rows=2, columns=10)
    assert painter.settle(None) == Settled()


@given(st.lists(st.integers(3, 8), max_size=3), st.binary(max_size=6).filter(lambda keys: b"\x1b" not in keys))
def test_an_answer_cut_anywhere_but_in_its_first_bytes_is_taken_out_from_between_the_keys(
    cuts: list[int], keys: bytes
) -> None:
    answers = CursorAnswers(interview := Interview())
    assert answers.ask(now=0.0) == b"\x1b[6n\x1b[c"
    stream = b"\x1b[12;40R" + keys
    places = [0, *sorted(cuts), len(stream)]
    passed = sifted(interview, *[stream[start:end] for start, end in pairwise(places)])
    assert passed + bytes_of(interview.let_go(now=JOIN)) == keys
    assert answers.awaited == 0
    assert answers.give_up() == 11


def test_of_several_answers_the_last_one_counts() -> None:
    answers = CursorAnswers(interview := Interview())
    answers.ask(now=0.0)
    answers.ask(now=0.0)
    assert sifted(interview, b"a\x1b[3;1Rb\x1b[?1;2c\x1b[5;1Rc") == b"abc"
    assert answers.give_up() == 4


@pytest.mark.parametrize("keys", [b"\x1b[1;5R", b"\x1b[A", b"\x1b", b"abc", b"\x1b[12"])
def test_keys_pass_untouched_when_no_answer_is_due(keys: bytes) -> None:
    interview = Interview()
    assert sifted(interview, keys) + bytes_of(interview.let_go(now=JOIN)) == keys


def test_keys_held_for_an_answer_that_never_came_are_not_lost() -> None:
    answers = CursorAnswers(interview := Interview())
    answers.ask(now=0.0)
    assert sifted(interview, b"x\x1b[1") == b"x"
    assert answers.give_up() is None
    assert sifted(interview, b";5A") == b"\x1b[1;5A"


def test_an_answer_that_comes_when_nobody_waits_for_it_any_more_is_no_key_either() -> None:
    answers = CursorAnswers(interview := Interview())
    answers.ask(now=0.0)
    assert answers.give_up() is None
    assert sifted(interview, b"x\x1b[7;1R\x1b[?62c\x1b[1;5R") == b"x\x1b[1;5R"


def test_a_terminal_that_passes_over_the_question_is_not_waited_for_longer() -> None:
    answers = CursorAnswers(interview := Interview())
    answers.ask(now=0.0)
    assert sifted(interview, b"\x1b[?62c") == b""
    assert answers.awaited == 0
    assert answers.give_up() is None
