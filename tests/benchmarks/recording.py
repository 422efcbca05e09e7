"""Types at real programs in a PTY of this machine and keeps every screen, as a server of ours would see them."""

import fcntl
import os
import pty
import select
import signal
import struct
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rmosh.terminal.cells import Frame, LineDiscipline
from rmosh.terminal.emulator import Emulator
from rmosh_server.shell.foreground import Readers

ROWS, COLUMNS = 24, 80

#: Seconds without output after which what a program writes belongs to the next screen.
_JOINED: Final = 0.001

_ENVIRONMENT: Final = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PS1": "user@host:\\w\\$ "}


@dataclass
class Recording:
    """Keys typed, and screens as (number of keys given, seconds after the last of them, frame)."""

    typed: list[bytes] = field(default_factory=list)
    screens: list[tuple[int, float, Frame]] = field(default_factory=list)


class Recorder:
    """A program in a PTY, and what was typed at it and seen of it so far."""

    def __init__(self, master: int, process: int) -> None:
        self.recording = Recording()
        self._master = master
        self._readers = Readers(leader=process)
        self._emulator = Emulator(rows=ROWS, columns=COLUMNS)
        self._written = b""
        self._typed_at = time.monotonic()
        self._keep(LineDiscipline(echo=True, canonical=True))

    @property
    def screen(self) -> Frame:
        return self.recording.screens[-1][2]

    @property
    def text(self) -> str:
        """What the screen shows up to the cursor, rows joined by newlines."""
        cursor = self.screen.cursor
        rows = ["".join(cell.text for cell in row.cells) for row in self.screen.rows[: cursor.row + 1]]
        return "\n".join([*(row.rstrip() for row in rows[:-1]), rows[-1][: cursor.column]])

    def take_written(self) -> bytes:
        """Return what the program wrote since this was asked before."""
        written, self._written = self._written, b""
        return written

    def type(self, key: bytes, seconds: float) -> None:
        """Type a key and watch what comes of it for some seconds."""
        self.recording.typed.append(key)
        self._typed_at = time.monotonic()
        os.write(self._master, key)
        self.watch(seconds)

    def watch(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Keep screens for some seconds, or until something holds; tell whether it does.

        Raises:
            EOFError: the program ended.
        """
        end = time.monotonic() + seconds
        while not until():
            left = end - time.monotonic()
            if left <= 0 or not self._more(left):
                return until()
            while self._more(_JOINED):
                pass
            os.write(self._master, self._emulator.take_replies())
            self._emulator.take_history()
            self._keep(self._line_discipline())
        return True

    def _more(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:
            data = b""
        if not data:
            raise EOFError("the program ended while it was typed at; does it start here?")
        self._written += data
        self._emulator.feed(data)
        self._readers.note(os.tcgetpgrp(self._master))
        return True

    def _line_discipline(self) -> LineDiscipline:
        flags = termios.tcgetattr(self._master)[3]
        echo, canonical = bool(flags & termios.ECHO), bool(flags & termios.ICANON)
        return LineDiscipline(echo, canonical, self._readers.number, self._readers.switches)

    def _keep(self, discipline: LineDiscipline) -> None:
        frame, screens = self._emulator.frame(discipline), self.recording.screens
        if not screens or frame != screens[-1][2]:
            screens.append((len(self.recording.typed), time.monotonic() - self._typed_at, frame))


@contextmanager
def recorder(argv: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Recorder]:
    """Run a program in a PTY, in a directory of its own, and end it afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process, master = pty.fork()
        if process == 0:
            os.chdir(home)
            own = {"PATH": os.environ["PATH"], "HOME": os.getcwd(), **_ENVIRONMENT, **(environment or {})}
            os.execvpe(argv[0], list(argv), own)
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        try:
            yield Recorder(master, process)
        finally:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(master)
