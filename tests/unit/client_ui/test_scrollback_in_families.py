"""The law of the scrollback in each family of terminals: it has the lines that scrolled off far away, and no others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.channels.history.frames import HistoryKept
from tests.unit.client_ui.client_ui_families import FAMILIES, Family, started
from tests.unit.client_ui.client_ui_pair import Pair

_ROWS, _COLUMNS = 6, 20

_OUTPUT = st.lists(st.sampled_from([b"one", b"two\r\n", b"three\r\n", b"\r\n", b"long " * 9]), max_size=9).map(b"".join)
_EDIT = st.sampled_from(
    [
        *(b"\x1b[H", b"\x1b[6H", b"\x1b[3;5H", b"\x1b[K", b"\x1b[J", b"\x1b[2J"),
        *(b"\x1b[H\x1b[2J$ ", b"\x1b[H\x1b[J$ ", b"\x1b[6;20H\x1b[1J\x1b[H"),
        *(b"\x1b[H\x1b[2L", b"\x1b[H\x1b[2M", b"\x1b[H\x1bM\x1bM", b"\x1b[2S", b"\x1b[2T", b"\x1b[H\x1b[L\x1b[6H"),
        *(b"\x1b[2;5r\x1b[5H\n\n\x1b[r", b"\x1b[1;4r\x1b[H\x1bM\x1b[r", b"\x1b[?1049h", b"\x1b[?1049l"),
        *(b"\x1b[?47h", b"\x1b[?47l", b"\x1b[?1047h", b"\x1b[?1047l"),
        b"\x1b[?1049h\x1b[Hprogram\x1b[6H\n\n\n:\x1b[H\x1bM",
        b"\x1b[?1049h\x1b[Hpage\x1b[?1049l\r\n$ \r\n",
    ]
)
_STEPS = st.lists(st.tuples(st.lists(_OUTPUT | _EDIT, max_size=3).map(b"".join), st.integers(0, 9)), max_size=9)


class Shown:
    """A session shown in a terminal of a family, which gets all that is painted."""

    def __init__(self, family: Family) -> None:
        abilities = family.abilities
        self._keeps = abilities.keeps_clears
        self.pair = Pair(rows=_ROWS, columns=_COLUMNS, abilities=abilities)
        self.terminal, self._feed = started(family, rows=_ROWS, columns=_COLUMNS)
        self._done = 0

    def output(self, data: bytes, *, arriving: int = 0, typed: bool = True) -> None:
        self.pair.output(data, typed=typed)
        self.pair.arrive(arriving)
        self.pair.show()
        self._pass_on()

    def settle(self) -> None:
        self.pair.settle()
        self._pass_on()

    def expected(self) -> list[str]:
        """Return what the scrollback should have: all lines that scrolled off, and those cleared that it keeps."""
        cleared, lines = self.pair.received.cleared, enumerate(self.pair.sent)
        return [line.text.rstrip() for number, line in lines if cleared.how(number) in {None, *self._keeps}]

    def agrees(self) -> bool:
        return self.terminal.texts() == self.pair.remote_screen()

    def _pass_on(self) -> None:
        self._feed(b"".join(self.pair.painted[self._done :]))
        self._done = len(self.pair.painted)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=60)
@given(steps=_STEPS)
def test_what_scrolled_off_is_there_in_order_and_nothing_of_a_full_screen_program(
    family: str, steps: list[tuple[bytes, int]]
) -> None:
    shown = Shown(FAMILIES[family])
    for output, arriving in steps:
        shown.output(output, arriving=arriving)
        assert shown.agrees()
    shown.output(b"\x1b[?1049l")
    shown.settle()
    assert shown.terminal.kept() == shown.expected()
    assert shown.agrees()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_program_that_scrolls_back_and_forth_leaves_the_scrollback_as_it_was(family: str) -> None:
    shown = Shown(FAMILIES[family])
    shown.output(b"".join([b"%d\r\n" % number for number in range(20)]) + b"$ less")
    shown.settle()
    shown.output(b"\x1b[?1049h" + b"".join([b"\x1b[%dHpage %d" % (row, row) for row in range(1, 7)]))
    for keys in (b"\x1b[6H\npage", b"\x1b[H\x1bMpage") * 9:
        shown.output(keys)
    assert shown.terminal.is_alternate
    assert shown.terminal.kept() == [str(number) for number in range(15)]
    shown.output(b"\x1b[?1049l\r\n$ ")
    shown.settle()
    assert not shown.terminal.is_alternate
    assert shown.terminal.kept() == [str(number) for number in range(16)]
    assert shown.agrees()


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_that_move_while_their_lines_are_on_the_way_take_nothing_along(family: str) -> None:
    shown = Shown(FAMILIES[family])
    shown.output(b"".join([b"%d\r\n" % number for number in range(20)]))
    shown.settle()
    for output in (b"20\r\n21\r\n", b"\x1b[H\x1b[2L", b"\x1b[2H\x1b[2L", b"\x1b[2H\x1b[M"):
        shown.output(output)
        assert shown.terminal.kept() == [str(number) for number in range(15)]
        assert shown.agrees()
    shown.settle()
    assert shown.terminal.kept() == [str(number) for number in range(17)]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_screen_stays_when_only_the_scrollback_is_erased(family: str) -> None:
    shown = Shown(FAMILIES[family])
    shown.output(b"".join([b"%d\r\n" % number for number in range(20)]))
    shown.settle()
    shown.pair.output(b"\x1b[3J")
    erased = shown.pair.remote.history_erased
    shown.pair.received.take_kept(HistoryKept(oldest=erased, began=0, following=erased, erased=erased))
    shown.settle()
    assert shown.terminal.kept() == ([] if FAMILIES[family].erases else [str(number) for number in range(15)])
    assert shown.agrees()


@pytest.mark.parametrize(
    ("clear", "keeping"),
    [
        (b"\x1b[H\x1b[2J", {"alacritty", "tmux", "vte"}),
        (b"\x1b[H\x1b[J", {"tmux"}),
        (b"\x1b[6;20H\x1b[1J\x1b[H", set[str]()),
    ],
)
@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_clear_erased_is_in_the_scrollback_where_the_terminal_would_keep_it(
    family: str, clear: bytes, keeping: set[str]
) -> None:
    shown = Shown(FAMILIES[family])
    shown.output(b"".join([b"%d\r\n" % number for number in range(9)]) + b"$ ")
    shown.settle()
    for outputs in ([clear + b"$ "], [b"say\r\n", b"said\r\n$ ", clear + b"$ "], [clear + b"$ "]):
        for output in outputs:
            shown.output(output)
        assert shown.agrees()
        shown.settle()
        assert shown.agrees()
    cleared = ["4", "5", "6", "7", "8", "$", "$ say", "said", "$", "$"]
    assert shown.terminal.kept() == ["0", "1", "2", "3", *(cleared if family in keeping else [])]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_program_that_clears_and_writes_its_screen_adds_nothing_to_the_scrollback(family: str) -> None:
    shown = Shown(FAMILIES[family])
    for number in range(9):
        shown.pair.now += 0.1
        page = b"\r\n".join([b"page %d %d" % (number, row) for row in range(_ROWS)])
        shown.output(b"\x1b[2J\x1b[H" + page, typed=False)
        assert shown.agrees()
    shown.settle()
    assert shown.terminal.kept() == []
