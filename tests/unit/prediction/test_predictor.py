"""One behaviour of the Predictor each, with frames made by hand."""

from dataclasses import replace

import pytest

from rmosh.prediction import PredictMode, Predictor
from rmosh.terminal.cells import Cell, Cursor, Frame, LineDiscipline, Modes, Row, Style

COOKED = LineDiscipline(echo=True, canonical=True)


def screen(
    *lines: str,
    row: int = 0,
    column: int | None = None,
    columns: int = 20,
    cooked: bool = True,
    modes: Modes | None = None,
    style: Style | None = None,
) -> Frame:
    """Return a frame of five rows showing `lines`; the cursor is after its row's text unless told."""
    texts = [*lines, *[""] * (5 - len(lines))]
    rows = tuple(Row(tuple(Cell(character, style or Style()) for character in text.ljust(columns))) for text in texts)
    cursor = Cursor(row, len(texts[row]) if column is None else column)
    discipline = COOKED if cooked else LineDiscipline(switches=2)  # a shell that has run a job
    return Frame(rows, columns, cursor, modes or Modes(), line_discipline=discipline)


def predictor_at(frame: Frame, mode: PredictMode = PredictMode.ALWAYS) -> Predictor:
    predictor = Predictor(mode)
    predictor.screen_changed(frame, input_offset=0, now=0.0)
    return predictor


def echoing_predictor(frame: Frame, mode: PredictMode = PredictMode.ALWAYS) -> Predictor:
    """Return a predictor at a frame of which the last letter before the cursor is known to be an echo."""
    column = frame.cursor.column
    cells = frame.rows[frame.cursor.row].cells
    bare = replace(
        frame,
        rows=tuple(
            Row((*row.cells[: column - 1], Cell(" ", cells[0].style), *row.cells[column:]))
            if row.cells is cells
            else row
            for row in frame.rows
        ),
        cursor=replace(frame.cursor, column=column - 1),
    )
    predictor = Predictor(mode)
    predictor.screen_changed(bare, input_offset=0, now=-2.0)
    predictor.typed(cells[column - 1].text.encode(), input_offset=0, now=-2.0)
    predictor.screen_changed(frame, input_offset=0, now=-1.9)
    return predictor


def line(frame: Frame, row: int = 0) -> str:
    return "".join(cell.text for cell in frame.rows[row].cells).rstrip()


def test_kernel_echo_is_shown_once_the_line_had_one() -> None:
    predictor = predictor_at(screen("$ ", column=2))
    predictor.typed(b"a", input_offset=1, now=0.0)
    predictor.typed(b"b", input_offset=2, now=0.0)
    assert line(predictor.overlay()) == "$"
    predictor.screen_changed(screen("$ a", column=3), input_offset=1, now=0.1)
    assert line(predictor.overlay()) == "$ ab"
    assert predictor.overlay().cursor.column == 4


def test_never_mode_paints_nothing() -> None:
    predictor = predictor_at(screen(), PredictMode.NEVER)
    predictor.typed(b"abc", input_offset=3, now=0.0)
    assert predictor.overlay() == screen()


def test_unknown_raw_context_stays_hidden_until_one_echo_is_seen() -> None:
    predictor = predictor_at(screen("> ", column=2, cooked=False))
    predictor.typed(b"ab", input_offset=2, now=0.0)
    assert line(predictor.overlay()) == ">"
    predictor.screen_changed(screen("> a", column=3, cooked=False), input_offset=1, now=0.1)
    assert line(predictor.overlay()) == "> ab"


def at_the_prompt_again(*, jobs: int = 0) -> Predictor:
    """Return a predictor at a prompt where a letter was echoed, and that came back after Enter and some jobs."""
    predictor = predictor_at(screen("> ", column=2, cooked=False))
    predictor.typed(b"a", input_offset=1, now=0.0)
    predictor.screen_changed(screen("> a", column=3, cooked=False), input_offset=1, now=0.1)
    predictor.typed(b"\r", input_offset=2, now=1.0)
    prompt = screen("> a", "output", "> ", row=2, column=2, cooked=False)
    prompt = replace(prompt, line_discipline=LineDiscipline(switches=2 + 2 * jobs))
    predictor.screen_changed(prompt, input_offset=2, now=1.1)
    return predictor


def test_prompt_of_a_shell_that_ran_a_job_is_trusted_at_once() -> None:
    predictor = at_the_prompt_again(jobs=1)
    predictor.typed(b"b", input_offset=3, now=1.1)
    assert line(predictor.overlay(), 2) == "> b"


