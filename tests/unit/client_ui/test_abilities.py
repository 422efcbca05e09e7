"""What is concluded from a terminal's name, and how colours are brought down to it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import BootstrapError, Stage
from rmosh.terminal.cells import TRUECOLOR, Attribute, Style
from rmosh.traits import Traits
from rmosh_client.painting.abilities import Abilities, ColourDepth, Terminfo, as_told, judge_abilities
from rmosh_client.painting.rendition import colour_parameters, nearest, rendition_change

XTERM = Terminfo(
    colours=256,
    moves_cursor=True,
    erases_with_background=True,
    direct_colour=False,
    underline_styles=False,
    alternate_screen=True,
)


@pytest.mark.parametrize("term", ["", "dumb", "unknown"])
def test_terminal_without_cursor_movement_is_refused(term: str) -> None:
    with pytest.raises(BootstrapError) as refused:
        judge_abilities({"TERM": term}, None)
    assert refused.value.stage is Stage.TERMINAL
    assert refused.value.hint


def test_terminfo_entry_without_cursor_movement_is_refused() -> None:
    paper = replace(XTERM, colours=0, moves_cursor=False)
    with pytest.raises(BootstrapError):
        judge_abilities({"TERM": "tty33"}, paper)


def apple(version: str) -> dict[str, str]:
    """What Apple's Terminal sets: 455.1 is macOS 15's, 466 macOS 26's."""
    return {"TERM_PROGRAM": "Apple_Terminal", "TERM_PROGRAM_VERSION": version}


@pytest.mark.parametrize(
    ("environment", "terminfo", "depth"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, XTERM, ColourDepth.DIRECT),
        ({"TERM": "xterm-256color"}, XTERM, ColourDepth.DIRECT),
        ({"TERM": "xterm-16color"}, replace(XTERM, colours=16), ColourDepth.SIXTEEN),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, XTERM, ColourDepth.PALETTE),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", **apple("455.1")}, XTERM, ColourDepth.PALETTE),
        ({"TERM": "xterm-256color", **apple("466")}, XTERM, ColourDepth.DIRECT),
        ({"TERM": "xterm-256color", **apple("beta")}, XTERM, ColourDepth.PALETTE),
        ({"TERM": "screen-256color", **apple("466")}, XTERM, ColourDepth.PALETTE),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor"}, XTERM, ColourDepth.PALETTE),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "x"}, XTERM, ColourDepth.DIRECT),
        ({"TERM": "xterm-kitty"}, None, ColourDepth.DIRECT),
        ({"TERM": "xterm"}, replace(XTERM, colours=8), ColourDepth.DIRECT),
        ({"TERM": "vt220"}, replace(XTERM, colours=0), ColourDepth.MONO),
        ({"TERM": "never-heard-of"}, None, ColourDepth.DIRECT),
        ({"TERM": "linux"}, replace(XTERM, colours=8), ColourDepth.EIGHT),
    ],
)
def test_colour_depth_is_judged(environment: dict[str, str], terminfo: Terminfo | None, depth: ColourDepth) -> None:
    assert judge_abilities(environment, terminfo).colours is depth


def test_linux_console_gets_no_strings_it_would_print() -> None:
    abilities = judge_abilities({"TERM": "linux"}, XTERM)
    assert not abilities.strings
    assert not abilities.underline_styles
    assert not abilities.extended_keys


def test_a_full_screen_program_has_a_screen_of_its_own_where_the_terminal_has_a_second_one() -> None:
    assert judge_abilities({"TERM": "xterm-256color"}, XTERM).alternate_screen
    assert judge_abilities({"TERM": "xterm-kitty"}, None).alternate_screen
    assert not judge_abilities({"TERM": "never-heard-of"}, replace(XTERM, alternate_screen=False)).alternate_screen
    assert not judge_abilities({"TERM": "linux"}, None).alternate_screen


def test_foot_puts_rows_into_its_scrollback_wherever_they_are_deleted() -> None:
    assert not judge_abilities({"TERM": "foot"}, XTERM).scrolls_apart
    assert not as_told(judge_abilities({"TERM": "xterm-256color"}, XTERM), Traits(name="foot(1.28.0)")).scrolls_apart
    assert judge_abilities({"TERM": "xterm-256color"}, XTERM).scrolls_apart


