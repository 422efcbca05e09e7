"""What a terminal does with its rows at a resize is believed where that was seen in a real one."""

from dataclasses import replace

import pytest

from rmosh_client.painting.habits import (
    TMUX_TELLS_WITHIN,
    Hidden,
    Lowered,
    ResizeHabits,
    judge_resize_habits,
    resize_habits_as_told,
)

_LIKE_MOST = ResizeHabits(Lowered.BELOW_CURSOR, Hidden.AS_SHOWN, wraps_again=True)
_TMUX = replace(_LIKE_MOST, told_within=TMUX_TELLS_WITHIN)
_XTERM = ResizeHabits(Lowered.BELOW_CURSOR, Hidden.IN_PLACE, wraps_again=False)
_FOOT = ResizeHabits(Lowered.UNUSED, Hidden.AS_SHOWN, says_last_row=True, wraps_again=True)
_UNKNOWN = ResizeHabits(Lowered.BELOW_CURSOR, Hidden.UNKNOWN, wraps_again=None)


@pytest.mark.parametrize(
    ("environment", "habits"),
    [
        ({"TERM": "xterm-256color", "VTE_VERSION": "8400"}, _LIKE_MOST),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "260800"}, _LIKE_MOST),
        ({"TERM": "xterm-256color", "XTERM_VERSION": "XTerm(412)"}, _XTERM),
        ({"TERM": "xterm-256color", "XTERM_VERSION": "XTerm(412)", "VTE_VERSION": "8400"}, _UNKNOWN),
        ({"TERM": "screen-256color", "XTERM_VERSION": "XTerm(412)", "TMUX": "x"}, _TMUX),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, _LIKE_MOST),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode", "XTERM_VERSION": "XTerm(412)"}, _UNKNOWN),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1", "VTE_VERSION": "8400"}, _UNKNOWN),
        ({"TERM": "screen-256color", "VTE_VERSION": "8400"}, _UNKNOWN),
        ({"TERM": "konsole-256color", "KONSOLE_VERSION": "260800"}, _LIKE_MOST),
        ({"TERM": "alacritty"}, _LIKE_MOST),
        ({"TERM": "foot"}, _FOOT),
        ({"TERM": "xterm-kitty"}, ResizeHabits(Lowered.UNUSED, Hidden.AS_SHOWN, brings_back=False, wraps_again=True)),
        ({"TERM": "rxvt-unicode-256color"}, ResizeHabits(Lowered.NONE, Hidden.IN_PLACE, wraps_again=True)),
        ({"TERM": "xterm-256color"}, _UNKNOWN),
    ],
)
def test_habits_go_by_the_name_or_by_what_the_terminal_sets(environment: dict[str, str], habits: ResizeHabits) -> None:
    assert judge_resize_habits(environment) == habits


@pytest.mark.parametrize(
    ("name", "habits"),
    [
        ("VTE(8401)", _LIKE_MOST),
        ("tmux 3.8", _TMUX),
        ("Konsole 26.08.2", _LIKE_MOST),
        ("XTerm(412)", _XTERM),
        ("kitty(0.48.2)", ResizeHabits(Lowered.UNUSED, Hidden.AS_SHOWN, brings_back=False, wraps_again=True)),
        ("foot(1.28.0)", _FOOT),
        ("WezTerm 20240203", _UNKNOWN),
        ("", _LIKE_MOST),
    ],
)
def test_a_terminal_that_says_its_name_is_believed_more_than_its_environment(name: str, habits: ResizeHabits) -> None:
    assert resize_habits_as_told(name, otherwise=_LIKE_MOST) == habits
