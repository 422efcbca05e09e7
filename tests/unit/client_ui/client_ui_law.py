"""A session whose programs print numbers, so that what it leaves in a terminal can be held to the law."""

import re
from collections.abc import Sequence

from rmosh_client.painting.abilities import Abilities
from rmosh_client.showing.session_window import Footer
from tests.unit.client_ui.client_ui_sitting import Sitting, Window

#: What the shell says, and how that is found again.
_SAID = b"stopped\r\n$ fg\r\n"
_HEARD = "stopped$fg"

#: What a line below the screen says, which nobody finds again.
METER = "meter"

#: What stood in the terminal before.
_EARLIER = ("earlier 1", "earlier 2", "$ rmosh host")

_SKIPPED = re.compile(r"rmosh:([\d,]+)line")


class NumberedSession(Sitting):
    """A sitting whose programs print numbers in brackets.

    Attributes:
        lost: how many lines never came.
    """

    def __init__(self, window: Window, abilities: Abilities, *, footer: Footer | None = None) -> None:
        self._next = 0
        self._in_program = False
        self._hidden_lines_wait = self._overtaken = False
        self.lost = 0
        super().__init__(window, abilities, earlier=_EARLIER, footer=footer)

    def print_lines(self, lengths: Sequence[int]) -> None:
        """Print lines of so many numbers each; the last one is not ended."""
        if self._in_program:
            return
        for length in lengths:
            self.output(b"\r\n" + b"".join([b"<%03d>" % (self._next + place) for place in range(length)]))
            self._next += length

    def enter_program(self) -> None:
        """Let a full-screen program draw and scroll."""
        height = len(self.remote.frame().rows)
        rows = b"".join([b"\x1b[%dHprogram %d" % (row, row) for row in range(1, height + 1)])
        self.output((b"" if self._in_program else b"\x1b[?1049h") + rows + b"\x1b[%dH\n\nprogram\x1b[H\x1bM" % height)
        self._hidden_lines_wait |= bool(self._on_the_way)
        self._in_program = True

    def leave_program(self) -> None:
        if self._in_program:
            self.output(b"\x1b[?1049l")
        self._in_program = False

    def resize_and_tell(self, rows: int, columns: int, *, late: Sequence[int] = ()) -> None:
        """Give the window another size once all lines have come, and print some more before the far side knows."""
        self.lines_arrive()
        self._overtaken |= self._hidden_lines_wait  # rows below them may get into the scrollback first
        self.resize(rows, columns)
        self.print_lines(late)
        if late:
            self.frame_arrives()
        self.size_arrives()
        self.frame_arrives()

    def lose(self, count: int) -> None:
        """Let the next lines never come."""
        self.lost += len(self._on_the_way[:count])
        self.lines_are_lost(count)

    def suspend(self) -> None:
        """Let the shell have the terminal, once all lines have come."""
        self.lines_arrive()
        self.leave(_SAID)

    def read(self) -> None:
        """Open the history viewer, and close it again."""
        rows, columns = self.display.window
        self.reader.open(self._shown, rows=rows, columns=columns)
        self.show()
        self.reader.close()
        self.show()

    def check_lines(
        self, lines: Sequence[str], *, destroyed: Sequence[str] = (), spilt: Sequence[str] = (), once: bool = True
    ) -> None:
        """Hold what the terminal has after the end, its scrollback first, to the law.

        Args:
            destroyed, spilt: lines that the terminal lost, or put there, by itself.
            once: no line may be there twice.
        """
        whole = "".join(lines).replace(" ", "").replace(_HEARD, "")
        programs = whole.count("program")
        whole = re.sub(r"program\d*", "", whole)
        numbers = [int(number) for number in re.findall(r"<(\d+)>", whole)]
        lost = [int(number) for number in re.findall(r"<(\d+)>", "".join(destroyed))]
        told = sum(int(count.replace(",", "")) for count in _SKIPPED.findall(whole))
        missing = set(range(self._next)) - set(numbers) - {n + near for n in lost for near in (-1, 0, 1)}
        assert not once or len(numbers) == len(set(numbers)), "each once"
        assert not once or self._overtaken or numbers == sorted(numbers), "in order"
        assert bool(missing) <= bool(told), "what is left out is counted"
        assert told == self.lost
        assert METER not in whole
        assert programs <= "".join(spilt).count("program")
        assert whole.startswith("".join([line for line in _EARLIER if line not in destroyed]).replace(" ", ""))