def test_urxvt_keeps_what_scrolls_off_the_alternate_screen() -> None:
    assert not judge_abilities({"TERM": "rxvt-unicode-256color"}, XTERM).alternate_apart
    assert judge_abilities({"TERM": "xterm-256color"}, XTERM).alternate_apart


def test_kitty_erases_with_the_background_though_its_entry_does_not_say_so() -> None:
    terminfo = replace(XTERM, erases_with_background=False)
    assert judge_abilities({"TERM": "xterm-kitty"}, terminfo).back_colour_erase
    assert not judge_abilities({"TERM": "xterm-256color"}, terminfo).back_colour_erase


def test_screen_is_not_trusted_to_erase_with_a_background() -> None:
    assert not judge_abilities({"TERM": "screen-256color"}, XTERM).back_colour_erase
    assert judge_abilities({"TERM": "xterm-256color"}, XTERM).back_colour_erase


@pytest.mark.parametrize(
    ("colour", "depth", "expected"),
    [
        (TRUECOLOR | 0xFF0000, ColourDepth.DIRECT, "38;2;255;0;0"),
        (TRUECOLOR | 0xFF0000, ColourDepth.PALETTE, "38;5;196"),
        (TRUECOLOR | 0xFF0000, ColourDepth.SIXTEEN, "91"),
        (TRUECOLOR | 0x808080, ColourDepth.PALETTE, "38;5;244"),
        (196, ColourDepth.EIGHT, "31"),
        (9, ColourDepth.PALETTE, "91"),
        (1, ColourDepth.MONO, ""),
        (None, ColourDepth.SIXTEEN, "39"),
    ],
)
def test_colours_are_brought_down_to_the_nearest(colour: int | None, depth: ColourDepth, expected: str) -> None:
    assert colour_parameters(colour, depth, background=False) == expected


@given(st.integers(0, 255), st.sampled_from([ColourDepth.SIXTEEN, ColourDepth.EIGHT, ColourDepth.PALETTE]))
def test_bringing_a_colour_down_twice_changes_nothing_more(colour: int, depth: ColourDepth) -> None:
    once = nearest(colour, depth)
    assert nearest(once, depth) == once
    assert once < depth


def test_style_change_takes_the_shorter_of_steps_and_reset() -> None:
    abilities = Abilities()
    many = Style(foreground=1, background=2, attributes=int(Attribute.BOLD | Attribute.ITALIC), underline=1)
    assert rendition_change(many, Style(), abilities) == b"\x1b[m"
    assert rendition_change(Style(foreground=1), Style(foreground=2), abilities) == b"\x1b[32m"
    assert rendition_change(Style(), Style(link=";http://x"), abilities) == b""


def test_dim_survives_the_end_of_bold_though_one_parameter_ends_both() -> None:
    both = Style(foreground=TRUECOLOR, attributes=int(Attribute.BOLD | Attribute.DIM))
    dim = Style(foreground=TRUECOLOR, attributes=int(Attribute.DIM))
    assert rendition_change(both, dim, Abilities()) == b"\x1b[22;2m"


def test_underline_styles_are_plain_underlines_where_there_are_none() -> None:
    curly = Style(underline=3, underline_colour=1)
    assert rendition_change(Style(), curly, Abilities()) == b"\x1b[4:3;58:5:1m"
    assert rendition_change(Style(), curly, Abilities(underline_styles=False)) == b"\x1b[4m"


def test_parameters_with_colons_go_by_themselves_so_that_nothing_else_is_lost_with_them() -> None:
    style = Style(background=TRUECOLOR | 0x102030, underline=3)
    assert rendition_change(Style(), style, Abilities()) == b"\x1b[48;2;16;32;48m\x1b[4:3m"
    assert rendition_change(None, Style(underline=2), Abilities()) == b"\x1b[m\x1b[4:2m"


def test_monochrome_terminal_gets_no_colours() -> None:
    style = Style(foreground=1, background=TRUECOLOR, attributes=int(Attribute.REVERSE))
    assert rendition_change(Style(), style, Abilities(colours=ColourDepth.MONO)) == b"\x1b[7m"
