"""The models of families of terminals do with screen and scrollback what the real ones do.

Terminals that are not here are named, with what to install. A system in a folder of its own is taken from
RMOSH_TERMINALS_ROOT.
"""

from collections.abc import Sequence

import pytest

from tests.terminals.driving import RealTerminal
from tests.terminals.real_terminals import opened
from tests.unit.client_ui.client_ui_families import FAMILIES, started

_HOME = b"\x1b[H"
_ALTERNATE = b"\x1b[?1049h\x1b[H\x1b[Jprogram"
_MAIN = b"\x1b[?1049l"


def numbered(first: int, last: int) -> bytes:
    return b"\r\n".join([b"line %d" % number for number in range(first, last + 1)])


#: Bytes, and sizes (rows, columns), one after the other.
PROGRAMS: dict[str, Sequence[bytes | tuple[int, int]]] = {
    "rows that scroll off": [numbered(1, 60)],
    "rows deleted at the top": [numbered(1, 60), _HOME + b"\x1b[5M"],
    "rows deleted below": [numbered(1, 60), b"\x1b[3H\x1b[5M\x1b[24H"],
    "rows inserted at the top": [numbered(1, 60), _HOME + b"\x1b[5L\x1b[24H\r\n\n\n"],
    "reverse line feeds": [numbered(1, 60), _HOME + b"\x1bM\x1bM\x1bM"],
    "a screen cleared at once": [numbered(1, 40), b"\x1b[2J"],
    "a screen cleared from its first cell": [numbered(1, 40), _HOME + b"\x1b[J"],
    "a scrollback erased": [numbered(1, 60), b"\x1b[3J"],
    "rows that scroll off the alternate screen": [numbered(1, 60), _ALTERNATE + b"\x1b[24H\n\n\n" + _MAIN],
    "higher, lower": [numbered(1, 60), (40, 80), (15, 80)],
    "lower, higher": [numbered(1, 60), (15, 80), (24, 80)],
    "few lines, lower, higher": [numbered(1, 60) + _HOME + b"\x1b[J" + numbered(61, 65), (15, 80), (24, 80)],
    "few lines, higher, lower, higher": [
        numbered(1, 60) + _HOME + b"\x1b[J" + numbered(61, 65),
        (30, 80),
        (15, 80),
        (24, 80),
    ],
    "the cursor in the middle, lower": [numbered(1, 60) + b"\x1b[10H", (15, 80)],
    "the alternate screen higher": [numbered(1, 60), _ALTERNATE, (40, 80), _MAIN],
    "the alternate screen lower": [numbered(1, 60), _ALTERNATE, (15, 80), _MAIN],
}


#: What a model leaves out, with the reason.
_SAID_OTHERWISE = {
    ("foot", "rows deleted below"): "foot 1.28 puts other rows into its scrollback than those deleted; never relied on",
}


class Modelled:
    """A family's model with what a real terminal can be asked."""

    def __init__(self, family: str) -> None:
        self.screen, self._feed = started(FAMILIES[family], rows=24, columns=80)

    def write(self, data: bytes) -> None:
        self._feed(data)

    def resize(self, rows: int, columns: int) -> None:
        self.screen.resized(rows, columns)

    def cursor(self) -> tuple[int, int]:
        return self.screen.cursor.y, self.screen.cursor.x

    def lines(self) -> list[str]:
        return [*self.screen.kept(), *self.screen.texts()]


def run(terminal: RealTerminal | Modelled, program: Sequence[bytes | tuple[int, int]]) -> tuple[list[str], int]:
    """Run a program; return what is in scrollback and screen without blank lines, and the cursor's row."""
    for step in program:
        if isinstance(step, bytes):
            terminal.write(step)
        else:
            terminal.resize(*step)
    row, _ = terminal.cursor()
    return [line.rstrip() for line in terminal.lines() if line.strip()], row


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_family_does_with_its_rows_what_the_real_terminal_does(kind: str, program: str) -> None:
    if (kind, program) in _SAID_OTHERWISE:
        pytest.skip(_SAID_OTHERWISE[kind, program])
    with opened(kind) as terminal:
        assert run(terminal, PROGRAMS[program]) == run(Modelled(kind), PROGRAMS[program])
