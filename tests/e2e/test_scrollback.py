"""What scrolls off far away goes into the user's own scrollback, in order and whole; a viewer shows the rest."""

import base64
import os
import random
import re
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from rmosh_client.showing.scrollback import RESIZE_TOLD_WITHIN
from rmosh_netem.link import LinkModel
from tests.e2e.outer_tmux import BEFORE, NEAR_PROMPT, OuterTmux, needs_tmux
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PROMPT, Host, wait_until
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: What the prompt looks like with nothing behind it.
READY = PROMPT.rstrip()

#: A mobile link that is not good: 40 ms of round trip.
LOSSY = LinkModel(delay=0.02, loss=0.05)

#: A slow link: 1 Mbit/s and 60 ms of round trip.
SLOW = LinkModel(delay=0.03, rate=1_000_000)

#: Opens the viewer.
HISTORY_KEY = "\x1e["

#: Seconds for many lines over a bad link on a busy machine; only a failing test waits for it.
LONG = 2 * PATIENCE

_SKIPPED = re.compile(r"rmosh: ([\d,]+) lines? skipped here")


def difference(lines: Sequence[str], expected: Sequence[str]) -> str:
    """Return where lines are not what is expected, skipped ones counted; "" where they are."""
    place = 0
    for number, line in enumerate(lines):
        if told := _SKIPPED.match(line):
            place += int(told[1].replace(",", ""))
        elif place < len(expected) and line == expected[place]:
            place += 1
        else:
            wanted = expected[place : place + 2]
            return f"line {number}: {lines[max(0, number - 3) : number + 3]} where {wanted} was expected"
    return "" if place == len(expected) else f"{place} lines instead of {len(expected)}, the last {lines[-2:]}"


def skipped(lines: Sequence[str]) -> int:
    """Return how many lines were skipped."""
    return sum(int(told[1].replace(",", "")) for line in lines if (told := _SKIPPED.match(line)))


def wait_for_lines(
    terminal: OuterTmux, expected: Sequence[str], look: Callable[[], list[str]] | None = None, *, timeout: float = LONG
) -> list[str]:
    """Return a session's lines once they are as expected; fail the test otherwise."""
    look = look or terminal.session
    deadline = time.monotonic() + timeout
    while wrong := difference(lines := look(), expected):
        if time.monotonic() > deadline:
            pytest.fail(f"{wrong}\nthe screen is:\n{terminal.screen}")
        terminal.pump(0.2)
    return lines


def sequence(first: int, last: int, form: str = "{}") -> list[str]:
    return [form.format(number) for number in range(first, last + 1)]


def numbers(lines: Sequence[str], name: str) -> list[int]:
    """Return the numbers of the lines that are a name and a number."""
    return [int(line.split()[1]) for line in lines if re.fullmatch(rf"{name} \d+", line)]


def wait_for_numbers(terminal: OuterTmux, name: str, last: int) -> None:
    """Wait until the lines that are a name and a number are each there once; fail the test otherwise."""
    deadline = time.monotonic() + PATIENCE
    while difference(found := [str(number) for number in numbers(terminal.session(), name)], sequence(1, last)):
        if time.monotonic() > deadline:
            lost = sorted(set(sequence(1, last)) - set(found), key=int)
            doubled = sorted({number for number in found if found.count(number) > 1}, key=int)
            pytest.fail(f"lost: {lost}; doubled: {doubled}; in this order:\n{found}\nthe screen:\n{terminal.screen}")
        terminal.pump(0.1)


# --- lines that scroll off --------------------------------------------------------------------------------------


@needs_tmux
def test_lines_over_a_lossy_link_are_each_there_once_between_what_was_before_and_the_local_prompt(
    outer: Host[OuterTmux],
) -> None:
    terminal = outer.shell(link=LOSSY)
    command = r"for n in $(seq 5000); do printf '\033[3%dmline %d\033[m\n' $((n % 7 + 1)) $n; done"
    terminal.type(f"{command}\r")
    joined = f"{PROMPT}{command}"
    wait_for_lines(terminal, [joined, *sequence(1, 5000, "line {}"), READY])
    terminal.type("exit\r")
    terminal.wait_exit()
    lines = terminal.scrollback()
    assert set(BEFORE) <= set(lines[: lines.index(joined)])
    assert lines[lines.index(joined) + 5001 :] == [f"{PROMPT}exit", "exit", NEAR_PROMPT]
    [coloured] = [line for line in terminal.scrollback(escapes=True) if re.search(r"line 1234\b", line)]
    assert f"\x1b[3{1234 % 7 + 1}mline 1234" in coloured


