"""The user's terminal is asked about itself while SSH logs in, so that the host can be told with the login.

Until the last answer it echoes nothing and gives each byte at once; keys that send signals still do. It is asked then
only by who has it: a process in the background would be stopped.
"""

import asyncio
import contextlib
import os
import select
import signal
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from rmosh.terminal_input import InputToken
from rmosh.traits import Traits
from rmosh_client.link.clocks import monotonic
from rmosh_client.typing.interview import Interview
from rmosh_client.typing.local_terminal import HungUp, LocalTerminal
from rmosh_client.typing.traits_answers import TraitsAnswers

#: Seconds after the question for which a login waits for the answers. Reason: terminals take some ms, loading the SSH
#: library 200; one that is behind a slow link of its own is told of when it has answered.
_LOGIN_WAITS: Final = 0.3

#: Seconds for which it waits even where those are over. Reason: nothing was read while the library was loaded.
_LOGIN_LOOKS: Final = 0.02

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
        self._alarm: asyncio.TimerHandle | None = None
        self._over = asyncio.Event()
        self.was_begun = False
        self.told: Traits | None = None
        self.typed: list[InputToken] = []

    def begin(self) -> None:
        """Ask, if there is something to ask and this is the terminal's foreground; needs a running event loop."""
        if not self._can_be_asked or not self._terminal.is_ours:
            return
        self._asked_at = monotonic()
        questions = self._interview.ask((self._about,), now=self._asked_at)
        self.was_begun = self._interview.keys_may_wait = True
        loop = asyncio.get_running_loop()
        try:
            self._terminal.enter_quiet()
        except HungUp:
            return
        self._terminal.write_all(questions, patience=_PATIENCE)
        loop.add_reader(self._terminal.fileno(), self._read)
        loop.add_signal_handler(signal.SIGTERM, self._end)
        self._alarm = loop.call_later(_QUIET_FOR, self._rest)

    async def traits(self) -> Traits:
        """Return what the terminal has said of itself, not long after it was asked."""
        if self._alarm is not None:
            left = self._asked_at + _LOGIN_WAITS - monotonic()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._over.wait(), max(left, _LOGIN_LOOKS))
        self.told = self._about.traits
        return self.told

    def make_way(self) -> None:
        """Leave the terminal to a question for the user; what was typed ahead is forgotten, as ssh does."""
        if self._alarm is not None:
            await_answers(self._terminal, self._interview)
            self._rest()
        self.typed = []

    def finish(self) -> None:
        """Read no more: a session does from now on."""
        self._rest()

    def _read(self) -> None:
        try:
            self.typed += self._interview.sift(self._terminal.read(), now=monotonic())
        except HungUp:
            self._rest()
        if self._interview.due_by is None:
            self._rest()

    def _end(self) -> None:
        """Be ended by the signal, the terminal as it was."""
        self._rest()
        os.kill(os.getpid(), signal.SIGTERM)

    def _rest(self) -> None:
        if self._alarm is None:
            return
        self._alarm.cancel()
        self._alarm = None
        self._interview.keys_may_wait = False
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._terminal.fileno())
        loop.remove_signal_handler(signal.SIGTERM)
        self._terminal.restore()
        self._over.set()


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
