"""The client's driver: joins terminal, sockets, clocks and signals to the session's core. Decides nothing itself.

After whatever woke it, a key, a datagram, a timer or a signal, it takes one turn: events, datagrams, screen, timer.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rmosh.channels.channel import ClientEvent, FaultContained
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close
from rmosh.channels.echo.ends import EchoAdvanced
from rmosh.channels.history.ends import HistoryChanged
from rmosh.channels.newest.ends import PeopleChanged
from rmosh.channels.screen.receiver import ScreenChanged
from rmosh.session.status import LinkStatus
from rmosh.session.wishes import PathWanted, StreamIdle
from rmosh.terminal_input import InputToken
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.reaching.ending import HUNG_UP, Ending, ending_of, not_forwarded
from rmosh_client.reaching.link_loop import LinkLoop, nothing
from rmosh_client.running.departure import SessionDeparture
from rmosh_client.running.keyboard import Keyboard
from rmosh_client.running.own_commands import OwnCommands
from rmosh_client.running.parts import Parts
from rmosh_client.typing.local_terminal import HungUp

#: Most events taken in one turn. Reason: a core that never stops telling must not keep keys from being read.
_MOST_EVENTS: Final = 1000


class ClientDriver:
    """Runs one session until it ends.

    Attributes:
        ssh_path: the one inside SSH.
        on_suspend: called when the user asks for suspension.
        on_log_in: called when the user wants to log in again.
        on_closed: called with the server's word that the session is over.
        on_shell: called when the user wants a shell on this machine.
    """

    def __init__(self, parts: Parts, loop: EventLoop) -> None:
        self._parts = parts
        self._loop = loop
        walls = parts.walls
        self._link = LinkLoop(parts.reach, loop, parts.notices, act=self._act, name="the client's loop")
        self._carrier = self._link.carrier
        self.ssh_path = self._link.ssh_path
        self.guarded, self.end = self._link.guarded, self._link.end
        self.add_work, self.remove_work = self._link.add, self._link.remove
        self._drawing = walls.part("drawing", reset=lambda deep: parts.display.start_over(deep=deep))
        self._reading = walls.part("the history viewer", reset=lambda _: parts.reader.close())
        self._saying = walls.part("rmosh's own words")
        self._departure = SessionDeparture(parts.session, parts.notices, end=self.end, way_back=parts.way_back)
        commands = OwnCommands(
            parts,
            leave=self.leave,
            suspend=lambda: self.on_suspend(),
            log_in=lambda: self.on_log_in(),
            run_shell=lambda: self.on_shell(),
        )
        self._keyboard = Keyboard(parts, commands)
        parts.interview.on_colours_changed = self.look_at_colours
        parts.tracer.on_trouble = lambda words: parts.notices.tell(words, now=monotonic())
        self._keyboard_open = False
        self._is_away = False
        self._has_sent = self._has_picture = False
        self.on_suspend: Callable[[], None] = nothing
        self.on_log_in: Callable[[], None] = nothing
        self.on_shell: Callable[[], None] = nothing
        self.on_closed: Callable[[Close], None] = lambda _: None

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
        with self._link.begun():
            try:
                self._parts.forwards.on_made = lambda forwards: self._link.add(forwards, wakes=forwards.fileno())
                self._parts.forwards.begin()
                if typed_ahead:
                    self._keyboard.take(list(typed_ahead), now=monotonic())
                self._link.take_turn()
                yield
            finally:
                self._parts.forwards.close(self._link.remove)
                self._loop.remove_reader(self._parts.terminal.fileno())
                self._loop.remove_writer(self._parts.terminal.fileno())

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._link.is_over

    @property
    def ending(self) -> Ending:
        """How it ended.

        Raises:
            Exception: what ended it, where that is a fault.
        """
        return self._link.ending

    def _act(self, action: Callable[[], None]) -> None:
        try:
            action()
            if action == self._write_rest and self._parts.display.is_stuck:
                return  # nothing else has changed
            self.turn(news=self._is_shown_first(action))
        except HungUp:
            self._parts.display.abandon()
            if not self._departure.is_leaving:
                self.leave(HUNG_UP, now=monotonic())
            self.turn(news=False)

    def _is_shown_first(self, action: Callable[[], None]) -> bool:
        """Tell whether what came of an action is shown before anything is sent; a key only with its guess."""
        return self._parts.predictor.painting if action == self._read_keys else action is not nothing

    def leave(self, ending: Ending, *, detach: bool = False, now: float) -> None:
        """End the session from here: the server is told but not waited for long, nor at all when asked twice.

        Args:
            detach: let it go on in any case.
        """
        self._parts.display.is_over = True
        self._parts.forwards.leave()
        self._departure.leave(ending, detach=detach, now=now)

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Leave the terminal alone for as long as the context is open; the session goes on."""
        self._is_away = True
        self._open_or_leave_keyboard()
        try:
            yield
        finally:
            self._is_away = False

    def resized(self) -> None:
        """The terminal has a new size."""
        if self._is_away:
            return
        now = monotonic()
        self._parts.display.resize(now=now)
        rows, columns = self._parts.display.window
        self._parts.session.resize(rows=rows, columns=columns, now=now)

    def woke_up(self) -> None:
        """The machine or the process slept, or was stopped."""
        self._link.woke_up()

    def look_at_colours(self) -> None:
        """The terminal may have other colours."""
        self._parts.colours.look(now=monotonic())

    # --- one turn --------------------------------------------------------------------------------------------

    def turn(self, *, news: bool) -> None:
        """Do all that is to be done now, and arrange to be woken for the next that is not.

        Args:
            news: a datagram or a key with a guess came in, and its effect is shown before anything is sent: on a busy
                machine sending one datagram was measured to take 0.7 ms, as it wakes whoever waits for it.
        """
        now = monotonic()
        self._link.look_for_sleep(now=now)
        if self._keyboard.let_go(now=now):
            self._departure.key_pressed(now=now)
        self._take_events(now)
        predictor = self._parts.predictor
        follows_first = news and predictor.painting
        status = self._parts.session.status(now=now)
        if self._has_picture:  # the server goes on while it is painted
            self._carrier.send(now=now)
        if news:
            if follows_first:
                predictor.follow(srtt=status.srtt, now=now)
            self._show(status, now, hurried=True)
        self._look_at_forwards(now)
        self._link.do_work(now=now)
        if not self._has_sent:  # what came up since has its turn at once
            self._carrier.send(now=now)
        self._has_sent = self._has_picture = False
        self._take_events(now)
        self._look_at_contact(status, now)
        if not self._is_away:
            self._parts.colours.look_in_pauses(now=now)
        if not follows_first:
            predictor.follow(srtt=status.srtt, now=now)
        if not news or self._parts.display.may_feed_at_once or (predictor.painting and not follows_first):
            self._show(status, now, hurried=False)
        self._departure.end_when_shown(complete=self._parts.display.is_complete, now=now)
        self._parts.tracer.turn_ended(
            self._parts.predictor.statistics, shown=self._parts.terminal.bytes_written, now=now
        )
        self._arm(status, now)

    def _look_at_contact(self, status: LinkStatus, now: float) -> None:
        """Tell how it does, and do something about it where there is none."""
        self._parts.notices.look(status, now=now)
        self._parts.reach.log.look(status)
        if not self._departure.is_over:
            self._link.keep_contact(status, is_leaving=self._departure.is_leaving, now=now)
            self._departure.end_when_heard(now=now)

    def _look_at_forwards(self, now: float) -> None:
        """Tell how they do, or end a session that is not wanted without one that failed."""
        forwards = self._parts.forwards
        forwards.refuse_unasked()
        if forwards.failure and not self._departure.is_leaving:
            self.leave(not_forwarded(forwards.failure), detach=forwards.joins_session, now=now)
        elif self._parts.display.is_started and (line := forwards.next_line(now=now)) is not None:
            self._parts.notices.tell(line, now=now)

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
            self._has_picture |= event.is_picture
            predictor.screen_changed(event.frame, input_offset=event.input_offset, now=now)
            self._reading.run(None, self._parts.reader.changed, event.frame)
        elif isinstance(event, HistoryChanged):
            self._reading.run(None, self._parts.reader.changed, self._parts.session.frame)
        elif isinstance(event, EchoAdvanced):
            predictor.echo_advanced(input_offset=event.input_offset, age=event.age, now=now)
        elif isinstance(event, PeopleChanged):
            self._parts.notices.people = event.people
        elif isinstance(event, PathWanted):
            self._link.open_fresh_paths(now=now)
        elif isinstance(event, StreamIdle):
            self.ssh_path.close()
        elif isinstance(event, FaultContained):
            self._parts.notices.fault(event.line, now=now)
        elif isinstance(event, SessionClosed):
            self._parts.reader.close()
            self._parts.display.is_over = True
            self.on_closed(event.close)
            self._departure.session_closed(ending_of(event.close, way_back=self._parts.way_back), now=now)

    def _show(self, status: LinkStatus, now: float, *, hurried: bool) -> None:
        if self._is_away:
            return
        if self._parts.display.has_another_size:  # its signal waits for this turn to end
            self.resized()
        session, statistics = self._parts.session, self._parts.predictor.statistics
        lacking = self._parts.display.lines_lacking if self._departure.is_over else 0
        self._parts.notices.wait_for(self._departure.waits_for(lacking), now=now)
        self._reading.run(None, self._parts.reader.go_on)
        show = self._parts.display.show
        self._drawing.run(None, show, session.frame, status, statistics, now=now, hurried=hurried)

    def _arm(self, status: LinkStatus, now: float) -> None:
        """Set the one timer to the earliest moment at which anything is due."""
        if self.is_over:
            return
        moments = (
            self._parts.session.next_wakeup(now=now),
            None if self._departure.is_over else self._link.contact_is_due(status, now=now),
            self._departure.leave_by,
        )
        self._link.arm(moments if self._is_away else (*moments, *self._due_on_terminal(status, now)), now=now)
        self._open_or_leave_keyboard()

    def _due_on_terminal(self, status: LinkStatus, now: float) -> Iterator[float | None]:
        """Yield when anything is due that is for the user's eyes or comes from his hands."""
        yield self._parts.predictor.next_wakeup()
        yield self._parts.forwards.next_line_at if self._parts.display.is_started else None
        yield self._saying.run(None, self._parts.notices.next_wakeup, status, now=now)
        yield self._drawing.run(None, self._parts.display.next_wakeup, now=now)
        yield self._reading.run(None, self._parts.reader.next_wakeup, now=now)
        yield self._keyboard.next_wakeup()

    # --- the terminal ----------------------------------------------------------------------------------------

    def _read_keys(self) -> None:
        """Take what was typed; where no guess is to be shown first, it leaves before anything else is done."""
        now = monotonic()
        is_pressed = self._keyboard.read(now=now)
        if not self._parts.predictor.painting:
            self._carrier.send(now=now)
            self._has_sent = True
        if is_pressed:
            self._departure.key_pressed(now=now)
            self.ssh_path.hurry(now=now)

    def terminal_stuck(self, stuck: bool) -> None:
        """The terminal takes no more bytes, or takes them again."""
        self._parts.tracer.note("terminal_stuck" if stuck else "terminal_free", now=monotonic())
        descriptor = self._parts.terminal.fileno()
        if stuck:
            self._loop.add_writer(descriptor, self.guarded(self._write_rest))
        else:
            self._loop.remove_writer(descriptor)

    def _write_rest(self) -> None:
        self._parts.display.write_rest()

    def _open_or_leave_keyboard(self) -> None:
        """Read keys, unless so many wait for the server already that a paste is held up."""
        held_up = self._parts.session.input_held_up or self._parts.display.is_abandoned
        wanted = not held_up and not self._is_away
        if wanted == self._keyboard_open:
            return
        self._keyboard_open = wanted
        descriptor = self._parts.terminal.fileno()
        if wanted:
            self._keyboard.resume(now=monotonic())
            self._loop.add_reader(descriptor, self.guarded(self._read_keys))
        else:
            self._loop.remove_reader(descriptor)
