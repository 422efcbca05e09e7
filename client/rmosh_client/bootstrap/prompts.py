"""Questions to the user on the controlling terminal, with or without echo."""

import os
import re
import signal
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, Protocol

from rmosh.errors import BootstrapError, Stage

#: Longest answer in bytes: a terminal's line discipline gives no more in one line. Source: termios(3), MAX_CANON.
_MAX_ANSWER: Final = 4096

_UNPRINTABLE: Final = re.compile(r"[^\n\t\x20-\x7e\xa0-\U0010ffff]")


class Prompts(Protocol):
    """Somebody who can be asked, or not."""

    def ask(self, question: str, *, echo: bool) -> str | None:
        """Return the answer without its newline; None when nobody can be asked."""


class NoPrompts:
    """Nobody is there: batch mode."""

    def ask(self, question: str, *, echo: bool) -> str | None:
        return None


class TerminalPrompts:
    """Asks on /dev/tty, so that redirected input and output do not matter.

    It blocks the calling thread: while a question stands there is nothing else to do.
    """

    def ask(self, question: str, *, echo: bool) -> str | None:
        try:
            terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        except OSError:
            return None
        try:
            with _interruptible(), _echo(terminal, on=echo):
                sys.stderr.flush()
                os.write(terminal, question.encode(errors="replace"))
                return _read_line(terminal)
        finally:
            if not echo:
                os.write(terminal, b"\n")
            os.close(terminal)


def say(text: str) -> None:
    """Print a message while the terminal is still the user's own."""
    print(text, file=sys.stderr, flush=True)


def printable(untrusted: str) -> str:
    """Return text from the server without what could steer the terminal."""
    return _UNPRINTABLE.sub("?", untrusted.replace("\r\n", "\n"))


def _read_line(terminal: int) -> str | None:
    line = os.read(terminal, _MAX_ANSWER)
    return line.decode(errors="replace").rstrip("\r\n") if line else None


@contextmanager
def _echo(terminal: int, *, on: bool) -> Iterator[None]:
    if on:
        yield
        return
    before = termios.tcgetattr(terminal)
    silent = termios.tcgetattr(terminal)
    silent[3] &= ~(termios.ECHO | termios.ECHOE | termios.ECHOK | termios.ECHONL)
    termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Make Ctrl-C end the question: an event loop's own handler would only note it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, _interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise BootstrapError(Stage.AUTHENTICATION, "interrupted", exit_status=130)
