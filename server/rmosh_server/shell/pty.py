"""The pseudo-terminal, and the program started in it."""

import contextlib
import errno
import fcntl
import os
import struct
import termios
from collections.abc import Mapping
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_server.systems import start_on_terminal
from rmosh_server.systems.program import Program

#: Input flag: the kernel's own line editing erases whole UTF-8 characters. Source: Linux <asm-generic/termbits.h>, and
#: the same in <sys/termios.h> of XNU and FreeBSD 14; Python's termios lacks the name.
IUTF8: Final = 0o40000

#: Bytes asked of the PTY at once. Reason: Linux hands out at most 4 KB a read, other systems more.
READ_SIZE: Final = 16384

#: Bytes of output from which no further read is joined to it, unless more is asked for. Reason: the emulator takes a
#: flood in 16 KB pieces at a third of the CPU time of 4 KB ones.
PIECE_SIZE: Final = 16384

#: Bytes that every PTY holds at least: one that gave fewer is empty, and need not be asked again to know that. Source:
#: 4095 on Linux, 1024 on macOS and FreeBSD.
LEAST_HELD: Final = 1024

#: ECHO and ICANON of a terminal that is gone, which macOS and the BSDs take away when its session ends. Reason: what
#: echoes nothing is never guessed at.
_OF_A_TERMINAL_TAKEN_AWAY: Final = (False, True)


class Pty:
    """Our end of a pseudo-terminal.

    The program's end is held open too: so reading never fails while a program has closed and not yet re-opened
    its terminal, and all that was written before a program's end can be read after it.
    """

    def __init__(self, *, master: int, slave: int) -> None:
        """Take over the descriptors of both ends."""
        self._master = master
        self._slave = slave
        self.name = os.ttyname(slave)

    @property
    def descriptors(self) -> tuple[int, int]:
        """Our end and the program's end."""
        return self._master, self._slave

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._master

    def start(self, program: Program, environment: Mapping[str, str]) -> int:
        """Start a program as the leader of a new session with this as its controlling terminal.

        Returns:
            its process id.

        Raises:
            BootstrapError: it cannot be executed.
        """
        try:
            return start_on_terminal(program, environment, terminal=self._slave)
        except OSError as error:
            raise not_started(program, error) from error

    def resize(self, *, rows: int, columns: int) -> None:
        """Set the window's size in cells; the kernel tells the programs with SIGWINCH."""
        with contextlib.suppress(OSError):  # elsewhere than on Linux its session's end takes the terminal away
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def echoes(self) -> tuple[bool, bool]:
        """Return the ECHO and ICANON flags: what the kernel does with a typed character."""
        try:
            local_flags: int = termios.tcgetattr(self._master)[3]
        except termios.error:
            return _OF_A_TERMINAL_TAKEN_AWAY
        return bool(local_flags & termios.ECHO), bool(local_flags & termios.ICANON)

    def foreground(self) -> int:
        """Return the id of the process group in the foreground, which gets what is typed; 0 where there is none."""
        try:
            return os.tcgetpgrp(self._master)
        except OSError:
            return 0

    def read(self, size: int = PIECE_SIZE) -> bytes:
        """Return what the programs wrote, `size` bytes and at most a read more; empty when there is nothing now."""
        pieces = []
        while size > 0:
            piece = self._read_once()
            pieces.append(piece)
            size -= len(piece)
            if len(piece) < LEAST_HELD:  # a program may write two bytes at a time
                break
        return b"".join(pieces)

    def _read_once(self) -> bytes:
        try:
            return os.read(self._master, READ_SIZE)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return b""

    def write(self, data: memoryview) -> int:
        """Give typed bytes to the programs; return how many of them the kernel took."""
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0

    def close(self) -> None:
        """Hang up: the kernel sends SIGHUP to the session's leader and its foreground processes."""
        if self._master < 0:
            return
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1


def not_started(program: Program, error: Exception) -> BootstrapError:
    """Return the error for a login shell that could not be executed."""
    return BootstrapError(
        Stage.SERVER_FAILED,
        f"the login shell {program.file} could not be started: {getattr(error, 'strerror', None) or error}",
        hint="`getent passwd $USER` shows which shell the account has, `chsh` changes it",
    )


def open_pty(*, rows: int, columns: int) -> Pty:
    """Open a pseudo-terminal with a window of so many cells.

    Raises:
        BootstrapError: the system has none to give.
    """
    try:
        master, slave = os.openpty()
    except OSError as error:
        raise BootstrapError(
            Stage.SERVER_FAILED,
            f"no pseudo-terminal could be opened: {error.strerror}",
            hint="other sessions hold them all, or /dev/pts is not mounted: see /proc/sys/kernel/pty",
        ) from error
    os.set_blocking(master, False)
    attributes = termios.tcgetattr(slave)
    attributes[0] |= IUTF8
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    pty = Pty(master=master, slave=slave)
    pty.resize(rows=rows, columns=columns)
    return pty
