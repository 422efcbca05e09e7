"""A resize neither doubles nor loses lines of the user's scrollback, whatever the terminal does with its rows."""

from dataclasses import replace
from itertools import pairwise

import pytest
from client_ui_frames import frame_of, row_of
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import Modes
from rmosh_client.cursor_answers import CursorAnswers
from rmosh_client.interview import Interview
from rmosh_client.painter import Painter
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.resizing import Shift, shift_of
from rmosh_client.scrollback import Feed

ROWS = [row_of(text, 10) for text in ("a", "b", "c", "$")]


def shift(cursor_row_now: int, *, columns_now: int = 10, cursor: tuple[int, int] = (3, 1)) -> Shift:
    return shift_of(ROWS, cursor, columns=10, cursor_row_now=cursor_row_now, columns_now=columns_now)


def test_where_the_cursor_went_tells_what_the_terminal_did_with_its_rows() -> None:
    assert shift(3) == Shift()
    assert shift(1) == Shift(pushed=2)
    assert shift(8) == Shift(pulled=5)


def test_lines_wrapped_for_another_width_are_no_rows_from_the_scrollback() -> None:
    wide = [row_of("0123456789", 10, wrapped=True), row_of("abc", 10), row_of("0123456", 10), row_of("$", 10)]
    assert shift_of(wide, (3, 1), columns=10, cursor_row_now=2, columns_now=20) == Shift()
    assert shift_of(wide, (3, 1), columns=10, cursor_row_now=5, columns_now=5) == Shift()
    assert shift_of(wide, (3, 1), columns=10, cursor_row_now=7, columns_now=5) == Shift(pulled=2)
    assert shift_of(wide, (1, 2), columns=10, cursor_row_now=0, columns_now=20) == Shift()


def test_a_line_that_goes_on_from_the_scrollback_is_wrapped_again_with_what_is_there_of_it() -> None:
    rows = [row_of("xyz", 10), row_of("b", 10), row_of("$", 10)]

    def wider(cursor_row_now: int, columns_now: int) -> Shift:
        return shift_of(rows, (2, 1), columns=10, cursor_row_now=cursor_row_now, columns_now=columns_now, beyond=20)

    assert wider(2, 20) == Shift(beyond=20)
    assert wider(3, 20) == Shift(pulled=1, beyond=20)
    assert wider(1, 20) == Shift(pushed=1)
    assert wider(2, 15) == Shift(pulled=1, cut=5)
    assert wider(3, 15) == Shift(pulled=2, cut=5)
    assert wider(1, 15) == Shift()
    assert wider(1, 10) == Shift(pushed=1)


def test_pushed_rows_of_one_line_are_known_to_go_on_in_the_first_row() -> None:
    rows = [row_of("0123456789", 10, wrapped=True), row_of("0123456789", 10, wrapped=True), row_of("$", 10)]
    assert shift_of(rows, (2, 1), columns=10, cursor_row_now=1, columns_now=10) == Shift(pushed=1, beyond=10)
    assert shift_of(rows, (2, 1), columns=10, cursor_row_now=1, columns_now=10, beyond=10) == Shift(1, beyond=20)
    assert shift_of(rows, (2, 1), columns=10, cursor_row_now=3, columns_now=5) == Shift(pushed=1, beyond=5)


def test_of_a_row_shared_with_the_scrollback_its_part_goes_back_and_no_more() -> None:
    painter = Painter(Abilities())
    painter.start(rows=3, columns=10)
    first = [row_of("0123456789", 10, wrapped=True), row_of("0123456789", 10, wrapped=True)]
    shown = frame_of(["xyz", "b", "$"], rows=3, columns=10, cursor=(2, 1))
    painter.paint(shown, Feed(rows=first, following=shown.rows[0]))
    painter.resize(rows=3, columns=15)
    assert painter.settle(2) == (b"\x1b[m\x1b[1;6H\x1b[K\x1b[3H\n", 0)


def test_nothing_is_concluded_from_rows_that_are_not_known() -> None:
    assert shift_of([None, *ROWS[1:]], (3, 1), columns=10, cursor_row_now=0, columns_now=9) == Shift()


