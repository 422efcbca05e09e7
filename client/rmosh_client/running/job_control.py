"""Signals to the client: the end, suspension and continuation, a new window size."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import Final

from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.reaching.ending import ended_by_signal
from rmosh_client.reaching.ssh_path import SshPath
from rmosh_client.running.driver import ClientDriver
from rmosh_client.showing.display import Display
from rmosh_client.typing.interview import Interview
from rmosh_client.typing.introduction import await_answers
from rmosh_client.typing.local_terminal import LocalTerminal

#: Signals that end the session; in raw mode none of them comes from the keyboard.
_ENDING: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class JobControl:
    """Ties a driver to the process's signals."""

    def __init__(
        self, driver: ClientDriver, loop: EventLoop, terminal: LocalTerminal, display: Display, interview: Interview
    ) -> None:
        self._driver = driver
        self._terminal = terminal
        self._display = display
        self._interview = interview
        self._loop = loop

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Handle signals for as long as the context is open."""
        with self._loop.takes_signals():
            self._install()
            yield

    def _install(self) -> None:
        handlers: dict[int, Callable[[], None]] = {
            signal.SIGWINCH: self._driver.resized,
            signal.SIGTSTP: self.suspend,
            signal.SIGCONT: self._continued,
        }
        handlers.update((number, self._ender(number)) for number in _ENDING)
        for handled, handler in handlers.items():
            self._loop.add_signal_handler(handled, self._driver.guarded(handler))

    def log_in(self, ssh_path: SshPath) -> str:
        """Leave the terminal to a login that may ask, and take it again afterwards; return in words why it failed."""
        from rmosh_client.running.login_by_user import log_in_for_path

        self._give_terminal()
        try:
            return log_in_for_path(ssh_path, self._terminal)
        finally:
            self._install()
            self._take_terminal()

    def run_shell(self) -> str:
        """Leave the terminal to a shell of the user's on this machine; return in words why there is none, or ""."""
        from rmosh_client.running.local_shell import LocalShell

        self._give_terminal()
        try:
            with self._driver.away():
                print("rmosh: a shell on this machine; `exit` goes back to the session", flush=True)
                LocalShell(self._terminal.fileno(), self._loop, os.environ).run()
        except OSError as error:
            return f"no process can be started for it: {error.strerror}"
        finally:
            self._take_terminal()
        return ""

    def suspend(self) -> None:
        """Give the terminal back, stop this process, and take the terminal again when it is continued."""
        self._give_terminal()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        os.kill(os.getpid(), signal.SIGTSTP)
        self._loop.add_signal_handler(signal.SIGTSTP, self._driver.guarded(self.suspend))
        self._take_terminal()

    def _continued(self) -> None:
        """Somebody stopped us without asking and then let us go on; a shell may have had the terminal meanwhile."""
        if self._terminal.is_raw:
            self._display.invalidate()
            self._driver.woke_up()
            self._driver.look_at_colours()
        else:
            self._take_terminal()

    def _give_terminal(self) -> None:
        self._display.finish(now=monotonic())
        await_answers(self._terminal, self._interview)
        self._terminal.restore()

    def _take_terminal(self) -> None:
        self._terminal.enter_raw()
        self._display.give_back()
        self._driver.resized()
        self._driver.woke_up()
        self._driver.look_at_colours()

    def _ender(self, number: int) -> Callable[[], None]:
        def end() -> None:
            self._driver.leave(ended_by_signal(number), now=monotonic())

        return end
