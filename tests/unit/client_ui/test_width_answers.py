"""A terminal is asked how it draws what others draw otherwise; it shows nothing of that."""

from dataclasses import replace

import pytest

from rmosh.terminal.cells import Cell, Row, blank_frame
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.width import Widths, cells_of
from rmosh.terminal.width_table import tabled_columns
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.doubt import Doubt, Drawing
from rmosh_client.painting.painter import Painter
from rmosh_client.painting.width_answers import WidthAnswers
from rmosh_client.typing.interview import Interview
from tests.unit.client_ui.client_ui_typing import sifted


def learned(terminal: Emulator, *, columns: int = 80, lost: bytes = b"") -> Drawing:
    told: list[Drawing] = []
    interview = Interview()
    terminal.feed(interview.ask((WidthAnswers(told.append, columns=lambda: columns),), now=0.0))
    assert sifted(interview, terminal.take_replies().replace(lost, b"", 1)) == b""
    return told[0] if told else Drawing()


def terminal(ask: Widths | None = None, *, columns: int = 80) -> Emulator:
    return Emulator(rows=24, columns=columns, widths=ask or Widths())


def test_a_terminal_that_draws_as_programs_count_leaves_no_doubt_but_about_the_unknown() -> None:
    assert set(Doubt) - learned(terminal()).agreed == {Doubt.OTHER, Doubt.NEWLY_WIDE_AS_ONE}


def test_a_terminal_that_draws_clusters_leaves_the_doubts_about_them() -> None:
    clusters = terminal()
    clusters.feed(b"\x1b[?2027h")
    drawing = learned(clusters)
    doubts = set(Doubt) - drawing.agreed
    assert {Doubt.SPACING_MARK, Doubt.SELECTOR, Doubt.JOINED, Doubt.SKIN_TONE} <= doubts
    assert not {Doubt.MARK, Doubt.SOFT_HYPHEN, Doubt.HALF_FLAG} & doubts
    assert drawing.wider == {Doubt.SELECTOR, Doubt.NEWLY_WIDE_AS_ONE}
    assert drawing.absorbed == {Doubt.SPACING_MARK, Doubt.EXTENDING_MARK, Doubt.JOINED, Doubt.SKIN_TONE}


def test_a_terminal_of_an_older_unicode_is_known_to_draw_its_signs_in_one_column() -> None:
    older = terminal(Widths(lambda character: 1 if character in "☰䷀" else tabled_columns(character)))
    agreed = learned(older).agreed
    assert Doubt.NEWLY_WIDE_AS_ONE in agreed
    assert Doubt.NEWLY_WIDE_AS_TWO not in agreed


def test_nothing_is_seen_of_the_questions() -> None:
    shown = terminal()
    shown.feed(b"\x1b[3;1Habove\x1b[1;1H\x1b[31m")
    before = shown.frame()
    learned(shown)
    assert shown.frame() == before
    shown.feed(b"x")
    assert shown.frame().rows[0].cells[0].style.foreground == 1


@pytest.mark.parametrize("lost", [b"\x1b[1;3R", b"\x1b[1;2R"])
def test_nothing_is_learned_where_an_answer_is_missing(lost: bytes) -> None:
    assert learned(terminal(), lost=lost) == Drawing()


def test_a_terminal_too_narrow_for_the_signs_is_not_asked() -> None:
    assert learned(terminal(columns=9), columns=9) == Drawing()


def test_where_the_cursor_is_later_is_for_others() -> None:
    answers = WidthAnswers(lambda _: None, columns=lambda: 80)
    asked = answers.begin().count(b"\x1b[6n")
    assert [answers.take(b"\x1b[1;2R") for _ in range(asked + 1)] == [True] * asked + [False]


def test_a_word_with_vowel_signs_is_written_as_it_is_where_the_terminal_is_known_to_draw_it_so() -> None:
    cells = [Cell(text) for text in cells_of("हिन्दी$")]
    frame = blank_frame(rows=1, columns=10)
    painter = Painter(Abilities())
    painter.start(rows=1, columns=10)
    painter.learn(Drawing(frozenset({Doubt.SPACING_MARK, Doubt.MARK, Doubt.CONJUNCT})))
    row = Row((*cells, *frame.rows[0].cells[len(cells) :]))
    assert painter.paint(replace(frame, rows=(row,)), now=0.0) == "हिन्दी$\r".encode()
