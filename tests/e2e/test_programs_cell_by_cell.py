"""Programs through the whole client and server look as they do in a terminal of their own: text, styles, cursor."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from rmosh.terminal.cells import Attribute, Cell, Style
from tests.e2e.needed import needs
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import Host
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: What these programs look at, the same on both sides.
_SAME = {"COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}


class Pair:
    """One command in a terminal, and the same one over rmosh; both get the same keys."""

    def __init__(self, host: Host[PtyProgram], pty_program: Callable[..., PtyProgram], command: str) -> None:
        """`{side}` in the command is different on each side."""
        setting = " ".join(f"{name}={value}" for name, value in _SAME.items())
        here, there = (f"cd {host.directory}; export {setting}; {command.format(side=side)}" for side in ("a", "b"))
        env = host.sshd.client_env | _SAME
        self.local = pty_program(["sh", "-c", here], env=env)
        self.remote = host.open("box", "--", there, env=env)

    def type(self, keys: str) -> None:
        for program in (self.local, self.remote):
            program.type(keys)

    def resize(self, *, rows: int, columns: int) -> None:
        for program in (self.local, self.remote):
            program.resize(rows=rows, columns=columns)

    def both_show(self, text: str) -> None:
        """Fail unless both come to show a text, the same cells and the same cursor."""

        def equal() -> bool:
            return text in self.local.screen and not _differences(self.local, self.remote)

        deadline = time.monotonic() + PATIENCE
        while not equal() and time.monotonic() < deadline:
            for program in (self.local, self.remote):
                program.pump(0.02)
        if not equal():
            found = _differences(self.local, self.remote)
            pytest.fail(f"with {text!r}, here and over rmosh:\n" + "\n".join(found[:20]) + "\n" + self.local.screen)

    def both_end(self) -> None:
        assert [program.wait_exit() for program in (self.local, self.remote)] == [0, 0]


def _differences(local: PtyProgram, remote: PtyProgram) -> list[str]:
    """Return what is different between two programs' screens, a line each."""
    here, there = local.frame, remote.frame
    found = [] if here.cursor == there.cursor else [f"{here.cursor} {there.cursor}"]
    for place, (row, other) in enumerate(zip(here.rows, there.rows, strict=True)):
        if row == other:
            continue
        cells = enumerate(zip(row.cells, other.cells, strict=True))
        found += [
            f"row {place}, column {column}: {one} {two}" for column, (one, two) in cells if _seen(one) != _seen(two)
        ]
    return found


def _seen(cell: Cell) -> Cell:
    """Return a cell without what nobody sees of a blank: the colour and weight of a character that is not there."""
    style = cell.style
    lined = style.underline or style.attributes & (Attribute.REVERSE | Attribute.STRIKE | Attribute.OVERLINE)
    if cell.text != " " or lined:
        return cell
    return replace(cell, style=Style(background=style.background, link=style.link))


@needs("less")
def test_less_with_colours_search_and_wide_text(host: Host[PtyProgram], pty_program: Callable[..., PtyProgram]) -> None:
    lines = [
        f"\x1b[1;3{number % 8}mline {number}\x1b[m \x1b[4munder\x1b[24m 漢字 é 👍 " + "word " * (number % 30)
        for number in range(1, 200)
    ]
    host.path("log").write_text("\n".join(lines) + "\n")
    pair = Pair(host, pty_program, "LESSHISTFILE=- less -R log")
    pair.both_show("line 5")
    for keys, text in ((" ", "line 1"), ("/line 7\r", "line 7"), ("n", "line 7"), ("G", "line 199"), ("b", "line 19")):
        pair.type(keys)
        pair.both_show(text)
    pair.resize(rows=30, columns=60)
    pair.both_show("line 1")
    pair.type("-S\r")
    pair.both_show("line 1")
    pair.type("q")
    pair.both_end()


