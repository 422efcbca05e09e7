"""The client's driver: joins terminal, sockets, clocks and signals to the session's core. Decides nothing itself.

After whatever woke it, a key, a datagram, a timer or a signal, it takes one turn: events, datagrams, screen, timer.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rmosh.channels.channel import ClientEvent, FaultContained
from rmosh.channels.closing.ends import SessionClosed
from rmosh.channels.echo.ends import EchoAdvanced
from rmosh.channels.history.ends import HistoryChanged
from rmosh.channels.newest.ends import PeopleChanged
from rmosh.channels.screen.receiver import ScreenChanged
from rmosh.errors import BootstrapError
from rmosh.session.client import PathWanted, StreamIdle
from rmosh.session.status import LinkStatus
from rmosh.terminal_input import InputToken
from rmosh_client.link.clocks import SleepWatch, boot_time, monotonic
from rmosh_client.running.datagram_carrier import DatagramCarrier
from rmosh_client.running.departure import SessionDeparture
from rmosh_client.running.ending import HUNG_UP, Ending, ending_of
from rmosh_client.running.event_loop import Alarm, EventLoop
from rmosh_client.running.keeping_contact import KeepingContact
from rmosh_client.running.keyboard import Keyboard
from rmosh_client.running.network_alarm import NetworkAlarm
from rmosh_client.running.own_commands import OwnCommands
from rmosh_client.running.parts import Parts
from rmosh_client.running.ssh_path import SshPath
from rmosh_client.typing.local_terminal import HungUp

#: Longest wait without a look at the clocks, in seconds. Reason: a suspension is noticed at the next look only.
_LONGEST_WAIT: Final = 1.0

#: Shortest wait, in seconds. Reason: a part that is due at once again and again would leave no time to others here.
_SHORTEST_WAIT: Final = 0.0001

#: When a turn that failed by a fault of ours is taken again, in seconds. Reason: keys wait meanwhile.
_AGAIN_AFTER: Final = 0.05

#: Most events taken in one turn. Reason: a core that never stops telling must not keep keys from being read.
_MOST_EVENTS: Final = 1000


class ClientDriver:
    """Runs one session until it ends.

    Attributes:
        ssh_path: the one inside SSH.
        on_suspend: called when the user asks for suspension.
        on_log_in: called when the user wants to log in again.
    """

    def __init__(self, parts: Parts, loop: EventLoop) -> None:
        self._parts = parts
        self._loop = loop
        self._ended: Ending | Exception | None = None
        self._sleep = SleepWatch(now=monotonic(), boot_time=boot_time())
        self._alarm: Alarm | None = None
        walls = parts.walls
        self._turning = walls.part("the client's loop")
        self._drawing = walls.part("drawing", reset=lambda deep: parts.display.start_over(deep=deep))
        self._reading = walls.part("the history viewer", reset=lambda _: parts.reader.close())
        self._saying = walls.part("rmosh's own words")
        self._carrier = DatagramCarrier(parts.session, parts.sockets, walls, parts.addresses.claims)
        self._take_turn = self.guarded(_nothing)
        self.ssh_path = SshPath(parts.session, parts.sockets, parts.log, loop, parts.log_in)
        self.ssh_path.guard = self.guarded
        self._contact = KeepingContact(
            parts, self._carrier, self.ssh_path, loop, end=self.end, take_turn=self._take_turn
        )
        look_at_network = self.guarded(lambda: self._contact.look_at_network(now=monotonic()))
        self._network = NetworkAlarm(parts.network, loop, look_at_network)
        self._departure = SessionDeparture(parts.session, parts.notices, end=self.end, way_back=parts.way_back)
        commands = OwnCommands(
            parts, leave=self.leave, suspend=lambda: self.on_suspend(), log_in=lambda: self.on_log_in()
        )
        self._keyboard = Keyboard(parts, commands)
        parts.interview.on_colours_changed = self.look_at_colours
        parts.tracer.on_trouble = lambda words: parts.notices.tell(words, now=monotonic())
        self._keyboard_open = False
        self.on_suspend: Callable[[], None] = _nothing
        self.on_log_in: Callable[[], None] = _nothing

    def run(self, *, typed_ahead: Sequence[InputToken] = ()) -> Ending:
        """Run the session; the terminal must be raw.

        Args:
            typed_ahead: keys that somebody else has read already.

        Raises:
            BootstrapError: the server never answered a datagram.
        """
        with self.begun(typed_ahead=typed_ahead):
            self._loop.run_until(lambda: self.is_over)
            return self.ending

    @contextlib.contextmanager
    def begun(self, *, typed_ahead: Sequence[InputToken] = ()) -> Iterator[None]:
        """Have the loop run the session for as long as the context is open."""
        self._watch_all()
        try:
            if typed_ahead:
                self._keyboard.take(list(typed_ahead), now=monotonic())
            self._take_turn()
            yield
        finally:
            self._unwatch_all()

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
        """End the session's run; only the first ending counts."""
        if self._ended is None:
            self._ended = ending

    def guarded(self, action: Callable[[], None]) -> Callable[[], None]:
        """Return a callback for the event loop that acts and takes a turn.

        A fault in that is survived, unless it comes again and again: a user must not be left with a terminal that is
        raw and does nothing. The session at the server goes on.
        """

        def act() -> None:
            if self.is_over:
                return
            self._parts.walls.now = monotonic()
            try:
                self._act(action)
            except Exception as error:
                self._turning.failed(error)
                if isinstance(error, BootstrapError) or self._turning.is_left_off:
                    self._ended = error
                else:
                    self._wake_at(monotonic() + _AGAIN_AFTER)

        return act

    def _act(self, action: Callable[[], None]) -> None:
        try:
            action()
            self.turn(news=action is not _nothing)
        except HungUp:
            self._parts.display.abandon()
            if not self._departure.is_leaving:
                self.leave(HUNG_UP, now=monotonic())
            self.turn(news=False)

    def leave(self, ending: Ending, *, detach: bool = False, now: float) -> None:
        """End the session from here: the server is told but not waited for long, nor at all when asked twice.

        Args:
            detach: let it go on in any case.
        """
        self._parts.display.is_over = True
        self._departure.leave(ending, detach=detach, now=now)

    def resized(self) -> None:
        """The terminal has a new size."""
        now = monotonic()
        self._parts.display.resize(now=now)
        rows, columns = self._parts.display.window
        self._parts.session.resize(rows=rows, columns=columns, now=now)

    def woke_up(self) -> None:
        """The machine or the process slept, or was stopped."""
        now = monotonic()
        self._parts.log.say("this machine slept, or rmosh was stopped: asking at once")
        self._contact.woke_up(now=now)

    def look_at_colours(self) -> None:
        """The terminal may have other colours."""
        self._parts.colours.look(now=monotonic())

    # --- one turn --------------------------------------------------------------------------------------------

    def turn(self, *, news: bool) -> None:
        """Do all that is to be done now, and arrange to be woken for the next that is not.

        Args:
            news: a key or a datagram came in, and its effect is shown before anything is sent: on a busy
                machine sending one datagram was measured to take 0.7 ms, as it wakes whoever waits for it.
        """
        now = monotonic()
        if self._sleep.wake(now=now, boot_time=boot_time()):
            self.woke_up()
        if self._keyboard.let_go(now=now):
            self._departure.key_pressed(now=now)
        self._take_events(now)
        if news:
            self._show(self._parts.session.status(now=now), now, hurried=True)
        self._carrier.send(now=now)
        self._take_events(now)
        status = self._parts.session.status(now=now)
        self._parts.notices.look(status, now=now)
        self._parts.log.look(status)
        if not self._departure.is_over:
            self._contact.turn(status, is_leaving=self._departure.is_leaving, now=now)
            self._departure.end_when_heard(now=now)
        self._parts.colours.look_in_pauses(now=now)
        if not news or self._parts.display.may_feed_at_once:
            self._show(status, now, hurried=False)
        self._departure.end_when_shown(complete=self._parts.display.is_complete, now=now)
        self._parts.tracer.turn_ended(
            self._parts.predictor.statistics, shown=self._parts.terminal.bytes_written, now=now
        )
        self._arm(status, now)

    def _take_events(self, now: float) -> None:
        for _ in range(_MOST_EVENTS):
            event = self._parts.session.next_event()
            if event is None:
                break
            self._take_event(event, now)
        while (line := self._parts.walls.next_told()) is not None:
            self._parts.notices.fault(line, now=now)

    def _take_event(self, event: ClientEvent, now: float) -> None:
        predictor = self._parts.predictor
        if isinstance(event, ScreenChanged):
            predictor.screen_changed(event.frame, input_offset=event.input_offset, now=now)
            self._reading.run(None, self._parts.reader.changed, event.frame)
        elif isinstance(event, HistoryChanged):
            self._reading.run(None, self._parts.reader.changed, self._parts.session.frame)
        elif isinstance(event, EchoAdvanced):
            predictor.echo_advanced(input_offset=event.input_offset, age=event.age, now=now)
        elif isinstance(event, PeopleChanged):
            self._parts.notices.people = event.people
        elif isinstance(event, PathWanted):
            self._parts.log.say("trying new sockets")
            self._carrier.open_fresh_paths(now=now)
        elif isinstance(event, StreamIdle):
            self.ssh_path.close()
        elif isinstance(event, FaultContained):
            self._parts.notices.fault(event.line, now=now)
        elif isinstance(event, SessionClosed):
            self._parts.reader.close()
            self._parts.display.is_over = True
            self._departure.session_closed(ending_of(event.close, way_back=self._parts.way_back), now=now)

    def _show(self, status: LinkStatus, now: float, *, hurried: bool) -> None:
        if self._parts.display.has_another_size:  # its signal waits for this turn to end
            self.resized()
        session, predictor = self._parts.session, self._parts.predictor
        self._parts.notices.wait_for(self._departure.waits_for(self._parts.display.lines_lacking), now=now)
        if status.srtt is not None:
            predictor.link(srtt=status.srtt)
        predictor.tick(now=now)
        self._reading.run(None, self._parts.reader.go_on)
        show = self._parts.display.show
        self._drawing.run(None, show, session.frame, status, predictor.statistics, now=now, hurried=hurried)

    def _arm(self, status: LinkStatus, now: float) -> None:
        """Set the one timer to the earliest moment at which anything is due."""
        if self.is_over:
            return
        moments = (
            self._parts.session.next_wakeup(now=now),
            self._parts.predictor.next_wakeup(),
            self._saying.run(None, self._parts.notices.next_wakeup, status, now=now),
            None if self._departure.is_over else self._contact.next_wakeup(status),
            self._drawing.run(None, self._parts.display.next_wakeup, now=now),
            self._reading.run(None, self._parts.reader.next_wakeup, now=now),
            self._departure.leave_by,
            self._parts.colours.next_wakeup(),
            self._keyboard.next_wakeup(),
        )
        due_at = min((moment for moment in moments if moment is not None), default=now + _LONGEST_WAIT)
        self._wake_at(min(max(due_at, now + _SHORTEST_WAIT), now + _LONGEST_WAIT))
        self._open_or_leave_keyboard()

    def _wake_at(self, moment: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._sleep.expect(moment)
        self._alarm = self._loop.call_later(moment - monotonic(), self._take_turn)

    # --- what wakes us ---------------------------------------------------------------------------------------

    def _watch_all(self) -> None:
        sockets = self._parts.sockets
        sockets.on_open = self._watch_socket
        sockets.on_close = self._unwatch_socket
        sockets.on_stuck = self._stream_stuck
        for number, descriptor in sockets.descriptors.items():
            self._watch_socket(number, descriptor)
        self._network.watch()

    def _unwatch_all(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._network.unwatch()
        for number, descriptor in self._parts.sockets.descriptors.items():
            self._unwatch_socket(number, descriptor)
        self._loop.remove_reader(self._parts.terminal.fileno())
        self._loop.remove_writer(self._parts.terminal.fileno())

    def _watch_socket(self, number: int, descriptor: int) -> None:
        self._loop.add_reader(descriptor, self.guarded(lambda: self._carrier.receive(number)))

    def _unwatch_socket(self, _number: int, descriptor: int) -> None:
        self._loop.remove_reader(descriptor)

    def _stream_stuck(self, number: int, descriptor: int, stuck: bool) -> None:
        if stuck:
            self._loop.add_writer(descriptor, self.guarded(lambda: self._parts.sockets.send_waiting(number)))
        else:
            self._loop.remove_writer(descriptor)

    def _read_keys(self) -> None:
        """Take what was typed; send it before the screen is looked at, unless guesses are there to be shown first."""
        now = monotonic()
        if self._keyboard.read(now=now):
            self._departure.key_pressed(now=now)
            self.ssh_path.hurry(now=now)
        if not self._parts.predictor.painting:
            self._carrier.send(now=monotonic())

    def terminal_stuck(self, stuck: bool) -> None:
        """The terminal takes no more bytes, or takes them again."""
        self._parts.tracer.note("terminal_stuck" if stuck else "terminal_free", now=monotonic())
        descriptor = self._parts.terminal.fileno()
        if stuck:
            self._loop.add_writer(descriptor, self.guarded(self._parts.display.write_rest))
        else:
            self._loop.remove_writer(descriptor)

    def _open_or_leave_keyboard(self) -> None:
        """Read keys, unless so many wait for the server already that a paste is held up."""
        wanted = not self._parts.session.input_held_up and not self._parts.display.is_abandoned
        if wanted == self._keyboard_open:
            return
        self._keyboard_open = wanted
        descriptor = self._parts.terminal.fileno()
        if wanted:
            self._keyboard.resume(now=monotonic())
            self._loop.add_reader(descriptor, self.guarded(self._read_keys))
        else:
            self._loop.remove_reader(descriptor)


def _nothing() -> None:
    """What a timer does: the turn that follows is all."""
