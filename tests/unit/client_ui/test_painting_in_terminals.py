"""Lines that terminals join again when they are copied out of the screen and the scrollback, each by its own memory.

tmux, a real one, remembers with a row that it goes on, and forgets that more easily than most. Others remember with a
row that it is the rest of the one above: a model of those was held against xterm.js, with the same lines as a result,
right ones and wrong ones.
"""

import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh.terminal.clears import Clear
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.feeding import Feed
from tests.patience import PATIENCE
from tests.unit.client_ui.client_ui_pair import Pair
from tests.unit.client_ui.client_ui_rests import shown_with_rests

_ROWS, _COLUMNS = 12, 40

#: Lines it keeps: more than any test prints.
_HISTORY_LIMIT = 5_000

_NARROW = (b"word ", b"x", b"ab", b"\x1b[31mred\x1b[m", b"\x1b[44m blue \x1b[m ", b"     ")
_WIDE = (*_NARROW, "漢字".encode())
_EDITS = (
    *(b"\x1b[H", b"\x1b[3;5H", b"\x1b[12H", b"\x1b[A", b"\r"),
    *(b"\x1b[K", b"\x1b[2K", b"\x1b[2J\x1b[H", b"\x1b[8P", b"\x1b[4@", b"\x1b[L", b"\x1b[M"),
    *(b"\x1b[2;3r\x1b[3H\n\x1b[r", b"\x1b[5;12r\x1b[12H\n\n\x1b[r\x1b[12H"),
)

#: What programs print, and what they do between.
_KINDS = {
    "narrow": (_NARROW, ()),
    "edited": (_NARROW, _EDITS),
    "wide": (_WIDE, _EDITS),
    "printed": ((*_WIDE, "한국 ".encode(), "日".encode(), b"   "), ()),
    "tabbed": ((b"word ", b"x", b"ab", b"\x1b[31mred\x1b[m", b"     ", b"\t", b"a\tb\t", "漢".encode()), ()),
}