@needs("tmux")
def test_tmux_inside_with_panes_that_scroll_side_by_side(
    host: Host[PtyProgram], pty_program: Callable[..., PtyProgram]
) -> None:
    host.path("tmux.conf").write_text(
        "set -g default-command \"PS1='> ' HISTFILE= exec bash --norc --noprofile\"\n"
        "set -g status-right ''\nset -g status-left 'inside '\nset -g automatic-rename off\n"
        "set -g default-terminal tmux-256color\nset -sg escape-time 0\n"
    )
    sockets = {side: host.path(f"tmux-{side}") for side in "ab"}
    assert sockets["a"].parent == host.directory
    pair = Pair(host, pty_program, "tmux -S tmux-{side} -f tmux.conf new-session -n work")
    pair.both_show("inside")
    pair.type("\x02%")
    pair.both_show("│")
    pair.type("for n in $(seq 60); do printf '\\e[3%dmrow %d 漢\\e[m\\n' $((n % 8)) $n; done\r")
    pair.both_show("row 60")
    pair.type('\x02"seq 100\r')
    pair.both_show("100")
    pair.type("\x02o")
    pair.type("echo other pane\r")
    pair.both_show("other pane")
    pair.resize(rows=30, columns=100)
    pair.type("echo wi''der\r")
    pair.both_show("wider")
    pair.type("tmux kill-server\r")
    for program in (pair.local, pair.remote):
        program.wait_exit()


@needs("htop")
def test_htop_shows_its_help_with_the_same_cells(
    host: Host[PtyProgram], pty_program: Callable[..., PtyProgram]
) -> None:
    pair = Pair(host, pty_program, "HTOPRC=htoprc-{side} htop -d 100")
    for program in (pair.local, pair.remote):
        program.wait_for("F10")
        program.type("h")
    pair.both_show("F5 t: tree view")
    pair.resize(rows=34, columns=100)
    for program in (pair.local, pair.remote):
        program.type(" ")
        program.wait_for("F10")
        program.type("q")
    pair.both_end()


@needs("dialog")
def test_a_dialog_is_drawn_and_answered(host: Host[PtyProgram], pty_program: Callable[..., PtyProgram]) -> None:
    menu = "dialog --title Choose --menu 'Which one?' 15 50 5 one First two Second three 'Third 漢字'"
    pair = Pair(host, pty_program, f"{menu} 2>answer-{{side}}")
    pair.both_show("Third")
    pair.type("\x1bOB")
    pair.both_show("Second")
    pair.type("\r")
    pair.both_end()
    assert host.path("answer-a").read_text() == host.path("answer-b").read_text() == "two"


@needs("fzf")
def test_fzf_filters_as_one_types(host: Host[PtyProgram], pty_program: Callable[..., PtyProgram]) -> None:
    host.path("names").write_text("".join(f"name {number} é漢\n" for number in range(500)))
    pair = Pair(host, pty_program, "FZF_DEFAULT_OPTS= fzf --color=dark <names >picked-{side}")
    pair.both_show("500/500")
    pair.type("42")
    pair.both_show("name 42")
    pair.type("\x1b[A")
    pair.both_show("name 142")
    pair.type("\r")
    pair.both_end()
    assert host.path("picked-a").read_text() == host.path("picked-b").read_text() != ""


def test_every_kind_of_text_and_style_arrives_cell_by_cell(
    host: Host[PtyProgram], pty_program: Callable[..., PtyProgram]
) -> None:
    styles = "".join(
        f"\x1b[{codes}m{codes}\x1b[m "
        for codes in ("1", "2", "3", "4:3;58:5:9", "7", "9", "53", "38;2;9;99;199", "48;5;99")
    )
    texts = "e\u0301 \u0915\u094d\u0937 \u05e9\u05c1 👩\u200d💻 🇫🇷 ❤\ufe0f 漢字 한글 \x1b(0lqk\x1b(B"
    long = "漢e\u0301👍 " * 40
    link = "\x1b]8;;http://example.org/\x1b\\link\x1b]8;;\x1b\\"
    host.path("text").write_text(f"{styles}\r\n{texts}\r\n{link}\r\n{long}\r\n")
    pair = Pair(host, pty_program, "cat text; printf '\\033[5;10Hdone'; read line")
    pair.both_show("done")
    pair.type("\r")
    pair.both_end()