@needs_tmux
@pytest.mark.parametrize("link", [None, LOSSY], ids=["near", "lossy"])
def test_lines_longer_than_the_window_are_one_line_each(outer: Host[OuterTmux], link: LinkModel | None) -> None:
    lines = [f"{number} {'a word ' * (number % 40)}end" for number in range(1, 301)]
    assert_shown_as_printed(outer.shell(link=link), outer.path("long"), lines)


@needs_tmux
def test_lines_of_wide_characters_are_one_line_each(outer: Host[OuterTmux]) -> None:
    lines = [f"{'x' * (number % 7)}{'漢字' * (number % 50)}" for number in range(1, 101)]
    assert_shown_as_printed(outer.shell(), outer.path("wide"), lines)


@needs_tmux
@pytest.mark.parametrize("columns", [80, 41])
def test_text_is_copied_as_if_the_program_ran_here(outer: Host[OuterTmux], columns: int) -> None:
    page = outer.path("page")
    lines = [f"{'x' * (number % 7)}{word * 37}" for number in range(7) for word in ("漢字", "한국 ", "a\tb ", "🚗 ")]
    ends = [
        "\x1b[41mto the edge\x1b[K\x1b[m",
        "\x1b[7mwritten   \x1b[m",
        "\ttab\tin\t\ttwo",
        "blanks   ",
        "=" * columns,
    ]
    page.write_text("\n".join([*lines, *ends, "end"]) + "\n")
    terminal = outer.open("box", "--", f"cat {page}", columns=columns)
    terminal.wait_exit()
    there = terminal.session()[:-1]
    terminal.type(f"echo; cat {page}\r")
    wait_until(lambda: terminal.session().count("end") == 2, "the page", pump=[terminal])
    wait_until(lambda: terminal.session()[-2:] == ["end", NEAR_PROMPT], "the prompt", pump=[terminal])
    assert there == terminal.session()[-len(there) - 1 : -1]


def assert_shown_as_printed(terminal: OuterTmux, path: Path, lines: Sequence[str]) -> None:
    """Print lines, and fail unless they come to be in the scrollback."""
    path.write_text("\n".join(lines) + "\n")
    terminal.type(f"cat {path}\r")
    wait_for_lines(terminal, [f"{PROMPT}cat {path}", *lines, READY])


@needs_tmux
def test_flood_leaves_every_line_or_an_exact_count_of_those_that_are_not_there(outer: Host[OuterTmux]) -> None:
    terminal = outer.shell()
    terminal.type("seq 1 200000\r")
    terminal.wait_for(lambda screen: screen.endswith(f"200000\n{READY}"))
    print(f"when the end was shown {terminal.history_size} rows were above it")
    lines = wait_for_lines(terminal, [f"{PROMPT}seq 1 200000", *sequence(1, 200000), READY])
    print(f"{skipped(lines)} lines were skipped")
    assert lines[-30001:] == [*sequence(170001, 200000), READY]


@needs_tmux
def test_lines_with_attributes_survive_loss_roams_and_a_blackout(outer: Host[OuterTmux]) -> None:
    terminal = outer.shell(link=LOSSY)
    program = r'BEGIN { for (n = 1; n <= 50000; n++) printf "\033[%d;3%dmline %d\033[m\n", n % 4 + 1, n % 7 + 1, n }'
    command = f"awk '{program}'"
    terminal.type(f"{command}\r")
    wait_until(lambda: terminal.history_size > 100, "lines come", pump=[terminal])
    outer.relay.rebind()
    outer.relay.blackout(3.0)
    size = terminal.history_size
    wait_until(lambda: terminal.history_size > size + 100, "lines come again", pump=[terminal])
    outer.relay.rebind("127.0.1.7")
    lines = wait_for_lines(terminal, [f"{PROMPT}{command}", *sequence(1, 50000, "line {}"), READY])
    print(f"{skipped(lines)} lines were skipped")
    assert lines[-30001:] == [*sequence(20001, 50000, "line {}"), READY]


@needs_tmux
@pytest.mark.parametrize("link", [None, LOSSY], ids=["near", "lossy"])
def test_command_that_ends_at_once_leaves_all_it_printed(outer: Host[OuterTmux], link: LinkModel | None) -> None:
    terminal = outer.open("box", "--", "seq 1 3000", link=link)
    terminal.wait_exit()
    assert terminal.session() == [*sequence(1, 3000), NEAR_PROMPT]


