"""The path inside SSH of one session: which login process carries it, and when another is to be started for it."""

from collections.abc import Callable
from typing import Final, TypeAlias

from rmosh.errors import Stage
from rmosh.session.status import LinkStatus
from rmosh.transport.path import Path
from rmosh_client.bootstrap.request import SessionStatus
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.link.sockets import SocketTable
from rmosh_client.login.messages import ErrandKind, Failed, FateTold, FromLogin, PathGone, PathOpened
from rmosh_client.login.process import LoginProcess
from rmosh_client.reaching.core import ReachingCore
from rmosh_client.reaching.login_again import LoginAgain, PathOutcome
from rmosh_client.tracing.link_log import LinkLog

#: Where a login fails that only the user's answer could have helped.
_ASKS: Final = frozenset({Stage.HOST_KEY, Stage.AUTHENTICATION})

#: Starts a login process for one more path to the session; None where there is to be none.
Begin: TypeAlias = "Callable[[ErrandKind], LoginProcess] | None"


class SshPath:
    """Begins with the login that started the session, where that carries it.

    Attributes:
        guard: makes of an action what the event loop calls.
        on_told: called with what a login says of the session's fate.
    """

    def __init__(
        self, session: ReachingCore, sockets: SocketTable, log: LinkLog, loop: EventLoop, begin: Begin
    ) -> None:
        """Begin without a path."""
        self._session = session
        self._sockets = sockets
        self._log = log
        self._loop = loop
        self._begin = begin
        self._again = LoginAgain()
        self._carrier: LoginProcess | None = None
        self._path: Path | None = None
        self._attempt: LoginProcess | None = None
        self._parting: list[LoginProcess] = []
        self.guard: Callable[[Callable[[], None]], Callable[[], None]] = lambda action: action
        self.on_told: Callable[[SessionStatus], None] = lambda _: None

    @property
    def is_open(self) -> bool:
        """Whether there is such a path now."""
        return self._path is not None

    @property
    def tells_fate(self) -> bool:
        """Whether a login for a path is tried on silence, which tells too of a session that is no more."""
        return self._begin is not None

    def carry(self, login: LoginProcess, path: Path | None) -> None:
        """Take over the login that started the session; its path is one that the session knows, None where none is."""
        self._carrier, self._path = login, path
        self._watch(login)

    def look(self, status: LinkStatus, *, now: float) -> None:
        """Take note of how the link does, and log in again where it is time."""
        self._parting = [login for login in self._parting if not login.has_ended]
        self._again.look(status, now=now)
        if self._again.is_due(now=now) and self._begin is not None:
            self._log.say("logging in again for a path inside SSH")
            self._again.began(now=now)
            try:
                self._attempt = self._begin(ErrandKind.PATH)
            except OSError:
                self._again.ended(PathOutcome.FAILED, now=now)
            else:
                self._watch(self._attempt)

    def in_words(self, *, key: str, now: float) -> str:
        """Return what is being done about a silence, for the notice; `key` is what the user types to log in."""
        return "" if self._begin is None else self._again.in_words(key=key, now=now)

    def next_wakeup(self) -> float | None:
        """Return when to look again, in monotonic seconds."""
        return None if self._begin is None else self._again.next_wakeup()

    def hurry(self, *, now: float) -> None:
        """A key was pressed."""
        self._again.hurry(now=now)

    def network_changed(self, *, now: float) -> None:
        """The connection that carries the session may be bound to an address that is gone."""
        self._again.hurry(now=now)
        if self._path is not None:
            self._again.cut(now=now)

    def close(self) -> None:
        """No path is needed beside UDP for now."""
        if self._carrier is not None and self._path is not None:
            self._log.say("UDP has held: the SSH connection closes")
            self._drop()

    def stop(self) -> None:
        """End all logins, with the session."""
        if self._carrier is not None:
            self._carrier.terminate()  # not waited for: it left the terminal long ago, and the user wants his prompt
        self._drop()
        if self._attempt is not None:
            self._loop.remove_reader(self._attempt.fileno())
            self._attempt.close()
            self._attempt = None
        self._parting = []

    # --- the user's own login --------------------------------------------------------------------------------

    def begin_for_user(self) -> LoginProcess | None:
        """Start a login that may ask; None where none helps. `take_over` or `failed_for_user` follows.

        Raises:
            OSError: the system lets nobody start one; `failed_for_user` follows here, too.
        """
        if self._begin is None:
            return None
        if self._attempt is not None:
            self._let_go(self._attempt)
            self._attempt = None
        self._again.began(now=monotonic())
        return self._begin(ErrandKind.PATH_BY_USER)

    def take_over(self, login: LoginProcess) -> None:
        """It has opened a path."""
        self._attempt = login
        self._watch(login)
        self._opened(login)

    def failed_for_user(self) -> None:
        """It came to nothing."""
        self._again.ended(PathOutcome.NEEDS_USER, now=monotonic())

    # --- what logins say -------------------------------------------------------------------------------------

    def _watch(self, login: LoginProcess) -> None:
        self._loop.add_reader(login.fileno(), self.guard(lambda: self._listen(login)))

    def _listen(self, login: LoginProcess) -> None:
        for message in login.take():
            self._obey(login, message)
        if login.is_over and login in (self._carrier, self._attempt):
            self._ended(login)

    def _obey(self, login: LoginProcess, message: FromLogin) -> None:
        if isinstance(message, PathOpened):
            self._opened(login)
        elif isinstance(message, PathGone):
            self._log.say(f"the path inside SSH is gone: {message.why}")
        elif isinstance(message, Failed) and login is self._attempt:
            self._log.say(f"no path inside SSH: {message.message}")
            self._attempt_ended(PathOutcome.NEEDS_USER if message.stage in _ASKS else PathOutcome.FAILED)
        elif isinstance(message, FateTold):
            self.on_told(message.status)

    def _opened(self, login: LoginProcess) -> None:
        if login is not self._attempt:
            return
        self._attempt = None
        if self._carrier is not None:
            self._drop()
        self._carrier, self._path = login, self._sockets.add_stream(login.datagrams)
        self._session.add_path(self._path, now=monotonic())
        self._again.ended(PathOutcome.OPENED, now=monotonic())

    def _ended(self, login: LoginProcess) -> None:
        if login is self._carrier:
            was_needed = self._path is not None and self._session.active_path in (None, self._path)
            self._drop()
            if was_needed:
                self._again.cut(now=monotonic())
        else:
            self._attempt_ended(PathOutcome.FAILED)

    def _attempt_ended(self, outcome: PathOutcome) -> None:
        if self._attempt is not None:
            self._let_go(self._attempt)
            self._attempt = None
            self._again.ended(outcome, now=monotonic())

    def _drop(self) -> None:
        """Give up what carries now."""
        if self._path is not None:
            self._sockets.close_stream(self._path)
            self._session.drop_path(self._path, now=monotonic())
            self._path = None
        if self._carrier is not None:
            self._let_go(self._carrier)
            self._carrier = None

    def _let_go(self, login: LoginProcess) -> None:
        """Have a login end by itself; nobody waits for it."""
        self._loop.remove_reader(login.fileno())
        login.let_go()
        self._parting.append(login)
