"""The user's own terminal as a device: raw mode and back, its size, bytes in and out that never block.

It knows no escape sequences; every byte it writes is handed to it.
"""

import atexit
import contextlib
import os
import select
import signal
import termios
import time
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from rmosh.errors import BootstrapError, RmoshError, Stage
from rmosh.terminal.cells import MAX_COLUMNS, MAX_ROWS
from rmosh_client.systems import NAMELESS_TERMINAL

#: What `termios` tells of a terminal. Source: its manual.
_Attributes: TypeAlias = list[int | list[bytes | int]]

#: Most bytes taken from the keyboard at once; a paste comes in several. Source: N_TTY_BUF_SIZE is 4096 on Linux.
_READ_SIZE: Final = 4096

#: Size in cells where the terminal tells none. Source: the VT100's.
_FALLBACK_ROWS: Final = 24
_FALLBACK_COLUMNS: Final = 80


class HungUp(RmoshError):
    """The terminal is gone: its window was closed or its line dropped."""


class LocalTerminal:
    """A terminal opened anew, so that making it non-blocking changes nothing for whoever shares it.

    Attributes:
        bytes_written: so far.
    """

    def __init__(self, descriptor: int, *, owned: bool) -> None:
        self._descriptor = descriptor
        self._owned = owned
        self._saved = termios.tcgetattr(descriptor)
        self._is_changed = False
        self._lent: _Attributes | None = None
        self.bytes_written = 0
        self._was_blocking = os.get_blocking(descriptor)
        atexit.register(self.restore)

    @classmethod
    def open(cls) -> "LocalTerminal":
        """Open the terminal that is both standard input and standard output.

        Raises:
            BootstrapError: one of them is no terminal, or is closed.
        """
        for descriptor, name in ((0, "standard input"), (1, "standard output")):
            if not _is_terminal(descriptor):
                raise BootstrapError(
                    Stage.TERMINAL,
                    f"{name} is not a terminal, and rmosh shows a screen",
                    hint="run it without redirection; a command without -S and the like needs no terminal",
                )
        flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        with contextlib.suppress(OSError):  # it has no name where its device is in another /dev/pts: a container
            return cls(os.open(os.ttyname(1), flags), owned=True)
        with contextlib.suppress(OSError):
            return cls(os.open(NAMELESS_TERMINAL, flags), owned=True)
        return cls(1, owned=False)

    def fileno(self) -> int:
        """Return the descriptor, for an event loop."""
        return self._descriptor

    def size(self) -> tuple[int, int]:
        """Return rows and columns, at least 1 and at most what a screen may have."""
        try:
            size = os.get_terminal_size(self._descriptor)
        except OSError:
            return _FALLBACK_ROWS, _FALLBACK_COLUMNS
        rows, columns = size.lines or _FALLBACK_ROWS, size.columns or _FALLBACK_COLUMNS
        return min(rows, MAX_ROWS), min(columns, MAX_COLUMNS)

    @property
    def is_ours(self) -> bool:
        """Whether we are in the terminal's foreground, and may change it without being stopped."""
        try:
            return os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return False

    @property
    def is_raw(self) -> bool:
        """Whether the terminal still is as `enter_raw` left it; a shell that stopped us changes that."""
        try:
            return not termios.tcgetattr(self._descriptor)[3] & (termios.ICANON | termios.ECHO)
        except termios.error:
            return False

    def enter_raw(self) -> None:
        """Give every key to us at once, unprocessed; what was set before is kept for `restore`.

        Raises:
            HungUp: the terminal is gone.
        """
        self._enter(_raw_attributes)

    def enter_quiet(self) -> None:
        """Echo nothing and give each byte at once, but let keys send signals; what was set before is kept too.

        Raises:
            HungUp: the terminal is gone.
        """
        self._enter(_quiet_attributes)

    def _enter(self, changed: Callable[[_Attributes], _Attributes]) -> None:
        try:
            if not self._is_changed:
                self._saved = termios.tcgetattr(self._descriptor)
            termios.tcsetattr(self._descriptor, termios.TCSANOW, changed(self._saved))
        except termios.error as error:
            raise HungUp(str(error)) from error
        os.set_blocking(self._descriptor, False)
        self._is_changed = True

    def restore(self) -> None:
        """Give the terminal back as it was found; harmless where it was never taken or is gone."""
        if not self._is_changed:
            return
        self._is_changed = False
        with contextlib.suppress(OSError):
            os.set_blocking(self._descriptor, self._was_blocking)
        with contextlib.suppress(termios.error), _terminal_stop_ignored():
            termios.tcsetattr(self._descriptor, termios.TCSANOW, self._saved)

    def lend(self) -> None:
        """Let another process set it, which will give it back as it is now; `take_back` is for where that died."""
        with contextlib.suppress(termios.error):
            self._lent = termios.tcgetattr(self._descriptor) if self.is_ours else None

    def take_back(self) -> None:
        """Set the terminal to what it was when it was lent, unless another has it by now."""
        if self._lent is not None and self.is_ours:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._lent)

    def forget(self) -> None:
        """Let go of a terminal that another process has, as it is."""
        atexit.unregister(self.restore)
        if self._owned:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)

    def close(self) -> None:
        """Restore the terminal and let go of it."""
        self.restore()
        atexit.unregister(self.restore)
        if self._owned:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)

    def read(self) -> bytes:
        """Return what was typed, b"" where nothing was.

        Raises:
            HungUp: the terminal is gone.
        """
        try:
            data = os.read(self._descriptor, _READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as error:
            raise HungUp(str(error)) from error
        if not data:
            raise HungUp("end of input")
        return data

    def write(self, data: bytes) -> int:
        """Write what the terminal takes now; return how many bytes that was.

        Raises:
            HungUp: the terminal is gone.
        """
        try:
            written = os.write(self._descriptor, data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            raise HungUp(str(error)) from error
        self.bytes_written += written
        return written

    def write_all(self, data: bytes, *, patience: float) -> None:
        """Write everything, waiting for a slow terminal for at most `patience` seconds; never raises."""
        deadline = time.monotonic() + patience
        with contextlib.suppress(HungUp, OSError, ValueError):
            while data:
                data = data[self.write(data) :]
                left = deadline - time.monotonic()
                if left <= 0:
                    return
                if data:
                    select.select([], [self._descriptor], [], left)


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _quiet_attributes(saved: _Attributes) -> _Attributes:
    """Return a terminal's attributes without echo and without lines."""
    before_local, after_local = saved[:3], saved[4:6]
    local_flags, characters = saved[3], saved[6]
    assert isinstance(local_flags, int) and isinstance(characters, list)
    local_flags &= ~(termios.ECHO | termios.ECHONL | termios.ICANON)
    return [*before_local, local_flags, *after_local, _one_byte_at_once(characters)]


def _one_byte_at_once(characters: list[bytes | int]) -> list[bytes | int]:
    changed = list(characters)
    changed[termios.VMIN], changed[termios.VTIME] = 1, 0
    return changed


def _raw_attributes(saved: _Attributes) -> _Attributes:
    """Return a terminal's attributes made raw. Source: cfmakeraw(3), and XOFF never sent."""
    input_flags, output_flags, control_flags, local_flags, *speeds, characters = saved
    assert isinstance(input_flags, int) and isinstance(output_flags, int)
    assert isinstance(control_flags, int) and isinstance(local_flags, int) and isinstance(characters, list)
    input_flags &= ~(
        termios.IGNBRK
        | termios.BRKINT
        | termios.PARMRK
        | termios.ISTRIP
        | termios.INLCR
        | termios.IGNCR
        | termios.ICRNL
        | termios.IXON
        | termios.IXOFF
    )
    output_flags &= ~termios.OPOST
    local_flags &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    control_flags = control_flags & ~(termios.CSIZE | termios.PARENB) | termios.CS8
    return [input_flags, output_flags, control_flags, local_flags, *speeds, _one_byte_at_once(characters)]


@contextlib.contextmanager
def _terminal_stop_ignored() -> Iterator[None]:
    """Let a process in the background set the terminal without being stopped for it."""
    old = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTTOU, old)