def test_rows_that_came_back_are_scrolled_off_again_before_anything_is_painted() -> None:
    painter = Painter(Abilities())
    painter.start(rows=4, columns=10)
    painter.paint(frame_of(["a", "b", "c", "$"], rows=4, columns=10, cursor=(3, 1)))
    painter.resize(rows=7, columns=10)
    brought_back, pushed = painter.settle(5)
    assert brought_back.endswith(b"\x1b[7H\n\n")
    assert pushed == 0


def test_rows_that_were_taken_are_told_and_several_resizes_count_as_one() -> None:
    painter = Painter(Abilities())
    painter.start(rows=4, columns=10)
    painter.paint(frame_of(["a", "b", "c", "$"], rows=4, columns=10, cursor=(3, 1)))
    painter.resize(rows=3, columns=10)
    painter.resize(rows=2, columns=10)
    assert painter.settle(1) == (b"", 2)
    assert painter.settle(1) == (b"", 0)


@pytest.mark.parametrize(("resizes_hidden", "pushed"), [(True, 2), (False, 0)])
def test_what_a_resize_did_to_a_hidden_screen_is_asked_for_before_that_is_painted(
    resizes_hidden: bool, pushed: int
) -> None:
    painter = Painter(Abilities(resizes_hidden_screen=resizes_hidden))
    painter.start(rows=4, columns=10)
    main = frame_of(["a", "b", "c", "$"], rows=4, columns=10, cursor=(3, 1))
    painter.paint(main)
    painter.paint(replace(frame_of(["text"], rows=4, columns=10), modes=Modes(alternate_screen=True)))
    assert not painter.is_unsettled_by(main)
    painter.resize(rows=2, columns=10)
    assert painter.is_unsettled_by(main)
    assert painter.show_main().endswith(b"\x1b[?1049l")
    assert painter.settle(1) == (b"", pushed)
    assert not painter.is_unsettled_by(main)


def test_a_terminal_that_does_not_say_is_taken_to_have_done_nothing() -> None:
    painter = Painter(Abilities())
    painter.start(rows=4, columns=10)
    painter.paint(frame_of(["a", "b", "c", "$"], rows=4, columns=10, cursor=(3, 1)))
    painter.resize(rows=2, columns=10)
    assert painter.settle(None) == (b"", 0)


def sifted(interview: Interview, *chunks: bytes) -> bytes:
    return b"".join([interview.sift(chunk) for chunk in chunks])


@given(st.lists(st.integers(3, 8), max_size=3), st.binary(max_size=6).filter(lambda keys: b"\x1b" not in keys))
def test_an_answer_cut_anywhere_but_in_its_first_bytes_is_taken_out_from_between_the_keys(
    cuts: list[int], keys: bytes
) -> None:
    answers = CursorAnswers(interview := Interview())
    assert answers.ask(now=0.0) == b"\x1b[6n\x1b[c"
    stream = b"\x1b[12;40R" + keys
    places = [0, *sorted(cuts), len(stream)]
    assert sifted(interview, *[stream[start:end] for start, end in pairwise(places)]) == keys
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
    assert Interview().sift(keys) == keys


def test_keys_held_for_an_answer_that_never_came_are_not_lost() -> None:
    answers = CursorAnswers(interview := Interview())
    answers.ask(now=0.0)
    assert interview.sift(b"x\x1b[1") == b"x"
    assert answers.give_up() is None
    assert interview.sift(b";5A") == b"\x1b[1;5A"


def test_an_answer_that_comes_when_nobody_waits_for_it_any_more_is_no_key_either() -> None:
    answers = CursorAnswers(interview := Interview())
    answers.ask(now=0.0)
    assert answers.give_up() is None
    assert interview.sift(b"x\x1b[7;1R\x1b[?62c\x1b[1;5R") == b"x\x1b[1;5R"


def test_a_terminal_that_passes_over_the_question_is_not_waited_for_longer() -> None:
    answers = CursorAnswers(interview := Interview())
    answers.ask(now=0.0)
    assert interview.sift(b"\x1b[?62c") == b""
    assert answers.awaited == 0
    assert answers.give_up() is None
