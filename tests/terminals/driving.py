"""Driving a real terminal: started with a program of ours inside, written to, resized, and read with its scrollback.

Terminals are looked for on this machine, or in a folder with a system of its own (root only, /tmp shared with it) that
RMOSH_TERMINALS_ROOT names.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from tests.patience import PATIENCE

_ROOT = os.environ.get("RMOSH_TERMINALS_ROOT", "")

#: How often a key is pressed that has no effect: foot loses one now and then.
_PRESSES = 5

_CURSOR = re.compile(rb"\x1b\[(\d+);(\d+)R")


def missing(programs: tuple[str, ...]) -> list[str]:
    """Return which programs are not there."""
    path = os.pathsep.join(f"{_ROOT}/{folder}" for folder in ("usr/bin", "usr/local/bin")) if _ROOT else None
    return [program for program in programs if shutil.which(program, path=path) is None]


def until(condition: Callable[[], object], what: str, *, patience: float = PATIENCE) -> None:
    """Wait until something is so; real programs tell nobody when they are done."""
    give_up_at = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < give_up_at, what
        time.sleep(0.02)


class RealTerminal:
    """One that is open; `write`, `cursor`, `resize` and `lines` are all that a test needs.

    Attributes:
        programs: what must be installed for it.
        packages: how Debian calls that.
        needs_display: it opens a window on an X server.
    """

    programs: ClassVar[tuple[str, ...]] = ()
    packages: ClassVar[str] = ""
    needs_display: ClassVar[bool] = True

    def __init__(self, directory: Path, variables: dict[str, str]) -> None:
        self.directory = directory
        self.dumped = directory / "dump"
        self._variables = variables
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(directory / "relay"))
        os.chmod(directory / "relay", 0o777)  # the folder above is closed
        self._listening.listen()
        self._listening.settimeout(PATIENCE)
        python = "python3" if _ROOT else sys.executable
        self._process = self._start(self.command([python, str(lent(directory, "relay.py")), str(directory / "relay")]))
        self._joined, _ = self._listening.accept()
        self._tty = self._joined.makefile("rb", buffering=0).readline().decode().strip()
        self.settled()

    def command(self, inside: list[str]) -> list[str]:
        """Return what starts it with a program inside."""
        raise NotImplementedError

    def _asked_to_resize(self, rows: int, columns: int) -> None:
        raise NotImplementedError

    def _text(self) -> str:
        raise NotImplementedError

    def settled(self) -> None:
        """Wait until it has its first size."""
        until(lambda: self.size() == (24, 80), f"24 rows of 80 columns, not {self.size()}")

    def write(self, data: bytes) -> None:
        """Write to it; returns once it has taken everything in."""
        self.send(data)
        self.cursor()

    def send(self, data: bytes) -> None:
        """Write to it, and wait for nothing."""
        self._joined.sendall(data)

    def hear(self) -> bytes:
        """Return what it says next."""
        self._joined.settimeout(PATIENCE)
        return self._joined.recv(4096)

    def ask(self, question: bytes, answer: re.Pattern[bytes]) -> re.Match[bytes]:
        """Write a question and return the answer."""
        self.send(question)
        heard = b""
        while (match := answer.search(heard)) is None:
            heard += self.hear()
        return match

    def cursor(self) -> tuple[int, int]:
        """Return the cursor's row and column, 0-based."""
        row, column = self.ask(b"\x1b[6n", _CURSOR).groups()
        return int(row) - 1, int(column) - 1

    def size(self) -> tuple[int, int]:
        """Return rows and columns."""
        descriptor = os.open(self._tty, os.O_RDWR | os.O_NOCTTY)
        try:
            size = os.get_terminal_size(descriptor)
        finally:
            os.close(descriptor)
        return size.lines, size.columns

    def resize(self, rows: int, columns: int) -> None:
        """Give the window another size."""
        self._asked_to_resize(rows, columns)
        until(lambda: self.size() == (rows, columns), f"{rows} rows of {columns} columns, not {self.size()}")
        time.sleep(0.3)  # some tell the size before they have moved their rows, and say nothing afterwards
        self.cursor()

    def lines(self) -> list[str]:
        """Return the lines of the scrollback and the screen, without blanks at their ends and blank ones at the end."""
        self.cursor()  # it has taken in everything by then
        return [line.rstrip() for line in self._text().rstrip().split("\n")]

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(PATIENCE)
        self._joined.close()
        self._listening.close()

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        inner = [f"{name}={value}" for name, value in self._variables.items()]
        with (self.directory / "log").open("wb") as log:
            return subprocess.Popen(
                [*entered(), "env", *inner, *command], stdout=log, stderr=log, start_new_session=True
            )

    def run(self, *words: str) -> str:
        """Run a program beside it; return what that printed."""
        inner = [f"{name}={value}" for name, value in self._variables.items()]
        command = [*entered(), "env", *inner, *words]
        return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True).stdout.decode()

    def dump(self, press: Callable[[], object]) -> str:
        """Return what it writes to a file when asked to."""
        self.dumped.unlink(missing_ok=True)
        for _ in range(_PRESSES):
            press()
            with contextlib.suppress(AssertionError):
                until(lambda: self.dumped.exists() and self.dumped.stat().st_size > 0, "no text", patience=2.0)
                break
        size = -1
        while size != (size := self.dumped.stat().st_size):
            time.sleep(0.3)
        return self.dumped.read_text(errors="replace")


def entered() -> list[str]:
    return ["chroot", _ROOT] if _ROOT else []


def lent(directory: Path, name: str) -> Path:
    """Copy a file of this folder to where the terminal can see it."""
    return Path(shutil.copy(Path(__file__).with_name(name), directory))
