"""A shell on this machine for a moment, on the terminal of a session that goes on behind it."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import Final, NoReturn

from rmosh_client.bootstrap.exit_status import FAILED
from rmosh_client.link.event_loop import EventLoop

#: What runs where nothing says which shell is the user's.
_USUAL_SHELL: Final = "/bin/sh"


class LocalShell:
    """One that has the terminal until it ends; what is due meanwhile is done by the loop."""

    def __init__(self, terminal: int, loop: EventLoop, environ: Mapping[str, str]) -> None:
        """Get ready; `terminal` is a descriptor of it."""
        self._terminal = terminal
        self._loop = loop
        self._program = environ.get("SHELL") or _USUAL_SHELL
        self._environment = environ
        self._pid = 0

    def run(self) -> None:
        """Start it and wait for its end.

        Raises:
            OSError: the system lets nobody start one.
        """
        own_group = os.getpgrp()
        self._pid = os.fork()
        if self._pid == 0:
            self._be_shell()
        with contextlib.suppress(OSError):  # it does the same: whoever comes first
            os.setpgid(self._pid, self._pid)
        self._loop.add_signal_handler(signal.SIGCHLD, _nothing)
        try:
            self._loop.run_until(self._has_ended)
        finally:
            self._loop.remove_signal_handler(signal.SIGCHLD)
            with contextlib.suppress(OSError), _stops_ignored():
                os.tcsetpgrp(self._terminal, own_group)

    def _has_ended(self) -> bool:
        """Tell whether it has; one that was stopped goes on, as nobody else could have it do so."""
        pid, status = os.waitpid(self._pid, os.WNOHANG | os.WUNTRACED)
        if pid and os.WIFSTOPPED(status):
            os.killpg(self._pid, signal.SIGCONT)
            return False
        return bool(pid)

    def _be_shell(self) -> NoReturn:
        try:
            os.setpgid(0, 0)
            with _stops_ignored():
                os.tcsetpgrp(self._terminal, os.getpid())
            signal.set_wakeup_fd(-1)
            for number in (
                signal.SIGWINCH,
                signal.SIGTSTP,
                signal.SIGCONT,
                signal.SIGTERM,
                signal.SIGHUP,
                signal.SIGINT,
            ):
                signal.signal(number, signal.SIG_DFL)
            os.execve(self._program, [self._program], self._environment)  # noqa: S606 - the user's own
        except OSError as error:
            print(f"rmosh: {self._program} cannot be run: {error.strerror}", file=sys.stderr)
        finally:
            os._exit(FAILED)


@contextlib.contextmanager
def _stops_ignored() -> Iterator[None]:
    """Let the terminal be set from the background."""
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTTOU, before)


def _nothing() -> None:
    """What the signal is for: the loop looks again."""
