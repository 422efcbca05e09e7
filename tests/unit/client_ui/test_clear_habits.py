"""Which terminals keep what a clear erases is known from what they say of themselves."""

import pytest

from rmosh.terminal.clears import Clear
from rmosh_client.painting.habits import judge_kept_clears, kept_clears_as_told

_ALL = {Clear.ALL}


@pytest.mark.parametrize(
    ("environment", "kept"),
    [
        ({"TERM": "xterm-256color", "VTE_VERSION": "8400"}, _ALL),
        ({"TERM": "alacritty"}, _ALL),
        ({"TERM": "xterm-256color", "ALACRITTY_WINDOW_ID": "1"}, _ALL),
        ({"TERM": "xterm-256color", "WT_SESSION": "guid"}, _ALL),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux,1,0"}, {Clear.ALL, Clear.FROM_HOME}),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux,1,0", "XTERM_VERSION": "XTerm(412)"}, {*_ALL, Clear.FROM_HOME}),
        ({"TERM": "tmux-256color"}, {Clear.ALL, Clear.FROM_HOME}),
        ({"TERM": "xterm-256color"}, set()),
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(412)"}, set()),
        ({"TERM": "xterm-256color", "XTERM_VERSION": "XTerm(412)", "VTE_VERSION": "8400"}, set()),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "260800"}, set()),
        ({"TERM": "xterm-kitty", "VTE_VERSION": "8400"}, set()),
        ({"TERM": "foot", "ALACRITTY_WINDOW_ID": "1"}, set()),
        ({"TERM": "rxvt-unicode-256color"}, set()),
        ({"TERM": "screen-256color", "VTE_VERSION": "8400"}, set()),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode", "VTE_VERSION": "8400"}, set()),
        ({"TERM": "linux"}, set()),
        ({}, set()),
    ],
)
def test_what_a_terminal_keeps_is_judged_from_its_environment(environment: dict[str, str], kept: set[Clear]) -> None:
    assert judge_kept_clears(environment) == kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("VTE(8401)", _ALL),
        ("tmux 3.3a", {Clear.ALL, Clear.FROM_HOME}),
        ("XTerm(412)", set()),
        ("kitty(0.48.2)", set()),
        ("Konsole 26.08.2", set()),
        ("", _ALL),  # alacritty 0.17
    ],
)
def test_a_terminal_that_says_its_name_is_believed_more_than_its_environment(name: str, kept: set[Clear]) -> None:
    assert kept_clears_as_told(name, otherwise=judge_kept_clears({"TERM": "alacritty"})) == kept
