"""A full-screen program far away is in the terminal's own alternate screen, and leaves the scrollback alone."""

import re
import shutil
import signal
from collections.abc import Sequence

import pytest

from rmosh_client.showing.scrollback import RESIZE_TOLD_WITHIN
from rmosh_netem.link import LinkModel
from tests.e2e.outer_tmux import NEAR_PROMPT, OuterTmux, needs_tmux
from tests.e2e.session_host import PROMPT, Host, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.sshd,
    needs_tmux,
    pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed (apt install less)"),
]

READY = PROMPT.rstrip()

#: What the shell printed before the program, and the command that starts it.
PRINTED = [*map(str, range(1, 101))]
COMMAND = "LESSHISTFILE=- less text"

#: 5 % of the datagrams lost on the way.
LOSSY = LinkModel(delay=0.02, loss=0.05)


def in_less(host: Host[OuterTmux], link: LinkModel | None = None) -> OuterTmux:
    """Return a session in which less shows the second page of a text, above which a hundred lines were printed."""
    host.path("text").write_text("".join([f"text {number}\n" for number in range(1, 501)]))
    terminal = host.shell("-S", "work", link=link)
    terminal.type(f"cd {host.directory}; seq 1 100\r")
    wait_until(lambda: terminal.session()[1:] == [*PRINTED, READY], "a hundred lines", pump=[terminal])
    terminal.type(COMMAND)
    terminal.wait_for(f"{PROMPT}{COMMAND}")
    terminal.type("\r")
    terminal.wait_for("text 1\n")
    terminal.type(" ")
    terminal.wait_for("text 46\n")
    return terminal


def numbers(lines: Sequence[str]) -> list[int]:
    return [int(line) for line in lines if re.fullmatch(r"\d+", line)]


def wait_for_end(terminal: OuterTmux) -> None:
    terminal.wait_for(lambda screen: screen.endswith(f"\n{READY}") and not terminal.shows_alternate)


@pytest.mark.parametrize("link", [None, LOSSY], ids=["near", "lossy"])
def test_it_scrolls_in_the_alternate_screen_and_the_main_one_comes_back(
    outer: Host[OuterTmux], link: LinkModel | None
) -> None:
    terminal = in_less(outer, link)
    assert terminal.shows_alternate
    terminal.type("j" * 25 + "k" * 15)
    terminal.wait_for("text 56\n")
    terminal.type("q")
    wait_for_end(terminal)
    assert terminal.session()[1:] == [*PRINTED, f"{PROMPT}{COMMAND}", READY]


def test_lines_printed_before_and_after_a_program_that_was_never_shown_are_all_there(outer: Host[OuterTmux]) -> None:
    terminal = outer.shell()
    parts = "seq 1 100; printf '\\033[?1049h'; seq 501 600; printf '\\033[?1049l'; seq 101 200"
    terminal.type(f"{parts}\r")
    terminal.wait_for(lambda screen: screen.endswith(f"\n200\n{READY}"))
    wait_until(lambda: numbers(terminal.session()) == [*range(1, 201)], "all of them", pump=[terminal])


@pytest.mark.parametrize(
    "end",
    ["\x1ed", "\x1e.", "kill", signal.SIGTERM, signal.SIGHUP],
    ids=["detached", "quit", "killed", "terminated", "hung-up"],
)
def test_whichever_way_the_session_ends_the_terminal_is_in_its_main_screen(
    outer: Host[OuterTmux], end: str | signal.Signals
) -> None:
    terminal = in_less(outer)
    if end == "kill":
        outer.errand("kill", "box", "work").wait_exit()
    elif isinstance(end, str):
        terminal.type(end)
    else:
        terminal.send_signal(end)
    terminal.wait_exit()
    assert not terminal.shows_alternate
    lines = terminal.session()[1:]
    assert lines[:101] == [*PRINTED, f"{PROMPT}{COMMAND}"]
    assert lines[-1] == NEAR_PROMPT
    assert len(lines) <= 103, lines[101:]


def test_a_suspended_session_leaves_the_main_screen_and_comes_back_to_the_program(outer: Host[OuterTmux]) -> None:
    terminal = in_less(outer)
    terminal.type("\x1e\x1a")
    terminal.wait_exit()
    assert not terminal.shows_alternate
    terminal.type("fg\r")
    terminal.wait_for(lambda screen: "text 46\n" in screen and terminal.shows_alternate)
    terminal.type("q")
    wait_for_end(terminal)
    lines = terminal.session()
    assert set(numbers(lines)) == set(range(1, 101))
    assert not any(line.startswith("text") for line in lines)


@pytest.mark.parametrize("size", [(80, 18), (80, 34), (60, 24), (100, 20)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_resize_while_it_runs_doubles_and_loses_no_line(outer: Host[OuterTmux], size: tuple[int, ...]) -> None:
    columns, rows = size
    terminal = in_less(outer)
    terminal.pump(RESIZE_TOLD_WITHIN)
    terminal.resize(rows=rows, columns=columns)
    terminal.wait_for(lambda screen: len(screen.split("\n")) == rows and screen.startswith("text 24\n"))
    terminal.pump(RESIZE_TOLD_WITHIN)
    terminal.type("q")
    wait_for_end(terminal)
    terminal.type("stty size\r")
    terminal.wait_for(f"\n{rows} {columns}\n{READY}")
    wait_until(lambda: numbers(terminal.session()) == [*range(1, 101)], "each line once", pump=[terminal])


def test_who_comes_to_a_session_that_is_in_it_gets_the_lines_once_it_ends(outer: Host[OuterTmux]) -> None:
    first = in_less(outer)
    first.type("\x1ed")
    first.wait_exit()
    second = outer.errand("attach", "box", "work")
    second.wait_for("text 46\n")
    assert second.shows_alternate
    second.type("q")
    wait_for_end(second)
    wait_until(lambda: numbers(second.session()) == [*range(1, 101)], "a hundred lines", pump=[second])


def test_the_history_viewer_is_in_it_too(outer: Host[OuterTmux]) -> None:
    terminal = outer.shell()
    terminal.type("seq 1 100\r")
    terminal.wait_for(lambda screen: screen.endswith(f"\n100\n{READY}"))
    terminal.type("\x1e[")
    terminal.wait_for("lines ")
    assert terminal.shows_alternate
    terminal.type("q")
    wait_for_end(terminal)
    wait_until(lambda: terminal.session()[1:] == [*PRINTED, READY], "the lines", pump=[terminal])
