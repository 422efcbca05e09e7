"""The part of a client's loop that has nothing to do with a terminal: sockets, logins, sleep, the timer, faults.

Whatever wakes it, a datagram, a timer or a signal, its driver takes a turn.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from rmosh.errors import BootstrapError
from rmosh.moments import earliest
from rmosh.session.status import LinkStatus
from rmosh_client.link.boot_timer import BootTimer
from rmosh_client.link.clocks import SleepWatch, boot_time, monotonic
from rmosh_client.link.event_loop import Action, Alarm, EventLoop
from rmosh_client.reaching.datagram_carrier import DatagramCarrier
from rmosh_client.reaching.ending import Ending
from rmosh_client.reaching.keeping_contact import ContactNews, KeepingContact
from rmosh_client.reaching.network_alarm import NetworkAlarm
from rmosh_client.reaching.reach import ServerReach
from rmosh_client.reaching.ssh_path import SshPath

#: Longest wait by a clock that stands still while the machine is suspended, in seconds. Reason: a suspension is noticed
#: at the next look only. A longer one is left to a timer that runs on, where there is one.
_LONGEST_LOOK_AWAY: Final = 1.0

#: Longest wait of all, in seconds. Reason: bounded, so that a lost wake-up heals.
_LONGEST_WAIT: Final = 3600.0

#: Shortest wait, in seconds. Reason: a part that is due at once again and again would leave no time to others here.
_SHORTEST_WAIT: Final = 0.0001

#: When a turn that failed by a fault of ours is taken again, in seconds. Reason: keys wait meanwhile.
_AGAIN_AFTER: Final = 0.05


class Work(Protocol):
    """What goes on beside a run, over its streams: it moves bytes between them and something here."""

    def turn(self, *, now: float) -> None:
        """Do what can be done now; called after datagrams have come, and before others leave."""

    @property
    def next_wakeup(self) -> float | None:
        """When to take a turn without another reason, in monotonic seconds."""


class LinkLoop:
    """One run of a client, as far as its server is concerned.

    Attributes:
        carrier: sends what the core has to say.
        ssh_path: the one inside SSH.
    """

    def __init__(
        self, reach: ServerReach, loop: EventLoop, news: ContactNews, *, act: Callable[[Action], None], name: str
    ) -> None:
        """Begin.

        Args:
            news: where people read how the contact does.
            act: the driver's: does what it is given, and takes a turn.
            name: what faults in that are named by.
        """
        self._reach = reach
        self._loop = loop
        self._act = act
        self._ended: Ending | Exception | None = None
        self._sleep = SleepWatch(now=monotonic(), boot_time=boot_time())
        self._alarm: Alarm | None = None
        self._boot_timer = BootTimer()
        self._work: dict[Work, int | None] = {}
        self._turning = reach.walls.part(name)
        self._take_turn = self.guarded(nothing)
        self.carrier = DatagramCarrier(reach.core, reach.sockets, reach.walls, reach.addresses.claims)
        self.ssh_path = SshPath(reach.core, reach.sockets, reach.log, loop, reach.log_in)
        self.ssh_path.guard = lambda action: self.guarded(self._contact.after(action))
        self._contact = KeepingContact(
            reach, self.carrier, self.ssh_path, loop, news, end=self.end, take_turn=self._take_turn
        )
        look_at_network = self.guarded(lambda: self._contact.look_at_network(now=monotonic()))
        self._network = NetworkAlarm(reach.network, loop, look_at_network)

    # --- the run ---------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def begun(self) -> Iterator[None]:
        """Have the event loop take turns for as long as the context is open."""
        self._watch_all()
        try:
            yield
        finally:
            self._unwatch_all()

    def add(self, work: Work, *, wakes: int | None = None) -> None:
        """Have something done beside the run from the next turn on.

        Args:
            wakes: a descriptor that can be read when there is something to do; None where the work sees to that itself.
        """
        self._work[work] = wakes
        if wakes is not None:
            self._loop.add_reader(wakes, self._take_turn)

    def remove(self, work: Work) -> None:
        """Have it done no more, before its descriptor is closed; nothing where it is not."""
        if (wakes := self._work.pop(work, None)) is not None:
            self._loop.remove_reader(wakes)

    def end_work(self) -> None:
        """Have nothing done any more."""
        for work in list(self._work):
            self.remove(work)

    def take_turn(self) -> None:
        """Take one without another reason."""
        self._take_turn()

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._ended is not None

    @property
    def ending(self) -> Ending:
        """How it ended.

        Raises:
            Exception: what ended it, where that is a fault.
        """
        if isinstance(self._ended, Exception):
            raise self._ended
        assert self._ended is not None
        return self._ended

    def end(self, ending: Ending) -> None:
        """End the run; only the first ending counts."""
        if self._ended is None:
            self._ended = ending

    def guarded(self, action: Action) -> Action:
        """Return a callback for the event loop that acts and takes a turn.

        A fault in that is survived, unless it comes again and again: a user must not be left with what is there and
        does nothing. The server goes on.
        """

        def act() -> None:
            if self.is_over:
                return
            self._reach.walls.now = monotonic()
            try:
                self._act(action)
            except Exception as error:
                self._turning.failed(error)
                if isinstance(error, BootstrapError) or self._turning.is_left_off:
                    self._ended = error
                else:
                    self._wake_at(monotonic() + _AGAIN_AFTER)

        return act

    # --- one turn --------------------------------------------------------------------------------------------

    def look_for_sleep(self, *, now: float) -> None:
        """Ask for an answer at once where there was sleep since the last turn."""
        if self._sleep.wake(now=now, boot_time=boot_time()):
            self.woke_up()

    def woke_up(self) -> None:
        """The machine or the process slept, or was stopped."""
        self._reach.log.say("this machine slept, or rmosh was stopped: asking at once")
        self._contact.woke_up(now=monotonic())

    def open_fresh_paths(self, *, now: float) -> None:
        """Try new sockets: those in use seem dead."""
        self._reach.log.say("trying new sockets")
        self.carrier.open_fresh_paths(now=now)

    def do_work(self, *, now: float) -> None:
        """Do what goes on beside the run, before datagrams are sent."""
        for work in list(self._work):
            work.turn(now=now)

    def keep_contact(self, status: LinkStatus, *, is_leaving: bool, now: float) -> None:
        """Do what is to be done about a server that does not answer.

        Raises:
            BootstrapError: it never answered a datagram.
        """
        self._contact.turn(status, is_leaving=is_leaving, now=now)

    def contact_is_due(self, status: LinkStatus, *, now: float) -> float | None:
        """Return when that is to be done next, in monotonic seconds."""
        return self._contact.next_wakeup(status, now=now)

    def arm(self, moments: Iterable[float | None], *, now: float) -> None:
        """Set the one timer to the earliest moment at which anything is due."""
        if self.is_over:
            return
        due_at = earliest(moments)
        for work in self._work:
            due_at = earliest((due_at, work.next_wakeup))
        latest = now + _LONGEST_WAIT
        self._wake_at(latest if due_at is None else min(max(due_at, now + _SHORTEST_WAIT), latest))

    def _wake_at(self, moment: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        wait = moment - monotonic()
        if wait > _LONGEST_LOOK_AWAY:
            if self._boot_timer.set(wait):
                self._sleep.expect(moment)
                return
            wait = _LONGEST_LOOK_AWAY
        self._sleep.expect(monotonic() + wait)
        self._alarm = self._loop.call_later(wait, self._take_turn)

    # --- what wakes us ---------------------------------------------------------------------------------------

    def _watch_all(self) -> None:
        sockets = self._reach.sockets
        sockets.on_open = self._watch_socket
        sockets.on_close = self._unwatch_socket
        sockets.on_stuck = self._stream_stuck
        for number, descriptor in sockets.descriptors.items():
            self._watch_socket(number, descriptor)
        self._network.watch()
        self._boot_timer.open()
        if self._boot_timer.descriptor is not None:
            self._loop.add_reader(self._boot_timer.descriptor, self._timer_went_off)

    def _timer_went_off(self) -> None:
        self._boot_timer.drain()
        self._take_turn()

    def _unwatch_all(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._network.unwatch()
        if self._boot_timer.descriptor is not None:
            self._loop.remove_reader(self._boot_timer.descriptor)
            self._boot_timer.close()
        for number, descriptor in self._reach.sockets.descriptors.items():
            self._unwatch_socket(number, descriptor)

    def _watch_socket(self, number: int, descriptor: int) -> None:
        self._loop.add_reader(descriptor, self.guarded(lambda: self.carrier.receive(number)))

    def _unwatch_socket(self, _number: int, descriptor: int) -> None:
        self._loop.remove_reader(descriptor)

    def _stream_stuck(self, number: int, descriptor: int, stuck: bool) -> None:
        if stuck:
            self._loop.add_writer(descriptor, self.guarded(lambda: self._reach.sockets.send_waiting(number)))
        else:
            self._loop.remove_writer(descriptor)


def nothing() -> None:
    """What a timer does: the turn that follows is all."""
