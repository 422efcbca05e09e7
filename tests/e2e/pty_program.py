"""A program in a pseudo-terminal of its own, looked at through a terminal model."""

import contextlib
import fcntl
import os
import select
import shutil
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import pytest

from rmosh.terminal.cells import Frame
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.history import lines_of
from rmosh_server.systems import start_on_terminal
from rmosh_server.systems.program import Program
from tests.patience import PATIENCE

#: Bytes of keys pressed at once: less than a terminal's buffer holds beside what waits in it.
_KEYS_AT_ONCE = 256


class PtyProgram:
    """A program in a pseudo-terminal of its own, looked at through a terminal model.

    Attributes:
        command: what runs in it.
        output: every byte it wrote.
        answers: it answers questions about itself, as rmosh's own emulator does.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        rows: int = 24,
        columns: int = 80,
        answers: bool = True,
        colours: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        self.command = list(command)
        self.output = b""
        self.answers = answers
        self.status: int | None = None
        self._emulator = Emulator(rows=rows, columns=columns)
        self._emulator.use_colours(colours)
        file = shutil.which(command[0], path=env.get("PATH"))
        assert file is not None, f"there is no {command[0]}"
        self._master, slave = os.openpty()
        self._set_size(self._master, rows, columns)
        self.pid = start_on_terminal(Program(file, tuple(command)), env, terminal=slave)
        os.close(slave)

    @staticmethod
    def _set_size(terminal: int, rows: int, columns: int) -> None:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def use_colours(self, colours: Mapping[int, int]) -> None:
        """Let the terminal have other colours, 0xRRGGBB by place, and say so where it was asked to (mode 2031)."""
        self._emulator.use_colours(colours)
        self._answer()

    def _answer(self) -> None:
        answers = self._emulator.take_replies()
        if answers and self.answers:
            os.write(self._master, answers)

    @property
    def frame(self) -> Frame:
        """All that the terminal shows."""
        return self._emulator.frame()

    @property
    def screen(self) -> str:
        """The lines of the screen, trailing blanks cut off."""
        lines = ("".join(cell.text for cell in row.cells) for row in self.frame.rows)
        return "\n".join(line.rstrip() for line in lines).rstrip("\n")

    @property
    def unwrapped(self) -> str:
        """The screen in one piece: a line that is wider than it is whole, wherever it was wrapped."""
        return "".join([cell.text for row in self.frame.rows for cell in row.cells])

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column, 0-based."""
        cursor = self.frame.cursor
        return cursor.row, cursor.column

    @property
    def scrollback(self) -> str:
        """The lines that scrolled off since this was asked before."""
        return "\n".join(line.text for line in lines_of(self._emulator.take_history()))

    @property
    def settings(self) -> list[object]:
        """The terminal's line settings, as `termios.tcgetattr` gives them."""
        return termios.tcgetattr(self._master)

    def pump(self, seconds: float = 0.0) -> bool:
        """Take what the program has written within some seconds; False once it has closed its terminal."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:
            data = b""
        self.output += data
        self._emulator.feed(data)
        self._answer()
        return bool(data)

    def wait_for(self, wanted: "str | Callable[[str], bool]", timeout: float = PATIENCE) -> str:
        """Return the screen once it shows a text or satisfies a predicate; fail the test otherwise."""

        def shown(screen: str) -> bool:
            return wanted in screen if isinstance(wanted, str) else wanted(screen)

        deadline = time.monotonic() + timeout
        while not shown(self.screen):
            left = deadline - time.monotonic()
            if left <= 0 or (not self.pump(min(left, 0.1)) and not shown(self.screen)):
                pytest.fail(f"never shown: {wanted!r}; the screen is:\n{self.screen}")
        return self.screen

    def type(self, text: "str | bytes") -> None:
        """Press keys; where they are many, take what the program writes meanwhile."""
        keys = text.encode() if isinstance(text, str) else text
        while keys:
            _, ready, _ = select.select([], [self._master], [], 0)
            if ready:
                keys = keys[os.write(self._master, keys[:_KEYS_AT_ONCE]) :]
            else:
                self.pump(0.01)

    def resize(self, *, rows: int, columns: int) -> None:
        self._emulator.resize(rows=rows, columns=columns)
        self._set_size(self._master, rows, columns)

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        """Return the exit status, or minus the signal, once the program has ended."""
        deadline = time.monotonic() + timeout
        while self.status is None:
            if time.monotonic() > deadline:
                pytest.fail(f"still running; the screen is:\n{self.screen}")
            self.pump(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        while self.pump(0.0) and select.select([self._master], [], [], 0)[0]:
            pass
        return self.status

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed does."""
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = -signal.SIGKILL
        if self._master >= 0:
            os.close(self._master)
