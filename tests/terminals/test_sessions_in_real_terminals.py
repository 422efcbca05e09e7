"""What a session leaves in a real terminal: each line once, in order, and nothing of its full-screen programs.

The far side, the link and the display are the same as with the models; the terminal is a real one.
"""

import re

import pytest

from tests.terminals.driving import RealTerminal
from tests.terminals.real_terminals import opened
from tests.unit.client_ui.client_ui_families import FAMILIES
from tests.unit.client_ui.client_ui_law import NumberedSession

_FENCE = b"\x1b[c"
_FENCE_ANSWER = re.compile(rb"\x1b\[\?[0-9;]*c")


class RealWindow:
    """A real terminal as the display has it."""

    def __init__(self, terminal: RealTerminal) -> None:
        self._terminal = terminal
        self._asked = 0

    def size(self) -> tuple[int, int]:
        return self._terminal.size()

    def write(self, data: bytes) -> int:
        self._terminal.send(data)
        self._asked += data.count(_FENCE)
        return len(data)

    def write_all(self, data: bytes, *, patience: float) -> None:
        self.write(data)

    def answers(self) -> bytes:
        said = b""
        while len(_FENCE_ANSWER.findall(said)) < self._asked:
            said += self._terminal.hear()
        self._asked = 0
        return said

    def resized(self, rows: int, columns: int) -> None:
        self._terminal.resize(rows, columns)


@pytest.mark.slow
def test_a_session_leaves_each_line_once_and_nothing_of_its_programs(kind: str) -> None:
    with opened(kind) as terminal:
        session = NumberedSession(RealWindow(terminal), FAMILIES[kind].abilities)
        session.print_lines([1, 2, 30, *[1] * 60])
        session.settle()
        session.enter_program()
        session.frame_arrives()
        session.enter_program()
        session.frame_arrives()
        session.leave_program()
        session.settle()
        for rows in (40, 15):
            session.resize_and_tell(rows, 80)
            session.print_lines([1, 25, 1])
            session.settle()
        session.suspend()
        session.print_lines([1] * 20)
        session.settle()
        session.finish()
        session.check_lines(terminal.lines())