def test_prompt_that_comes_back_earns_an_echo_until_it_came_back_after_the_same_command() -> None:
    predictor = at_the_prompt_again()
    predictor.typed(b"a", input_offset=3, now=1.1)
    assert line(predictor.overlay(), 2) == ">"
    predictor.screen_changed(screen("> a", "output", "> a", row=2, cooked=False), input_offset=3, now=1.2)
    predictor.typed(b"\r", input_offset=4, now=2.0)
    prompt = screen("> a", "output", "> a", "> ", row=3, column=2, cooked=False)
    predictor.screen_changed(prompt, input_offset=4, now=2.1)
    predictor.typed(b"b", input_offset=5, now=2.2)
    assert line(predictor.overlay(), 3) == "> b"


def test_guess_that_does_not_come_true_disappears_after_the_grace() -> None:
    predictor = echoing_predictor(screen("x"))
    predictor.typed(b"a", input_offset=1, now=0.0)
    assert line(predictor.overlay()) == "xa"
    predictor.echo_advanced(input_offset=1, age=0.05, now=0.2)
    assert line(predictor.overlay()) == "x"
    assert predictor.statistics.wrong == 1


def test_grace_that_ends_between_packets_wakes_the_caller() -> None:
    predictor = predictor_at(screen())
    predictor.typed(b"a", input_offset=1, now=0.0)
    predictor.echo_advanced(input_offset=1, age=0.01, now=0.2)
    wakeup = predictor.next_wakeup()
    assert wakeup == pytest.approx(0.24)
    assert wakeup is not None
    predictor.tick(now=wakeup)
    assert line(predictor.overlay()) == ""
    assert predictor.next_wakeup() is None


def test_other_cell_from_the_application_replaces_a_guess_at_once() -> None:
    predictor = predictor_at(screen())
    predictor.typed(b"a", input_offset=1, now=0.0)
    predictor.screen_changed(screen("*", column=1), input_offset=1, now=0.1)
    assert line(predictor.overlay()) == "*"


def test_output_that_arrives_meanwhile_carries_the_guesses_along() -> None:
    predictor = echoing_predictor(screen("$ x"))
    predictor.typed(b"ab", input_offset=2, now=0.0)
    predictor.screen_changed(screen("$ x", "job done"), input_offset=0, now=0.1)
    assert (line(predictor.overlay()), line(predictor.overlay(), 1)) == ("$ xab", "job done")


def test_character_split_between_reads_is_predicted_whole() -> None:
    predictor = echoing_predictor(screen("x"))
    wide = "漢".encode()
    predictor.typed(wide[:1], input_offset=1, now=0.0)
    predictor.typed(wide[1:], input_offset=3, now=0.0)
    cells = predictor.overlay().rows[0].cells
    assert [cell.text for cell in cells[:4]] == ["x", "漢", "", " "]
    assert predictor.overlay().cursor.column == 3


def test_combining_mark_joins_the_character_before_it() -> None:
    predictor = echoing_predictor(screen("x"))
    predictor.typed("e\u0301x".encode(), input_offset=4, now=0.0)
    assert [cell.text for cell in predictor.overlay().rows[0].cells[:3]] == ["x", "e\u0301", "x"]


def test_kernel_echo_wraps_with_the_character_after_the_last_column() -> None:
    predictor = echoing_predictor(screen("a" * 19, column=19))
    predictor.typed(b"b", input_offset=1, now=0.0)
    assert predictor.overlay().cursor.column == 19
    predictor.typed(b"c", input_offset=2, now=0.0)
    painted = predictor.overlay()
    assert (line(painted, 0), line(painted, 1)) == ("a" * 19 + "b", "c")
    assert (painted.cursor.row, painted.cursor.column) == (1, 1)


def test_large_paste_is_not_predicted() -> None:
    predictor = predictor_at(screen(columns=200))
    predictor.typed(b"x" * 101, input_offset=101, now=0.0)
    predictor.typed(b"y", input_offset=102, now=0.0)
    assert line(predictor.overlay()) == ""


def test_typed_text_takes_the_style_left_of_it_inside_a_line() -> None:
    bold = Style(attributes=1)
    predictor = predictor_at(screen(style=bold))
    predictor.typed(b"ab", input_offset=2, now=0.0)
    assert [cell.style for cell in predictor.overlay().rows[0].cells[:2]] == [bold, bold]


def test_adaptive_mode_paints_nothing_on_a_fast_link_until_a_key_waits() -> None:
    predictor = echoing_predictor(screen("x"), PredictMode.ADAPTIVE)
    predictor.link(srtt=0.004)
    predictor.typed(b"a", input_offset=1, now=1.0)
    assert line(predictor.overlay()) == "x"
    wakeup = predictor.next_wakeup()
    assert wakeup == pytest.approx(1.06)
    assert wakeup is not None
    predictor.tick(now=wakeup)
    assert line(predictor.overlay()) == "xa"


