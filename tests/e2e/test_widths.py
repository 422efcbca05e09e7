"""Prompts whose columns terminals and programs count each in their own way: edited as they are without rmosh."""

import shutil

import pytest

from tests.e2e.outer_tmux import OuterTmux, needs_tmux
from tests.e2e.session_host import Host

pytestmark = [
    pytest.mark.slow,
    pytest.mark.sshd,
    needs_tmux,
    pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed (apt install bash)"),
]

#: What tmux draws in the columns that bash counts, and what tmux 3.3a joins: bash 5.2 edits beside the text then.
PROMPTS = ["हिन्दी", "தமிழ்", "বাংলা", "ខ្មែរ", "น้ำ", "🇩🇪", "❤\ufe0f", "a\u00adb", "한글", "שָׁלוֹם"]
JOINED = "👩\u200d💻"

SHELL = ["env", "LC_ALL=C.UTF-8", "HISTFILE=", "INPUTRC=/dev/null", "bash", "--norc", "--noprofile"]

#: To the start of the line, five characters on, and what is typed there; then to its end, a letter taken back.
EDITING = "echo hello world\x01" + "\x06" * 5 + "XY\x05Z\x7fQ"


def edit(terminal: OuterTmux, prompt: str, *, number: int = 0) -> str:
    """Set a prompt, type a line at it and edit that; return the screen once the last letter shows.

    The number is part of the prompt, so that it cannot be taken for the one before.
    """
    escaped = "".join([f"\\U{ord(character):08x}" for character in prompt])
    terminal.type(f"clear; PS1=$'{escaped}{number}> '\r")
    terminal.wait_for(lambda screen: screen.count("\n") == 0 and screen.endswith(f"{number}>"))
    for key in EDITING:
        terminal.type(key)
    return terminal.wait_for(lambda screen: screen.endswith("Q"))


def test_prompts_with_vowel_signs_flags_and_accents_are_edited_as_in_the_terminal_itself(
    outer: Host[OuterTmux],
) -> None:
    there = outer.open("box", "--", " ".join(SHELL))
    here = OuterTmux(SHELL, env=outer.sshd.client_env)
    try:
        for number, prompt in enumerate(PROMPTS):
            edit(there, prompt, number=number)
            there.wait_for(edit(here, prompt, number=number).__eq__)
            there.type("\x15")
            here.type("\x15")
    finally:
        here.close()


def test_a_prompt_that_the_terminal_draws_narrower_than_the_shell_counts_is_edited_in_its_place(
    outer: Host[OuterTmux],
) -> None:
    terminal = outer.open("box", "--", " ".join(SHELL))
    edit(terminal, JOINED)
    terminal.wait_for(f"{JOINED}0> echo XYhello worldQ")
