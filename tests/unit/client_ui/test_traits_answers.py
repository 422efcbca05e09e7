"""What terminals answer about themselves, and what is concluded: recorded from real ones, and from liars."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.traits import Traits, decode_traits, encode_traits
from rmosh_client.painting.abilities import Abilities, ColourDepth, Terminfo, as_told, judge_abilities
from rmosh_client.typing.interview import Interview
from rmosh_client.typing.traits_answers import TraitsAnswers
from tests.unit.client_ui.client_ui_answers import RECORDED, RecordedTerminal
from tests.unit.client_ui.client_ui_typing import sifted

NO_ENTRY: Terminfo | None = None


def interviewed(abilities: Abilities) -> tuple[Interview, bytes, list[Traits]]:
    told: list[Traits] = []
    about = TraitsAnswers(
        told.append,
        size=lambda: (24, 80),
        direct_colour=abilities.promises_direct_colour,
        device_strings=abilities.device_strings,
    )
    interview = Interview()
    return interview, interview.ask((about,), now=0.0), told


def environment_of(terminal: RecordedTerminal) -> dict[str, str]:
    return {"TERM": terminal.term} | ({"COLORTERM": terminal.colour_term} if terminal.colour_term else {})


@pytest.mark.parametrize("terminal", RECORDED, ids=lambda terminal: terminal.name)
def test_what_a_terminal_is_and_has_is_what_it_says(terminal: RecordedTerminal) -> None:
    interview, questions, told = interviewed(judge_abilities(environment_of(terminal), NO_ENTRY))
    keys = sifted(interview, b"l" + terminal.answer_all(questions) + b"s")
    assert keys == b"ls"
    assert told == [terminal.traits]


@pytest.mark.parametrize("terminal", RECORDED, ids=lambda terminal: terminal.name)
def test_24_bit_colours_are_passed_on_whether_or_not_a_terminal_says_that_it_shows_them(
    terminal: RecordedTerminal,
) -> None:
    abilities = as_told(judge_abilities(environment_of(terminal), NO_ENTRY), terminal.traits)
    assert abilities.colours is ColourDepth.DIRECT


def test_what_the_environment_says_of_colours_is_not_asked_again() -> None:
    _, questions, _ = interviewed(judge_abilities({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, NO_ENTRY))
    assert b"\x1bP" not in questions


@pytest.mark.parametrize(
    "environment", [{"TERM": "screen.xterm-256color"}, {"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}]
)
def test_terminals_that_print_control_strings_or_pass_them_on_get_none(environment: dict[str, str]) -> None:
    _, questions, _ = interviewed(judge_abilities(environment, NO_ENTRY))
    assert b"\x1bP" not in questions


@pytest.mark.parametrize(
    ("traits", "depth"),
    [
        (Traits(attributes="83;50002;0"), ColourDepth.PALETTE),  # GNU screen 5.0.2
        (Traits(attributes="84;0;0"), ColourDepth.DIRECT),  # tmux 3.3a, which ssh has taken the variable TMUX of
        (Traits(name="tmux 3.8"), ColourDepth.DIRECT),
        (Traits(direct_colour=True), ColourDepth.DIRECT),
    ],
)
def test_tmux_is_known_from_the_screen_by_whose_name_it_goes(traits: Traits, depth: ColourDepth) -> None:
    assert as_told(judge_abilities({"TERM": "screen-256color"}, NO_ENTRY), traits).colours is depth


@pytest.mark.parametrize(
    "answer",
    [
        b"\x1b[6;0;0t",
        b"\x1b[6;9999;9999t",
        b"\x1b[4;0;0t",
        b"\x1bP>|\xff\xfe\x1b\\",
        b"\x1bP>|" + b"x" * 300 + b"\x1b\\",
        b"\x1bP0+r524742\x1b\\",
        b"\x1bP1$r0;48;2;3;2;1m\x1b\\",
        b"\x1b[>" + b"1;" * 30 + b"c",
    ],
)
def test_an_answer_that_makes_no_sense_says_nothing(answer: bytes) -> None:
    interview, _, told = interviewed(Abilities(promises_direct_colour=False))
    assert sifted(interview, answer + b"\x1b[?62c") == b""
    assert told == [Traits()]


@given(st.lists(st.sampled_from([RECORDED[0].answers, RECORDED[4].answers]), max_size=3), st.binary(max_size=60))
def test_whatever_comes_makes_traits_that_can_be_told(answers: list[dict[bytes, bytes]], noise: bytes) -> None:
    interview, _, told = interviewed(Abilities(promises_direct_colour=False))
    sifted(interview, b"".join([answer for each in answers for answer in each.values()]) + noise)
    sifted(interview, b"\x1b\\\x1b[?62c\x1b[?62c")
    for traits in told:
        assert decode_traits(encode_traits(traits)) == traits