def test_unsure_guesses_are_underlined_on_slow_links_only() -> None:
    for srtt, underlined in ((0.3, True), (0.05, False)):
        predictor = predictor_at(screen("> ", column=2, cooked=False))
        predictor.link(srtt=srtt)
        predictor.typed(b"a", input_offset=1, now=0.0)
        predictor.screen_changed(screen("> a", column=3, cooked=False), input_offset=1, now=srtt)
        predictor.typed(b"\x7f", input_offset=2, now=1.0)
        predictor.typed(b"b", input_offset=3, now=1.0)
        assert bool(predictor.overlay().rows[0].cells[2].style.underline) is underlined


def test_resize_keeps_only_keys_that_cannot_be_on_the_new_screen() -> None:
    predictor = predictor_at(screen("$ ", column=2))
    predictor.typed(b"ab", input_offset=2, now=0.0)
    predictor.screen_changed(screen("$ a", column=3, columns=30), input_offset=1, now=0.1)
    assert line(predictor.overlay()) == "$ a"
    predictor.screen_changed(screen("$ ab", column=4, columns=30), input_offset=2, now=0.2)
    predictor.typed(b"c", input_offset=3, now=0.3)
    assert line(predictor.overlay()) == "$ abc"


def test_application_switching_screens_drops_what_was_painted() -> None:
    predictor = predictor_at(screen("$ v", column=3))
    predictor.typed(b"i", input_offset=1, now=0.0)
    full = replace(screen("~", column=0), modes=Modes(alternate_screen=True))
    predictor.screen_changed(full, input_offset=1, now=0.1)
    assert predictor.overlay().rows == full.rows


def test_statistics_count_keys_shown_and_confirmed() -> None:
    predictor = echoing_predictor(screen("x"))
    predictor.typed(b"ab", input_offset=2, now=0.0)
    predictor.screen_changed(screen("xab", column=3), input_offset=2, now=0.3)
    statistics = predictor.statistics
    assert (statistics.keys, statistics.shown_at_once, statistics.confirmed) == (3, 2, 3)
    assert statistics.wrong == 0


def test_enter_with_an_unknown_answer_leaves_the_line_at_a_trusted_prompt() -> None:
    predictor = predictor_at(screen("> ", column=2, cooked=False))
    predictor.typed(b"a", input_offset=1, now=0.0)
    predictor.screen_changed(screen("> a", column=3, cooked=False), input_offset=1, now=0.1)
    predictor.typed(b"\r", input_offset=2, now=0.2)
    cursor = predictor.overlay().cursor
    assert (cursor.row, cursor.column) == (1, 0)


def test_answer_seen_twice_is_expected_with_the_prompt_after_it() -> None:
    predictor = predictor_at(screen("> ", column=2, cooked=False))
    predictor.typed(b"a", input_offset=1, now=0.0)
    predictor.screen_changed(screen("> a", column=3, cooked=False), input_offset=1, now=0.1)
    predictor.typed(b"\r", input_offset=2, now=1.0)
    predictor.screen_changed(screen("> a", "> ", row=1, column=2, cooked=False), input_offset=2, now=1.1)
    predictor.typed(b"a", input_offset=3, now=2.0)
    predictor.screen_changed(screen("> a", "> a", row=1, column=3, cooked=False), input_offset=3, now=2.1)
    predictor.typed(b"\r", input_offset=4, now=3.0)
    prompt = screen("> a", "> a", "> ", row=2, column=2, cooked=False)
    predictor.screen_changed(prompt, input_offset=4, now=3.1)
    predictor.typed(b"a\rb", input_offset=7, now=4.0)
    assert line(predictor.overlay(), 3) == ">"
    assert predictor.overlay().cursor.column == 2


def test_stuck_link_underlines_what_has_not_arrived() -> None:
    predictor = echoing_predictor(screen("x"))
    predictor.link(srtt=0.1)
    predictor.typed(b"a", input_offset=1, now=5.0)
    assert not predictor.overlay().rows[0].cells[1].style.underline
    wakeup = predictor.next_wakeup()
    assert wakeup == pytest.approx(6.2)
    assert wakeup is not None
    predictor.tick(now=wakeup)
    assert predictor.overlay().rows[0].cells[1].style.underline
    assert predictor.next_wakeup() is None


def test_guesses_that_are_switched_off_go_at_once_and_come_back() -> None:
    predictor = echoing_predictor(screen("$ l"))
    predictor.typed(b"s", input_offset=2, now=1.0)
    predictor.mode = PredictMode.NEVER
    assert predictor.overlay() == screen("$ l")
    predictor.mode = PredictMode.ALWAYS
    assert line(predictor.overlay()) == "$ ls"


def test_how_long_each_key_waits_for_word_of_it_is_counted_once() -> None:
    predictor = predictor_at(screen("$ "))
    predictor.typed(b"l", input_offset=1, now=1.0)
    predictor.typed(b"s", input_offset=2, now=1.2)
    predictor.echo_advanced(input_offset=1, age=0.0, now=1.5)
    predictor.screen_changed(screen("$ ls"), input_offset=2, now=1.6)
    assert [round(wait, 3) for wait in predictor.statistics.waits] == [0.5, 0.4]
