"""Colours that programs far away set are those of the user's terminal until the end, and its own are what they see."""

import shlex
import signal
from collections.abc import Callable

import pytest

from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PLAIN_SHELL, PROMPT, Host, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

DARK = {1: 0xCD0000, 16: 0xD0D0D0, 17: 0x101010}
LIGHT = {1: 0xCD0000, 16: 0x202020, 17: 0xFAFAFA}

#: Red, a grey and the cursor; the pointer; and how far something is.
SETTING = r"printf '\033]4;1;#102030;250;#405060\033\\\033]12;orange\007\033]22;wait\007\033]9;4;1;40\007'"
SET = ((1, 0x102030), (250, 0x405060), (258, 0xFFA500))

#: Prints what the terminal says its background is; and waits before until it says that its colours changed.
ASKING = r"printf '\033]11;?\033\\'; answer=$(head -c 25 | tr -d '\033'); stty sane; echo; echo =$answer="
WAITING = r"printf '\033[?2031hwaits'; head -c 9 | tr -d '\033'"


def set_by_the_program(terminal: PtyProgram) -> None:
    terminal.type(f"{SETTING}\r")
    wait_until(lambda: terminal.frame.colours == SET, "the colours", pump=[terminal])
    assert (terminal.frame.pointer, terminal.frame.progress.percent) == ("wait", 40)


def has_its_own(terminal: PtyProgram) -> bool:
    frame = terminal.frame
    return (frame.colours, frame.pointer, frame.progress.percent) == ((), "", 0)


@pytest.mark.parametrize(
    "end",
    ["exit\r", "\x1ed", "\x1e.", "kill -9 $$\r", signal.SIGTERM],
    ids=["exit", "detach", "quit", "killed", "terminated"],
)
def test_whichever_way_the_session_ends_the_terminal_has_its_own_colours(
    host: Host[PtyProgram], end: str | signal.Signals
) -> None:
    terminal = host.shell()
    set_by_the_program(terminal)
    if isinstance(end, str):
        terminal.type(end)
    else:
        terminal.send_signal(end)
    while terminal.pump(5.0):
        pass
    assert has_its_own(terminal)
    assert not terminal.frame.modes.bracketed_paste


def test_another_terminal_that_attaches_gets_the_colours_and_gives_them_back(host: Host[PtyProgram]) -> None:
    first = host.shell("-S", "work")
    set_by_the_program(first)
    second = host.errand("attach", "box", "work")
    wait_until(lambda: second.frame.colours == SET, "the colours", pump=[first, second])
    second.type("\x1ed")
    wait_until(lambda: has_its_own(second), "its own colours", pump=[first, second])
    assert first.frame.colours == SET
    first.type(r"printf '\033]104\007\033]112\007'" + "\r")
    wait_until(lambda: first.frame.colours == (), "its own colours", pump=[first])


def test_programs_see_the_colours_that_the_terminal_has_now_and_are_told_when_they_change(
    host: Host[PtyProgram],
) -> None:
    terminal = host.shell(colours=DARK)
    terminal.type(f"clear; stty -echo raw; {ASKING}\r")
    terminal.wait_for("=]11;rgb:1010/1010/1010")
    terminal.type(f"clear; stty -echo raw; {WAITING}; {ASKING}\r")
    terminal.wait_for(lambda screen: "waits" in screen.replace("hwaits", ""))
    terminal.use_colours(LIGHT)
    terminal.wait_for("[?997;2n")
    terminal.wait_for("=]11;rgb:fafa/fafa/fafa")


def test_a_suspended_session_leaves_the_terminal_its_own_colours_and_sets_them_again(
    host: Host[PtyProgram], pty_program: Callable[..., PtyProgram]
) -> None:
    near = pty_program(["bash", "--norc", "--noprofile", "-i"], env={**host.sshd.client_env, "PS1": "near$ "})
    near.wait_for("near$")
    near.type(shlex.join(host.words("box", "--", *PLAIN_SHELL)) + "\r")
    near.wait_for(lambda screen: screen.startswith(PROMPT.rstrip()))
    set_by_the_program(near)
    near.type("\x1e\x1a")
    near.wait_for("Stopped")
    assert has_its_own(near)
    near.type("fg\r")
    wait_until(lambda: near.frame.colours == SET, "the colours again", pump=[near])
    assert near.frame.pointer == "wait"
