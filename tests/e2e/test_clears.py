"""What a clear erases far away is in the user's own tmux as it is under ssh, and in the history that rmosh shows."""

import shutil
import sys
from collections.abc import Callable

import pytest

from tests.e2e.outer_tmux import OuterTmux, needs_tmux
from tests.e2e.session_host import PLAIN_SHELL, PROMPT, Host, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

READY = PROMPT.rstrip()

#: Clears and writes a screen of 24 rows ten times a second, every row another each time.
_PAGES = r"""
import sys, time
for page in range(25):
    rows = "".join([f"page {page} {row}\r\n" for row in range(23)])
    print(end="\033[2J\033[H" + rows, flush=True)
    time.sleep(0.1)
"""


def by_ssh(outer: Host[OuterTmux]) -> OuterTmux:
    words = ["ssh", "-F", str(outer.sshd.configure()), "-tt", "box", *PLAIN_SHELL]
    terminal = OuterTmux(words, env=outer.sshd.client_env)
    terminal.wait_for(READY)
    return terminal


def by_rmosh(outer: Host[OuterTmux]) -> OuterTmux:
    return outer.shell()


def wait_for_lines(terminal: OuterTmux, expected: list[str]) -> None:
    """Wait until the session's lines are these, and stay so."""
    for _ in range(2):
        wait_until(lambda: terminal.session() == expected, f"{expected} in {terminal.session()}")
        terminal.pump(0.3)


@needs_tmux
@pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not installed (apt install openssh-client)")
@pytest.mark.parametrize("connect", [by_ssh, by_rmosh])
def test_tmux_keeps_what_ctrl_l_erases_as_under_ssh(
    outer: Host[OuterTmux], connect: Callable[[Host[OuterTmux]], OuterTmux]
) -> None:
    terminal = connect(outer)
    try:
        expected: list[str] = []
        for command, printed in (("seq 1 30", [str(number) for number in range(1, 31)]), ("echo hello", ["hello"])):
            terminal.type(f"{command}\r")
            terminal.wait_for(f"{printed[-1]}\n{READY}")
            terminal.type("\x0c")
            expected += [f"{PROMPT}{command}", *printed, READY]
            wait_for_lines(terminal, [*expected, READY])
    finally:
        terminal.close()


@needs_tmux
def test_what_ctrl_l_erases_is_in_the_history(outer: Host[OuterTmux]) -> None:
    terminal = outer.shell()
    terminal.type("echo one; echo two\r")
    terminal.wait_for(f"two\n{READY}")
    terminal.type("\x0c")
    terminal.wait_for(READY)
    terminal.pump(0.3)
    terminal.type("\x1e[")
    terminal.wait_for(f"{PROMPT}echo one; echo two\none\ntwo\n{READY}\n{READY}")
    terminal.type("q")


@needs_tmux
def test_a_program_that_clears_and_writes_its_screen_adds_no_line_of_its_own(outer: Host[OuterTmux]) -> None:
    terminal = outer.shell()
    program = outer.directory / "pages.py"
    program.write_text(_PAGES)
    terminal.type(f"{sys.executable} {program}; echo do''ne\r")
    terminal.wait_for(f"page 24 22\ndone\n{READY}")
    shown = [f"page 24 {row}" for row in range(23)]
    lines = terminal.session(joined=True)
    assert [line for line in lines if line.startswith("page")] == shown
    assert lines[-len(shown) - 2 :] == [*shown, "done", READY]
    terminal.pump(0.5)
    assert terminal.session() == lines
