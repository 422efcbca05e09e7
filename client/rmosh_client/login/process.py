"""A login process as the session's process has it: what it says, what it is told, and its end."""

import contextlib
import os
import signal
import time
from typing import Final

from rmosh.errors import Malformed
from rmosh_client.login.birth import Newborn, give_birth
from rmosh_client.login.messages import Errand, FromLogin, LineReader, ToLogin, line_of, parse_from_login

#: Bytes read at once.
_CHUNK: Final = 65536

#: Seconds that it gets to end by itself, before it is killed. Reason: it closes a connection and puts the terminal's
#: echo back; a start of Python that is in the way takes a few tenths.
_PARTING: Final = 1.0

#: Seconds between two looks at whether it has ended or stopped.
_LOOK_EVERY: Final = 0.005

#: Seconds in which a stop that the keyboard asked for has come, or a shell's word to go on, or comes no more.
_STOPPING: Final = 0.2

#: Seconds in which it has stopped whom we told to. Reason: a shell that is told first takes the terminal, and the
#: login can put its echo back no more; a busy machine takes some tenths.
_HEEDING: Final = 3.0


class LoginProcess:
    """One login, from its start to its end; nothing of it is left after `close`, unless it was let go.

    Attributes:
        newborn: what it was when it was started.
        errand: what it was started for.
        datagrams: where a sealed datagram each goes to the server and comes from there, while SSH is a path.
        is_over: it will say nothing more.
    """

    def __init__(self, errand: Errand, *, by_fork: bool = False, newborn: Newborn | None = None) -> None:
        """Start it.

        Args:
            by_fork: this process has loaded little yet, and shares that with it where the system lets it.
            newborn: one that was told its errand and has not been heard yet; then none is started.

        Raises:
            OSError: the system lets nobody start one.
        """
        self.newborn: Final = newborn or give_birth(by_fork=by_fork)
        self.errand = errand
        self.datagrams: Final = self.newborn.datagrams
        self.is_over = False
        self._line = self.newborn.line
        self._reader = LineReader()
        self._pid = self.newborn.pid
        self._status: int | None = None
        self._is_stopped = False
        self._was_let_go = False
        if newborn is None:
            self.tell(errand)

    def fileno(self) -> int:
        """Return what can be read when it has said something, or has ended."""
        return self._line.fileno()

    def take(self) -> list[FromLogin]:
        """Return what it has said; once `fileno` can be read this does not wait."""
        try:
            data = self._line.recv(_CHUNK)
            said = [parse_from_login(line) for line in self._reader.feed(data)]
        except (OSError, Malformed):  # it has gone mad, or another version of it was installed meanwhile
            data, said = b"", []
        self.is_over = self.is_over or not data
        return said

    def tell(self, message: ToLogin) -> None:
        """Tell it something; nothing happens where it has ended."""
        with contextlib.suppress(OSError):
            self._line.sendall(line_of(message))

    # --- signals ---------------------------------------------------------------------------------------------

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self._look(os.WNOHANG) is None:
            os.kill(self._pid, number)

    def await_stop(self) -> None:
        """Wait until it has stopped, as the keyboard told both of us to; if it was not told, tell it."""
        if not self._is_stopped and not self._await_change(os.WUNTRACED, within=_STOPPING):
            self.signal(signal.SIGTSTP)
            self._await_change(os.WUNTRACED, within=_HEEDING)

    def go_on(self) -> None:
        """Let it go on where nobody else has."""
        self._is_stopped = False
        if not self._await_change(os.WUNTRACED | os.WCONTINUED, within=_STOPPING):
            self.signal(signal.SIGCONT)

    def _await_change(self, kinds: int, *, within: float) -> bool:
        """Wait until it has stopped, gone on or ended, so many seconds at most; return whether it has."""
        deadline = time.monotonic() + within
        while (status := self._look(os.WNOHANG | kinds)) is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_EVERY)
        self._is_stopped = os.WIFSTOPPED(status)
        return True

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it is left."""
        return self._look(os.WNOHANG) is not None

    def let_go(self) -> None:
        """Have it end by itself, which it does when it finds nobody here; nothing is waited for, nor by `close`."""
        self.is_over = self._was_let_go = True
        self._line.close()
        self.datagrams.close()

    def how_it_ended(self) -> str:
        """Wait until it has ended, and return how, in words."""
        self._await_end()
        status = self._status or 0
        if os.WIFSIGNALED(status):
            return f"was ended by {signal.Signals(os.WTERMSIG(status)).name}"
        return f"ended with status {os.WEXITSTATUS(status)}"

    def terminate(self) -> None:
        """Tell it to end if it goes on; `close` waits for that."""
        if not self.is_over:
            self.signal(signal.SIGTERM)
        self.is_over = True

    def close(self) -> None:
        """End it if it goes on."""
        if self._was_let_go:
            return
        self.terminate()
        self._line.close()
        self.datagrams.close()
        self._await_end()

    def _await_end(self) -> None:
        deadline = time.monotonic() + _PARTING
        while self._look(os.WNOHANG) is None:
            if time.monotonic() > deadline:
                self.signal(signal.SIGKILL)
                self._look(0)
                return
            time.sleep(_LOOK_EVERY)

    def _look(self, options: int) -> int | None:
        """Return how it ended, or that it stopped or went on where that is asked for; None where it did nothing."""
        if self._status is not None:
            return self._status
        try:
            pid, status = os.waitpid(self._pid, options)
        except ChildProcessError:  # somebody else has reaped it
            pid, status = self._pid, 0
        if not pid:
            return None
        if not (os.WIFSTOPPED(status) or os.WIFCONTINUED(status)):
            self._status = status
        return status
