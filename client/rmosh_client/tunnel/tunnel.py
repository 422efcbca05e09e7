"""A client without a terminal on its event loop: what a session's driver is for a session, for streams alone.

After whatever woke it, a datagram, a timer or something to forward, it takes one turn: events, work, datagrams, timer.
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from rmosh.channels.channel import ClientEvent, FaultContained
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.streams.streams import Streams
from rmosh.session.status import LinkStatus
from rmosh.session.wishes import PathWanted, StreamIdle
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import Action, EventLoop
from rmosh_client.reaching.core import ReachingCore
from rmosh_client.reaching.ending import Ending, ending_of
from rmosh_client.reaching.link_loop import LinkLoop, Work
from rmosh_client.reaching.reach import ServerReach
from rmosh_client.tunnel.link_news import LinkNews

#: Seconds that the server gets to hear that we leave; one that does not hear it ends by itself, a day later.
_LEAVE_WITHIN: Final = 2.0

#: The same before its first answer. Reason: somebody waits, and it may never hear anything.
_GIVE_UP_WITHIN: Final = 0.1

#: Most events taken in one turn. Reason: a core that never stops telling must not hold up the work.
_MOST_EVENTS: Final = 1000


class LinkedCore(ReachingCore, Protocol):
    """What a tunnel needs of a core; `rmosh.session.tunnel_client.TunnelClient` has it, and so has a session's."""

    def next_event(self) -> ClientEvent | None: ...
    def quit(self, *, now: float) -> None: ...
    @property
    def quit_arrived(self) -> bool: ...
    @property
    def streams(self) -> Streams: ...


class Tunnel:
    """Keeps a core in contact with its server while work is done.

    Attributes:
        guarded: makes of an action what the event loop calls: a turn follows it, and faults of ours are survived.
    """

    def __init__(self, core: LinkedCore, reach: ServerReach, loop: EventLoop, news: LinkNews) -> None:
        """Begin without work."""
        self._core = core
        self._loop = loop
        self._news = news
        self._log = reach.log
        self._link = LinkLoop(reach, loop, news, act=self._act, name="the tunnel's loop")
        self.ssh_path = self._link.ssh_path
        self.guarded = self._link.guarded
        self._leaving: Ending | None = None
        self._leave_by = math.inf

    @property
    def streams(self) -> Streams:
        """The streams through it."""
        return self._core.streams

    @property
    def core(self) -> LinkedCore:
        """What is kept in contact."""
        return self._core

    def add(self, work: Work, *, wakes: int | None = None) -> None:
        """Have something done at each turn, from the next one on; `LinkLoop.add` says what wakes it."""
        self._link.add(work, wakes=wakes)

    def remove(self, work: Work) -> None:
        """Have it done no more, before its descriptor is closed."""
        self._link.remove(work)

    @contextlib.contextmanager
    def begun(self) -> Iterator[None]:
        """Have the event loop keep the contact for as long as the context is open; the server is told of its end."""
        with self._link.begun():
            try:
                yield
            finally:
                self.leave(Ending(0))
                self._loop.run_until(lambda: self._link.is_over)

    def run(self, until: Callable[[], bool]) -> Ending | None:
        """Run until something is so, or the tunnel has ended; return how it did then.

        What the work has to say by now leaves at once, with the first datagram where nothing was sent yet.

        Raises:
            BootstrapError: the server never answered a datagram.
        """
        self._link.take_turn()
        self._loop.run_until(lambda: self._link.is_over or until())
        return self._link.ending if self._link.is_over else None

    def leave(self, ending: Ending) -> None:
        """End it from here: the server is told but not waited for long, nor at all when asked twice."""
        if self._leaving is not None:
            self._link.end(self._leaving)
        if self._link.is_over:
            return
        now = monotonic()
        self._leaving, self._leave_by = ending, now + (_LEAVE_WITHIN if self._core.was_heard else _GIVE_UP_WITHIN)
        self._link.end_work()
        self._core.quit(now=now)
        self._link.take_turn()

    def woke_up(self) -> None:
        """The process was stopped, and goes on."""
        self._link.woke_up()

    # --- one turn --------------------------------------------------------------------------------------------

    def _act(self, action: Action) -> None:
        action()
        self._turn()

    def _turn(self) -> None:
        now = monotonic()
        self._link.look_for_sleep(now=now)
        self._take_events(now)
        self._link.do_work(now=now)
        self._link.carrier.send(now=now)
        self._take_events(now)
        status = self._core.status(now=now)
        self._news.look(status)
        self._log.look(status)
        self._link.keep_contact(status, is_leaving=self._leaving is not None, now=now)
        self._end_when_heard(now)
        self._arm(status, now)

    def _take_events(self, now: float) -> None:
        for _ in range(_MOST_EVENTS):
            event = self._core.next_event()
            if event is None:
                return
            self._take_event(event, now)

    def _take_event(self, event: ClientEvent, now: float) -> None:
        if isinstance(event, PathWanted):
            self._link.open_fresh_paths(now=now)
        elif isinstance(event, StreamIdle):
            self.ssh_path.close()
        elif isinstance(event, FaultContained):
            self._log.say(event.line)
        elif isinstance(event, SessionClosed):
            self._link.end(ending_of(event.close))

    def _end_when_heard(self, now: float) -> None:
        if self._leaving is not None and (self._core.quit_arrived or now >= self._leave_by):
            self._link.end(self._leaving)

    def _arm(self, status: LinkStatus, now: float) -> None:
        moments = [self._core.next_wakeup(now=now), self._link.contact_is_due(status, now=now), self._leave_by]
        self._link.arm(moments, now=now)
