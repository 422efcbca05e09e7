"""While the login process logs in: it gets what it asks for, and signals reach both processes as one.

A key that sends a signal sends it to both. Each end's part: the login gives back a terminal that it has a question on;
this process waits for it, so that a shell finds the terminal as it was, and tells it what it alone was sent.
"""

import os
import signal
from collections.abc import Callable
from typing import Final, Protocol

from rmosh.errors import BootstrapError, Stage
from rmosh.traits import Traits
from rmosh_client.bootstrap.request import Started
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.login.messages import (
    Failed,
    FromLogin,
    PathOpened,
    PlainEnd,
    PlainEnded,
    SessionStarted,
    TraitsTold,
    TraitsWanted,
    WayMade,
    WayWanted,
)
from rmosh_client.login.process import LoginProcess
from rmosh_client.reaching.ending import HUNG_UP, QUIT, Ending

#: Signals that end the command, unless who started it had them ignored.
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

#: Seconds in which the login ends by itself at a signal that the keyboard sent to both; else it alone has not got it.
_BY_ITSELF: Final = 0.1

#: Seconds after which it is ended without its help.
_BY_FORCE: Final = 1.0


class Introduced(Protocol):
    """What `rmosh_client.typing.introduction.Introduction` does for a login."""

    def begin(self, loop: EventLoop) -> None: ...
    def tell(self, login: Callable[[Traits | None], None]) -> None: ...
    def make_way(self) -> None: ...
    def take_back(self) -> None: ...
    def finish(self) -> None: ...


class LoginWatch:
    """One login, watched from its start to what came of it."""

    def __init__(self, login: LoginProcess, introduction: Introduced) -> None:
        self._login = login
        self._introduction = introduction
        self._loop = EventLoop()
        self._outcome: Started | PathOpened | Ending | BootstrapError | None = None
        self._ended_by = 0

    def run(self) -> Started | PathOpened | Ending:
        """Return the session that was started, the path that was opened, or how a login without either ended.

        Raises:
            BootstrapError: it could not be started.
            KeyboardInterrupt: the user wants no session.
        """
        with self._loop.takes_signals():
            for number in _ENDING:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._loop.add_signal_handler(number, self._ender(number))
            self._loop.add_signal_handler(signal.SIGTSTP, self._stop)
            self._loop.add_reader(self._login.fileno(), self._listen)
            self._introduction.begin(self._loop)
            self._loop.run_until(self._is_over)
        return self._concluded()

    def _is_over(self) -> bool:
        return self._login.is_over or (self._outcome is not None and not self._ended_by)

    def _concluded(self) -> Started | PathOpened | Ending:
        if self._ended_by and not isinstance(self._outcome, BootstrapError):
            self._login.close()
            self._be_ended()
        if self._ended_by not in (0, signal.SIGINT):
            self._be_ended()
        if isinstance(self._outcome, BootstrapError):
            raise self._outcome
        self._introduction.finish()  # only now: an answer that is due is waited for after all that was raised
        if self._outcome is None:
            what = f"the process that logs in {self._login.how_it_ended()} before it was through"
            self._introduction.take_back()
            raise BootstrapError(Stage.SERVER_FAILED, what, hint="try again; -v tells how far it comes")
        return self._outcome

    def _be_ended(self) -> None:
        """Let the signal do what it does to any command."""
        if self._ended_by == signal.SIGINT:
            raise KeyboardInterrupt
        self._introduction.finish()
        self._introduction.take_back()
        os.kill(os.getpid(), self._ended_by)

    # --- what the login says ---------------------------------------------------------------------------------

    def _listen(self) -> None:
        for message in self._login.take():
            self._obey(message)

    def _obey(self, message: FromLogin) -> None:
        if isinstance(message, TraitsWanted):
            self._introduction.tell(lambda traits: self._login.tell(TraitsTold(traits)))
        elif isinstance(message, WayWanted):
            self._introduction.make_way()
            self._login.tell(WayMade())
        elif isinstance(message, SessionStarted):
            self._outcome = message.started
        elif isinstance(message, PathOpened):
            self._outcome = message
        elif isinstance(message, Failed):
            self._outcome = message.error()
        elif isinstance(message, PlainEnded):
            ends = {PlainEnd.QUIT: QUIT, PlainEnd.HUNG_UP: HUNG_UP, PlainEnd.ENDED: Ending(message.status)}
            self._outcome = ends[message.end]

    # --- signals ---------------------------------------------------------------------------------------------

    def _ender(self, number: int) -> Callable[[], None]:
        def end() -> None:
            if self._ended_by:
                return
            self._ended_by = number
            self._loop.call_later(_BY_ITSELF, lambda: self._login.signal(number))
            self._loop.call_later(_BY_FORCE, self._login.close)

        return end

    def _stop(self) -> None:
        """Stop as a job does, after the login, which may have the terminal to give back; go on with it."""
        self._introduction.finish()
        self._login.await_stop()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        os.kill(os.getpid(), signal.SIGTSTP)
        self._loop.add_signal_handler(signal.SIGTSTP, self._stop)
        self._login.go_on()