class Tmux:
    """A tmux server of the test's own with one pane, which shows what is written to it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        size = ("-x", str(_COLUMNS), "-y", str(_ROWS))
        options = ("set-option", "-g", "history-limit", str(_HISTORY_LIMIT), ";", "set-option", "-g", "status", "off")
        self._run("start-server", ";", *options, ";", "new-session", "-d", *size, "sleep 600")

    def shown(self, painted: bytes) -> list[str]:
        """Return the lines of its scrollback and screen after it got something, those joined that go on."""
        fifo = self._directory / "painted"
        os.mkfifo(fifo)
        command = f"stty raw -echo; cat {fifo}; tmux -S {self._socket} wait-for -S shown; sleep 600"
        self._run("respawn-window", "-k", command, ";", "clear-history")
        fifo.write_bytes(painted)
        self._run("wait-for", "shown")
        fifo.unlink()
        return self._run("capture-pane", "-p", "-J", "-S", "-", "-E", "-").split("\n")

    def close(self) -> None:
        self._run("kill-server")

    @property
    def _socket(self) -> Path:
        return self._directory / "socket"

    def _run(self, *words: str) -> str:
        command = ["tmux", "-u", "-f", "/dev/null", "-S", str(self._socket), *words]
        return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True).stdout.decode()


@pytest.fixture(scope="module")
def tmux() -> Iterator[Tmux]:
    # A socket's path may have 107 bytes only: pytest's own directories can be longer.
    directory = Path(tempfile.mkdtemp(prefix="rmosh-tmux-"))
    started = Tmux(directory)
    try:
        yield started
    finally:
        started.close()
        shutil.rmtree(directory)


def copied(lines: list[str]) -> list[str]:
    """Return lines from the first to the last in use, without the blanks at their ends."""
    return "\n".join([line.rstrip(" ") for line in lines]).strip("\n").split("\n")


def some_output(words: tuple[bytes, ...], dice: random.Random) -> bytes:
    lines = dice.choice([1, 1, 2, 5, 9, 30])
    return b"\r\n".join([b"".join(dice.choices(words, k=dice.choice([0, 1, 5, 12, 30]))) for _ in range(lines)])


def without_blanks(lines: list[str]) -> list[str]:
    """Return lines from the first to the last in use, without blanks: where they are is tested elsewhere."""
    return "\n".join([line.replace(" ", "") for line in lines]).strip("\n").split("\n")


def joined(pair: Pair) -> list[str]:
    """Return all lines of the remote terminal, those joined that go on in the next."""
    rows = [(line.text, line.wrapped) for line in pair.sent]
    rows += [("".join(cell.text for cell in row.cells), row.wrapped) for row in pair.remote.frame().rows]
    return "".join([text + ("" if wrapped else "\n") for text, wrapped in rows]).split("\n")


def session(kind: str, seed: int) -> Pair:
    """Return a pair of terminals after some output of which parts were shown, and lines came, at some moments."""
    words, edits = _KINDS[kind]
    dice = random.Random(seed)
    pair = Pair(rows=_ROWS, columns=_COLUMNS, abilities=Abilities(keeps_clears=frozenset(Clear)))
    for _ in range(dice.randrange(5, 40)):
        pair.output(dice.choice(edits) if edits and dice.random() < 0.15 else some_output(words, dice))
        if dice.random() < 0.5:
            pair.arrive(dice.choice([0, 3, 10, 40]))
        if dice.random() < 0.8:
            pair.show()
    pair.settle()
    return pair


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (apt install tmux)")
@pytest.mark.parametrize("kind", ["narrow", "edited", "wide"])
@pytest.mark.parametrize("seed", range(20))
def test_tmux_joins_each_line_and_no_others_whichever_way_the_parts_came(tmux: Tmux, kind: str, seed: int) -> None:
    pair = session(kind, seed)
    assert without_blanks(tmux.shown(b"".join(pair.painted))) == without_blanks(joined(pair))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (apt install tmux)")
@pytest.mark.parametrize("seed", range(1, 20))  # in 0, a line from the scrollback goes on in a row that was full before
def test_tmux_has_the_text_that_it_would_have_of_the_program_itself(tmux: Tmux, seed: int) -> None:
    pair = session("printed", seed)
    painted, written = tmux.shown(b"".join(pair.painted)), tmux.shown(b"".join(pair.written))
    assert copied(painted) == copied(written)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["narrow", "edited", "printed"])
@pytest.mark.parametrize("seed", range(20))
def test_rows_are_written_up_to_where_the_program_wrote_them_and_erased_behind(kind: str, seed: int) -> None:
    pair = session(kind, seed)
    assert pair.ends(pair.local) == pair.ends(pair.remote)


@pytest.mark.parametrize("seed", range(20))
def test_tabs_are_tabs_on_the_screen_and_in_the_scrollback(seed: int) -> None:
    pair = session("tabbed", seed)
    assert [line.text_with_tabs for line in pair.kept] == [line.text_with_tabs for line in pair.sent]
    assert [row.tabs for row in pair.local.frame().rows] == [row.tabs for row in pair.remote.frame().rows]


@pytest.mark.parametrize("kind", ["narrow", "edited", "wide"])
@pytest.mark.parametrize("seed", range(20))
def test_terminals_that_remember_rests_join_each_line_and_no_others(kind: str, seed: int) -> None:
    pair = session(kind, seed)
    shown = shown_with_rests(b"".join(pair.painted), rows=_ROWS, columns=_COLUMNS)
    assert without_blanks(shown) == without_blanks(joined(pair))


def test_what_a_resize_took_goes_on_no_more_in_what_the_session_still_shows() -> None:
    pair = Pair(rows=3, columns=_COLUMNS)
    pair.output(b"x" * 100 + b"\r\n$ ")
    pair.settle()
    assert [line.wrapped for line in pair.kept] == [True]
    painted = b"".join([*pair.painted, pair.painter.paint(pair.remote.frame(), Feed(parts=True), now=0.0)])
    shown = without_blanks(shown_with_rests(painted, rows=3, columns=_COLUMNS))
    assert shown == ["x" * 40, "x" * 60, "$"]
