"""Questions to the user on the controlling terminal, with or without echo."""

import errno
import fcntl
import os
import re
import select
import signal
import sys
import termios
from collections.abc import Callable
from typing import Any, Final, Protocol

from rmosh_client.bootstrap.held_signals import HeldSignals

#: Longest answer in bytes: a terminal's line discipline gives no more in one line. Source: termios(3), MAX_CANON.
_MAX_ANSWER: Final = 4096

#: A count of no bytes, as FIONREAD gives it: a C int. Source: ioctl_tty(2).
_NO_BYTES: Final = bytes(4)

#: Control characters of both ranges but tab and newline. Named themselves, as all others would take 3 ms to compile.
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _nothing() -> None:
    """What there is to do where nobody else uses the terminal."""


class Prompts(Protocol):
    """Somebody who can be asked, or not."""

    def ask(self, question: str, *, echo: bool) -> str | None:
        """Return the answer without its newline; None when nobody can be asked."""


class NoPrompts:
    """Nobody is there: batch mode."""

    def ask(self, question: str, *, echo: bool) -> str | None:
        return None


class NobodyThere(NoPrompts):
    """The same, and nobody looks either: nothing may wait for a touch or a confirmation."""


class TerminalPrompts:
    """Asks on /dev/tty, so that redirected input and output do not matter.

    It blocks the calling thread: while a question stands there is nothing else to do.
    """

    def __init__(self, make_way: Callable[[], None] = _nothing, *, asker: int | None = None) -> None:
        """Begin; `make_way` has everybody else leave the terminal alone.

        Args:
            asker: a descriptor that can be read once nobody wants an answer any more.
        """
        self._make_way = make_way
        self._asker = () if asker is None else (asker,)

    def ask(self, question: str, *, echo: bool) -> str | None:
        self._make_way()
        try:
            terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        except OSError:
            return None
        try:
            while True:
                with HeldSignals() as signals:
                    answer = _ask_once(terminal, question, *self._asker, echo=echo, signals=signals)
                if not signals.came:
                    return answer
                signals.obey()
        except (OSError, termios.error):
            return None  # the terminal is gone, or it is another's and no shell will ever give it to us
        finally:
            os.close(terminal)


def say(text: str) -> None:
    """Print a message while the terminal is still the user's own."""
    print(text, file=sys.stderr, flush=True)


def say_nothing(_text: str) -> None:
    """Print nothing: nobody watches, or the terminal is a session's."""


def printable(untrusted: str) -> str:
    """Return text from the server without what could steer the terminal."""
    return _UNPRINTABLE.sub("?", untrusted.replace("\r\n", "\n"))


def _ask_once(terminal: int, question: str, *askers: int, echo: bool, signals: HeldSignals) -> str | None:
    """Return the answer; None at the end of the input, where signals came, or where nobody wants it any more."""
    before = termios.tcgetattr(terminal)
    during = termios.tcgetattr(terminal)
    if not echo:
        during[3] &= ~(termios.ECHO | termios.ECHOE | termios.ECHOK | termios.ECHONL)
    ended = _is_at_end(terminal)
    # Done for a question with echo too: it is what stops us where the terminal is not ours.
    if not _apply(terminal, during, signals):
        return None
    try:
        sys.stderr.flush()
        os.write(terminal, question.encode(errors="replace"))
        return _read_line(terminal) if not ended and signals.wait_for(terminal, *askers) else None
    except InterruptedError:
        return None
    finally:
        if not echo:
            os.write(terminal, b"\n")
        _apply(terminal, before, signals)


def _is_at_end(terminal: int) -> bool:
    """Tell whether nothing but an end of the input was typed ahead, as script(1) does whose own input has ended."""
    readable, _, _ = select.select([terminal], [], [], 0)
    return bool(readable) and fcntl.ioctl(terminal, termios.FIONREAD, _NO_BYTES) == _NO_BYTES


def _read_line(terminal: int) -> str | None:
    line = os.read(terminal, _MAX_ANSWER)
    return line.decode(errors="replace").rstrip("\r\n") if line else None


def _apply(terminal: int, settings: list[Any], signals: HeldSignals) -> bool:
    """Set the terminal and forget what was typed ahead; False where we are in the background and may not."""
    while True:
        try:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, settings)
            return True
        except termios.error as error:
            if error.args[0] != errno.EINTR:
                raise
            if signal.SIGTTOU in signals.came:
                return False
