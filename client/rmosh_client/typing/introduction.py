"""The user's terminal is asked about itself while SSH logs in, so that the host can be told with the login.

Until the last answer it echoes nothing and gives each byte at once; keys that send signals still do. It is asked then
only by who has it: a process in the background would be stopped.
"""

import select
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from rmosh.terminal_input import InputToken
from rmosh.traits import Traits
from rmosh_client.link.clocks import monotonic
from rmosh_client.typing.interview import Interview
from rmosh_client.typing.local_terminal import HungUp, LocalTerminal
from rmosh_client.typing.traits_answers import TraitsAnswers

#: Seconds after the question for which a login waits for the answers. Reason: terminals take some ms, loading the SSH
#: library 200; one that is behind a slow link of its own is told of when it has answered.
_LOGIN_WAITS: Final = 0.3

#: Seconds after which a terminal that has not answered gets its echo back. Reason: who waits so long does not answer at
#: all, and a login may take minutes.
_QUIET_FOR: Final = 3.0

#: Seconds that the terminal may take for the questions.
_PATIENCE: Final = 0.1

_News = TypeVar("_News")


class Mailbox(Generic[_News]):
    """News for somebody who may not be there yet: the newest is kept until then, and all pass at once from then on."""

    def __init__(self) -> None:
        self._kept: list[_News] = []
        self._take: Callable[[_News], None] | None = None

    def put(self, news: _News) -> None:
        """Give it to whoever takes it."""
        if self._take is None:
            self._kept = [news]
        else:
            self._take(news)

    def connect(self, take: Callable[[_News], None]) -> None:
        """Take what is kept, and all that comes."""
        self._take = take
        for news in self._kept:
            take(news)
        self._kept = []


class Pending(Protocol):
    """Something that waits for its moment."""

    def cancel(self) -> None: ...


class Loop(Protocol):
    """What waits for the terminal and for moments; `rmosh_client.link.event_loop` has it."""

    def add_reader(self, descriptor: int, action: Callable[[], None]) -> None: ...
    def remove_reader(self, descriptor: int) -> None: ...
    def call_later(self, delay: float, action: Callable[[], None]) -> Pending: ...


class Introduction:
    """One terminal, from the questions to its session.

    Attributes:
        was_begun: the questions are out.
        told: what the login was told.
        typed: what was typed while answers came.
    """

    def __init__(
        self, terminal: LocalTerminal, interview: Interview, about: TraitsAnswers, *, can_be_asked: bool
    ) -> None:
        """Begin with nothing asked.

        Args:
            about: what is asked, and what the login is told of.
            can_be_asked: the terminal skips what it does not understand.
        """
        self._terminal = terminal
        self._interview = interview
        self._about = about
        self._can_be_asked = can_be_asked
        self._asked_at = 0.0
        self._loop: Loop | None = None
        self._alarms: list[Pending] = []
        self._login_waits: Callable[[Traits], None] | None = None
        self.was_begun = False
        self.told: Traits | None = None
        self.typed: list[InputToken] = []

    def begin(self, loop: Loop) -> None:
        """Ask, if there is something to ask and this is the terminal's foreground."""
        if not self._can_be_asked or not self._terminal.is_ours:
            return
        self._asked_at = monotonic()
        questions = self._interview.ask((self._about,), now=self._asked_at)
        self.was_begun = self._interview.keys_may_wait = True
        try:
            self._terminal.enter_quiet()
        except HungUp:
            return
        self._terminal.write_all(questions, patience=_PATIENCE)
        self._loop = loop
        loop.add_reader(self._terminal.fileno(), self._read)
        self._alarms = [loop.call_later(_QUIET_FOR, self.finish)]

    def tell(self, login: Callable[[Traits], None]) -> None:
        """Tell a login what the terminal has said of itself, not long after it was asked."""
        self._login_waits = login
        left = self._asked_at + _LOGIN_WAITS - monotonic()
        if self._loop is None or left <= 0:
            self._tell()
        else:
            self._alarms.append(self._loop.call_later(left, self._tell))

    def make_way(self) -> None:
        """Leave the terminal to a question for the user; what was typed ahead is forgotten, as ssh does."""
        if self._loop is not None:
            await_answers(self._terminal, self._interview)
            self.finish()
        self.typed = []
        self._terminal.lend()

    def take_back(self) -> None:
        """Put right what a login that died has left of the terminal."""
        self._terminal.take_back()

    def finish(self) -> None:
        """Read no more: a session does from now on, or a shell."""
        if self._loop is None:
            return
        self._loop.remove_reader(self._terminal.fileno())
        self._loop = None
        self._interview.keys_may_wait = False
        self._terminal.restore()
        self._tell()
        for alarm in self._alarms:
            alarm.cancel()

    def _read(self) -> None:
        try:
            self.typed += self._interview.sift(self._terminal.read(), now=monotonic())
        except HungUp:
            self.finish()
        if self._interview.due_by is None:
            self.finish()

    def _tell(self) -> None:
        if self._login_waits is not None:
            login, self._login_waits = self._login_waits, None
            self.told = self._about.traits
            login(self.told)


def await_answers(terminal: LocalTerminal, interview: Interview) -> None:
    """Take what the terminal still answers before it is given back, or a shell would take that for keys.

    It is waited for as long as that is worth it; keys typed meanwhile are lost.
    """
    try:
        while (due_by := interview.due_by) is not None and (left := due_by - monotonic()) > 0:
            readable, _, _ = select.select([terminal.fileno()], [], [], left)
            if readable:
                interview.sift(terminal.read(), now=monotonic())
    except (HungUp, OSError, ValueError):
        return