@needs_tmux
def test_what_is_typed_during_a_backfill_on_a_slow_link_shows_long_before_its_end(outer: Host[OuterTmux]) -> None:
    seed = 13
    print(f"seed {seed}")
    rng = random.Random(seed)
    lines = [base64.b64encode(rng.randbytes(54)).decode() for _ in range(10000)]
    path = outer.path("random")
    path.write_text("\n".join(lines) + "\n")
    terminal = outer.shell(link=SLOW)
    terminal.type(f"cat {path}\r")
    terminal.wait_for(lambda screen: screen.endswith(f"\n{READY}"))
    terminal.type("echo mark''er\r")
    typed = time.monotonic()
    terminal.wait_for("\nmarker\n")
    took, there = time.monotonic() - typed, terminal.history_size
    print(f"shown after {took:.2f} s, with {there} rows above")
    assert took < 1.0
    assert there < len(lines) // 2
    wait_for_lines(terminal, [f"{PROMPT}cat {path}", *lines, f"{PROMPT}echo mark''er", "marker", READY])


# --- what does not scroll off, and what is erased ----------------------------------------------------------------


@needs_tmux
@pytest.mark.parametrize(("program", "next_page"), [("less", " "), ("vim", "\x06")])
def test_alternate_screen_leaves_no_line_of_its_own(outer: Host[OuterTmux], program: str, next_page: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (apt install {program})")
    path = outer.path("text")
    path.write_text("\n".join(sequence(1, 500, "text {}")) + "\n")
    command = {"less": "LESSHISTFILE=- less text", "vim": "vim -n -u NONE -i NONE text"}[program]
    terminal = outer.shell()
    before = [f"{PROMPT}cd {outer.directory}", f"{PROMPT}seq 1 100", *sequence(1, 100)]
    terminal.type(f"cd {outer.directory}\rseq 1 100\r")
    wait_for_lines(terminal, [*before, READY])
    terminal.type(f"{command}\r")
    terminal.wait_for("text 1\n")
    for _ in range(5):
        first = terminal.screen.split("\n")[0]
        terminal.type(next_page)
        terminal.wait_for(partial(begins_otherwise, first))
    terminal.type({"less": "q", "vim": ":q!\r"}[program])
    terminal.wait_for(lambda screen: screen.endswith(f"\n{READY}"))
    terminal.type("seq 201 300\r")
    wait_for_lines(terminal, [*before, f"{PROMPT}{command}", f"{PROMPT}seq 201 300", *sequence(201, 300), READY])


@needs_tmux
@pytest.mark.parametrize("clear", ["", r"\033[H\033[2J"], ids=["only-scrollback", "screen-as-well"])
def test_erased_scrollback_has_only_what_came_after(outer: Host[OuterTmux], clear: str) -> None:
    terminal = outer.shell(link=LOSSY)
    terminal.type("seq 1 200\r")
    before = [f"{PROMPT}seq 1 200", *sequence(1, 200)]
    wait_for_lines(terminal, [*before, READY])
    command = rf"printf '{clear}\033[3J'; seq 1001 1100"
    terminal.type(f"{command}\r")
    terminal.wait_for(lambda screen: screen.endswith(f"1100\n{READY}"))
    shown = [] if clear else [*before[-23:], f"{PROMPT}{command}"][-23:]
    wait_for_lines(terminal, [*shown, *sequence(1001, 1100), READY], terminal.scrollback)


@needs_tmux
def test_region_within_the_screen_makes_no_history(outer: Host[OuterTmux]) -> None:
    terminal = outer.shell()
    region = r"""printf '\033[H\033[2J\033[5;10r\033[10H'; for n in $(seq 50); do printf '\ninner %d' $n; done"""
    terminal.type(rf"{region}; printf '\033[r\033[20H\n'; seq 100 200" + "\r")
    terminal.wait_for(lambda screen: screen.endswith(f"200\n{READY}"))
    wait_until(lambda: {"100", "200"} <= set(terminal.session()), "all lines", pump=[terminal])
    assert numbers(terminal.session(), "inner") == [*range(45, 51)]


@needs_tmux
def test_region_from_the_top_of_the_screen_makes_history(outer: Host[OuterTmux]) -> None:
    terminal = outer.shell()
    region = r"""printf '\033[H\033[2J\033[1;10r\033[10H'; for n in $(seq 50); do printf '\nouter %d' $n; done"""
    terminal.type(rf"{region}; printf '\033[r\033[20H\n'; seq 100 200" + "\r")
    terminal.wait_for(lambda screen: screen.endswith(f"200\n{READY}"))
    wait_until(lambda: {"100", "200"} <= set(terminal.session()), "all lines", pump=[terminal])
    assert numbers(terminal.session(), "outer") == [*range(1, 51)]


# --- the window's size ------------------------------------------------------------------------------------------

#: Columns and rows, each reached from the one before.
SIZES = [(100, 20), (100, 34), (60, 25), (120, 40), (100, 10), (100, 30)]


def begins_otherwise(first: str, screen: str) -> bool:
    return screen.split("\n")[0] != first


def has_line(terminal: OuterTmux, line: str) -> bool:
    return line in terminal.session()


class Resizer:
    """Gives a terminal other sizes; knows when the far shell has them."""

    def __init__(self, host: Host[OuterTmux], terminal: OuterTmux) -> None:
        self._terminal = terminal
        name = host.path("terminal")
        terminal.type(f"tty > {name}\r")
        wait_until(lambda: name.exists() and name.read_text().endswith("\n"), "the name", pump=[terminal])
        self._far = name.read_text().strip()

    def resize(self, *, rows: int, columns: int) -> None:
        """Return once the far terminal has the size; what is typed then is answered after whatever that did."""
        self._terminal.resize(rows=rows, columns=columns)
        wait_until(lambda: self._size() == (columns, rows), "the far size", pump=[self._terminal])

    def _size(self) -> tuple[int, int]:
        far = os.open(self._far, os.O_RDONLY | os.O_NOCTTY)
        try:
            return os.get_terminal_size(far)
        finally:
            os.close(far)


@needs_tmux
@pytest.mark.parametrize("count", [5, 60], ids=["few-lines", "more-than-a-screen"])
def test_resizes_double_and_lose_no_line(outer: Host[OuterTmux], count: int) -> None:
    terminal = outer.shell()
    resizer = Resizer(outer, terminal)
    terminal.type(f"seq -f 'line %g' 1 {count}\r")
    terminal.wait_for(lambda screen: screen.endswith(f"line {count}\n{READY}"))
    wait_for_numbers(terminal, "line", count)
    for columns, rows in SIZES:
        terminal.pump(RESIZE_TOLD_WITHIN)  # what came later than that may be there twice
        resizer.resize(rows=rows, columns=columns)
        terminal.type("stty size\r")
        terminal.wait_for(f"\n{rows} {columns}\n{READY}")
        wait_for_numbers(terminal, "line", count)


@needs_tmux
def test_a_long_line_half_in_the_scrollback_loses_nothing_when_the_window_gets_wider(outer: Host[OuterTmux]) -> None:
    """It may come apart where the scrollback ended, and stand partly there twice: no terminal takes half a row back."""
    terminal = outer.shell()
    resizer = Resizer(outer, terminal)
    words = [f"word{number}" for number in range(4000)]
    path = outer.path("words")
    path.write_text(" ".join(words) + "\n")
    terminal.type(f"cat {path}\r")
    terminal.wait_for(words[-1])
    for columns in (70, 101, 77, 120):
        resizer.resize(rows=24, columns=columns)
        terminal.type(f"echo {columns} wide\r")
        terminal.wait_for(f"\n{columns} wide")

    def nothing_is_lost() -> bool:
        whole = "".join(terminal.session()).replace(" ", "")
        return all(word in whole for word in words)

    wait_until(nothing_is_lost, "every word", pump=[terminal])


@needs_tmux
def test_resizes_with_nothing_typed_in_between_double_and_lose_no_line(outer: Host[OuterTmux]) -> None:
    terminal = outer.shell(link=LinkModel(delay=0.02))
    resizer = Resizer(outer, terminal)
    terminal.type("seq -f 'line %g' 1 60\r")
    terminal.wait_for(lambda screen: screen.endswith(f"line 60\n{READY}"))
    wait_for_numbers(terminal, "line", 60)
    for columns, rows in SIZES:
        terminal.pump(RESIZE_TOLD_WITHIN)
        resizer.resize(rows=rows, columns=columns)
        wait_for_numbers(terminal, "line", 60)
    terminal.type("stty size\r")
    terminal.wait_for(f"\n{rows} {columns}\n{READY}")
    wait_for_numbers(terminal, "line", 60)


@needs_tmux
def test_resizes_in_quick_succession_lose_no_line_longer_than_the_window(outer: Host[OuterTmux]) -> None:
    """tmux brings rows back from its scrollback a quarter of a second before it tells the size (seen in 3.3a)."""
    terminal = outer.shell(rows=30, columns=100)
    lines = [f"<{number:03}>{'x' * (number * 37 % 125)}" for number in range(100)]
    path = outer.path("lines")
    path.write_text("\n".join(lines) + "\n")
    terminal.type(f"cat {path}\r")
    terminal.wait_for(lambda screen: "<099>" in screen and screen.endswith(READY))
    terminal.pump(RESIZE_TOLD_WITHIN)
    for columns, rows in [(80, 24), (60, 20), (120, 40), (40, 10), (132, 50), (100, 30), (70, 22), (90, 33), (100, 30)]:
        terminal.resize(rows=rows, columns=columns)
    terminal.type("echo do''ne\r")
    terminal.wait_for(f"done\n{READY}")
    terminal.pump(1.0)
    found = [int(number) for number in re.findall(r"<(\d{3})>", "".join(terminal.session(joined=False)))]
    assert set(found) == set(range(100))


@needs_tmux
def test_resizes_while_lines_come_lose_none(outer: Host[OuterTmux]) -> None:
    """Some may be there twice: what is painted between a resize and the word of it is not known to have been late."""
    terminal = outer.shell(link=LOSSY)
    terminal.type("for n in $(seq 400); do echo line $n; sleep 0.01; done; echo do''ne\r")
    for place, (columns, rows) in enumerate(SIZES):
        terminal_has = partial(has_line, terminal, f"line {50 * place + 20}")
        wait_until(terminal_has, "more lines", pump=[terminal])
        terminal.resize(rows=rows, columns=columns)
    terminal.wait_for(f"done\n{READY}")
    wait_until(lambda: set(numbers(terminal.session(), "line")) == set(range(1, 401)), "all lines", pump=[terminal])


# --- several clients, and those that come later ------------------------------------------------------------------


@needs_tmux
@pytest.mark.parametrize(("words", "count"), [((), 1000), (("--history", "50"), 50)], ids=["usual", "50"])
def test_client_that_follows_a_killed_one_gets_the_newest_lines(
    outer: Host[OuterTmux], words: tuple[str, ...], count: int
) -> None:
    first = outer.shell()
    first.type("seq 1 3000\r")
    session = [f"{PROMPT}seq 1 3000", *sequence(1, 3000), READY]
    wait_for_lines(first, session)
    first.send_signal(signal.SIGKILL)
    second = outer.errand("attach", *words, "box")
    wait_for_lines(second, session[-(count + 24) :])
    second.type("echo al''ive\r")
    second.wait_for(f"alive\n{READY}")
    wait_for_lines(second, [*session[-(count + 24) : -1], f"{PROMPT}echo al''ive", "alive", READY])


@needs_tmux
def test_everyone_at_a_session_gets_every_line(outer: Host[OuterTmux]) -> None:
    first = outer.shell("-S", "pair")
    second = outer.open("-S", "pair", "box", rows=24, columns=80)
    reader = outer.errand("attach", "--read-only", "box", "pair")
    for terminal in (second, reader):
        terminal.wait_for(READY)
    first.type("seq 1 5000\r")
    for terminal in (first, second, reader):
        wait_for_lines(terminal, [f"{PROMPT}seq 1 5000", *sequence(1, 5000), READY])


# --- the viewer -------------------------------------------------------------------------------------------------


def attached_without_history(host: Host[PtyProgram]) -> PtyProgram:
    """Return a client that came after 3000 rows and got none of those that scrolled off."""
    first = host.shell()
    first.type("seq -f 'row %g' 1 3000\r")
    first.wait_for(lambda screen: screen.endswith(f"row 3000\n{READY}"))
    first.type("\x1ed")
    assert first.wait_exit() == 0
    program = host.errand("attach", "--history", "0", "box", columns=200)
    program.wait_for("row 3000\n")
    return program


def test_viewer_finds_shows_and_copies_a_line_that_this_client_never_got(host: Host[PtyProgram]) -> None:
    program = attached_without_history(host)
    assert "row 2900" not in program.output.decode()
    program.type(HISTORY_KEY)
    program.wait_for("of 3,00")
    program.type("?row 1234\r")
    program.wait_for("row 1234\n")
    rows = program.screen.split("\n")[:-1]
    assert numbers(rows, "row") == [*range(numbers(rows, "row")[0], numbers(rows, "row")[0] + 23)]
    before = len(program.output)
    program.type("y")
    program.wait_for("23 lines copied")
    copied = re.search(rb"\x1b\]52;[^;]*;([A-Za-z0-9+/=]+)(?:\x07|\x1b\\)", program.output[before:])
    assert copied is not None
    assert base64.b64decode(copied[1]).decode() == "\n".join(rows)
    program.type("g")
    program.wait_for("row 1\nrow 2\n")
    program.type("q")
    program.wait_for(lambda screen: screen.endswith(f"row 3000\n{READY}"))
    program.type("echo al''ive\r")
    program.wait_for(f"alive\n{READY}")


def test_viewer_searches_on_in_both_directions(host: Host[PtyProgram]) -> None:
    program = attached_without_history(host)
    program.type(HISTORY_KEY)
    program.wait_for("of 3,00")
    for keys, found in (("?500\r", 2500), ("n", 1500), ("N", 2500), ("g", 1), ("/500\r", 500), ("n", 1500)):
        program.type(keys)
        program.wait_for(f"row {found}\n")


def test_viewer_obeys_what_is_typed_ahead_while_it_searches(host: Host[PtyProgram]) -> None:
    program = attached_without_history(host)
    program.type(f"{HISTORY_KEY}?500\rn")
    program.wait_for("row 1500\n")
    program.type("Ng")
    program.wait_for("row 1\n")


def test_viewer_saves_marked_lines_and_all_lines_to_new_files_only(host: Host[PtyProgram]) -> None:
    program = attached_without_history(host)
    everything, marked = host.path("everything"), host.path("marked")
    program.type(HISTORY_KEY)
    program.wait_for("of 3,00")
    program.type(f"s{everything}\r")
    program.wait_for("saved 3,0")
    command = f"{PROMPT}seq -f 'row %g' 1 3000"
    assert everything.read_text().rstrip("\n").split("\n") == [command, *sequence(1, 3000, "row {}"), READY]
    program.type(f"s{everything}\r")
    program.wait_for("there is a file of that name")
    program.type("?row 1500\r")
    program.wait_for("row 1500\n")
    program.type("vjj")
    program.wait_for("3 lines marked")
    program.type(f"s{marked}\r")
    program.wait_for("saved 3 lines")
    assert marked.read_text() == "row 1500\nrow 1501\nrow 1502\n"


def wait_for_scrolled_off(program: PtyProgram, line: str) -> None:
    """Wait until the user's terminal has a line in its scrollback."""
    there: list[str] = []

    def is_there() -> bool:
        there.extend(program.scrollback.split("\n"))
        return line in there

    wait_until(is_there, f"{line!r} in the scrollback", pump=[program])


def test_viewer_shows_what_was_received_though_the_server_is_out_of_reach(host: Host[PtyProgram]) -> None:
    program = host.shell(link=LinkModel(delay=0.01))
    program.type("seq -f 'row %g' 1 3000\r")
    program.wait_for(lambda screen: screen.endswith(f"row 3000\n{READY}"))
    wait_for_scrolled_off(program, "row 2977")
    host.relay.blackout(LONG)
    program.type(HISTORY_KEY)
    program.wait_for("of 3,00")
    program.type("\x1b[5~\x1b[5~")
    program.wait_for("row 2940\n")
    program.type("g")
    program.wait_for("row 1\nrow 2\n")
    program.type("q")
    program.wait_for(lambda screen: "row 3000\n" in screen)


@needs_tmux
def test_viewer_leaves_no_line_of_its_own_and_keeps_none_out(outer: Host[OuterTmux]) -> None:
    terminal = outer.shell()
    terminal.type("seq 1 500; sleep 2; seq 501 1000\r")
    terminal.wait_for(lambda screen: screen.endswith("\n500"))
    terminal.type(HISTORY_KEY)
    terminal.wait_for("lines 4")
    for _ in range(3):
        terminal.type("b")
    terminal.wait_for("q: leave")
    wait_until(lambda: "of 1,00" in terminal.screen, "the rest has come meanwhile", pump=[terminal])
    terminal.type("q")
    terminal.wait_for(lambda screen: screen.endswith(f"\n1000\n{READY}"))
    wait_for_lines(terminal, [f"{PROMPT}seq 1 500; sleep 2; seq 501 1000", *sequence(1, 1000), READY])
