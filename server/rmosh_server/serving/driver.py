"""The server's loop: moves bytes between the UDP socket, the session core and the PTY, and tells them the time.

It decides nothing about the protocol or the screen; what it does decide is order: typed input before output, so
that Ctrl-C never waits behind a flood, and when a session that has ended is over.
"""

import os
import selectors
import signal
import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from rmosh.channels.channel import FaultContained
from rmosh.channels.closing.ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.closing.policy import NEVER
from rmosh.containment import Containment
from rmosh.session.events import ClientLeft, MemorySpared, PtyInput, ServerEvent
from rmosh.session.policy import FIRST_CONTACT_TIMEOUT
from rmosh.terminal.cells import MAX_COLUMNS, LineDiscipline
from rmosh.transport.path import Datagram, Path
from rmosh_server.process.memory import give_memory_back
from rmosh_server.shell.foreground import Readers
from rmosh_server.shell.pty import Pty
from rmosh_server.shell.typed_input import TypedInput

#: Datagrams taken in per turn. Reason: all that a window of input holds, while a stranger's flood cannot starve
#: the PTY.
DATAGRAMS_PER_TURN: Final = 64

#: Program output taken in per turn, in bytes and seconds. Reason: a turn is what Ctrl-C waits for at worst, and the
#: emulator takes 1 to 20 ms for 64 KB.
OUTPUT_PER_TURN: Final = 65536
OUTPUT_TIME_PER_TURN: Final = 0.003

#: Most output taken in after the program's end, in bytes. Reason: far above what a PTY holds; a bound, because
#: background processes may write on.
MAX_LAST_OUTPUT: Final = 1 << 20

#: How long a session that ended by itself waits for the client to hear of it, in seconds. Reason: a laptop asleep
#: over a meeting still gets the last screen and the exit status; later `rmosh-server status` tells.
ENDED_PATIENCE: Final = 3600.0

#: The same when the server is told to stop, in seconds. Reason: a host that shuts down waits for us.
STOPPED_PATIENCE: Final = 3.0

#: How long a session that its client ended goes on, in seconds. Reason: the client repeats its goodbye until it is
#: acknowledged, three round trips of the slowest link; a shell saves its history meanwhile, one that ignores SIGHUP
#: is left alone.
QUIT_PATIENCE: Final = 3.0

#: How often the session's file is touched, in seconds. Reason: /tmp cleaners take files untouched for days.
REFRESH_INTERVAL: Final = 6 * 3600.0

#: Pause of a loop that goes on failing by a fault of ours, in seconds. Reason: programs and keys wait meanwhile.
TURNS_LEFT_OFF_FOR: Final = 0.5

#: Timeout standing for "nothing due", in seconds. Reason: bounded, so that a lost wake-up heals.
IDLE_TURN: Final = 3600.0


class ServerCore(Protocol):
    """What the loop needs of a session; `rmosh.session.server.ServerSession` has it."""

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None: ...
    def datagrams_to_send(self, *, now: float) -> list[Datagram]: ...
    def send_failed(self, path: Path, *, too_long: int, now: float) -> None: ...
    def next_wakeup(self, *, now: float) -> float | None: ...
    def next_event(self) -> ServerEvent | None: ...
    def output(self, data: bytes, *, now: float) -> None: ...
    def line_discipline(self, flags: LineDiscipline, *, now: float) -> None: ...
    def input_taken(self, client: bytes, input_offset: int, *, now: float) -> None: ...
    def shell_ended(self, close: Close, *, now: float) -> None: ...

    @property
    def connection_ids(self) -> frozenset[bytes]: ...
    @property
    def finished(self) -> bool: ...
    @property
    def heard_at(self) -> float | None: ...


class UdpPort(Protocol):
    """Where datagrams come and go: a `UdpSocket` of the session's own, or a `SharedPort`."""

    def fileno(self) -> int: ...
    def receive(self, *, limit: int) -> Iterator[tuple[bytes, Path]]: ...
    def send(self, datagram: Datagram) -> bool: ...
    def follow(self, ids: frozenset[bytes], *, now: float) -> float: ...

    @property
    def failed_sends(self) -> int: ...
    @property
    def network(self) -> str: ...


class Streams(Protocol):
    """Where clients are reached through SSH; `StreamPaths` has it."""

    def fileno(self) -> int: ...
    def attend(self, *, now: float) -> None: ...
    def send(self, datagram: Datagram) -> bool: ...
    def client_left(self, client: bytes, *, now: float) -> None: ...
    def flush(self, *, now: float) -> None: ...

    @property
    def next_wakeup(self) -> float: ...


class SignalSource(Protocol):
    """Where signals come from; `SignalPipe` in a process of our own."""

    def fileno(self) -> int: ...
    def take(self) -> set[int]: ...


class Presence(Protocol):
    """What others on this host see of the session."""

    def refresh(self) -> None: ...
    def leave(self) -> None: ...
    def client_left(self, client: bytes, *, now: float) -> None: ...


class Control(Protocol):
    """Where other processes of the same user ask things of the session."""

    def fileno(self) -> int: ...
    def answer_questions(self, *, now: float) -> None: ...

    @property
    def next_wakeup(self) -> float: ...


class ServerDriver:
    """Runs one session to its end."""

    def __init__(
        self,
        session: ServerCore,
        udp: UdpPort,
        streams: Streams,
        pty: Pty,
        signals: SignalSource,
        *,
        shell: int,
        presence: Presence,
        complain: Callable[[str], None],
        control: Control | None = None,
        idle_timeout: float = NEVER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take over a session whose shell, a child process with this id, has started.

        Args:
            complain: told in a line of each fault that the session survives.
        """
        self._session = session
        self._udp = udp
        self._streams = streams
        self._pty = pty
        self._signals = signals
        self._shell: int | None = shell
        self._presence = presence
        self._control = control
        self._idle_timeout = idle_timeout
        self._complain = complain
        self._heard_at = NEVER
        self._clock = clock
        self._typed = TypedInput(pty.write)
        self._line_discipline = LineDiscipline()
        self._readers = Readers(leader=shell)
        self._close: Close | None = None
        self._hung_up = False
        now = clock()
        self._walls = Containment(now=now)
        self._turning = self._walls.part("the server's loop", left_off_for=TURNS_LEFT_OFF_FOR)
        self._answering = self._walls.part("what other processes ask")
        self._announcing = self._walls.part("what the host knows of the session")
        self._deadline = now + FIRST_CONTACT_TIMEOUT
        self._follow_at = now
        self._refresh_at = now + REFRESH_INTERVAL
        # Five descriptors; select() waits in microseconds where epoll and poll round up to whole milliseconds.
        self._selector = selectors.SelectSelector()
        for source in (udp, streams, pty, signals):
            self._selector.register(source, selectors.EVENT_READ)
        if control is not None:
            self._selector.register(control, selectors.EVENT_READ)

    def run(self) -> Close:
        """Run until the session is over; return how it ended."""
        self._reap(now=self._clock())  # one that ended before its signal was watched
        while not self.over:
            self._walls.now = self._clock()
            self._turning.run(None, self.turn)
            while (line := self._walls.next_told()) is not None:
                self._complain(line)
            if self._turning.is_left_off:
                time.sleep(TURNS_LEFT_OFF_FOR)
        assert self._close is not None
        return self._close

    def abandon(self, close: Close) -> None:
        """Tell the client once that this cannot go on, and hang up."""
        self._session.shell_ended(close, now=self._clock())
        self._send()
        self._hang_up()

    @property
    def over(self) -> bool:
        """Whether nothing is left to wait for."""
        if self._close is None:
            return False
        return (self._shell is None and self._session.finished) or self._clock() >= self._deadline

    def turn(self) -> None:
        """Wait until something is due and do it: what the client typed first, then output, then answers."""
        ready = {key.fileobj for key, _ in self._selector.select(self._timeout())}
        now = self._walls.now = self._clock()
        if self._udp in ready:
            for data, path in self._udp.receive(limit=DATAGRAMS_PER_TURN):
                self._session.receive_datagram(data, path, now=now)
        if self._streams in ready or now >= self._streams.next_wakeup:
            self._streams.attend(now=now)
        self._handle_events(now=now)
        if self._pty in ready:
            self._take_output()
        if self._signals in ready:
            self._handle_signals(self._signals.take(), now=self._clock())
        if self._control is not None and (self._control in ready or now >= self._control.next_wakeup):
            self._answering.run(None, self._control.answer_questions, now=now)
        self._note_line_discipline(now=now)
        self._handle_events(now=now)  # the emulator answered a program's questions
        self._follow_at = self._udp.follow(self._session.connection_ids, now=now)
        self._send()
        self._check_time(now=now)
        self._watch_pty()
        self._watch_control()

    def _timeout(self) -> float:
        now = self._clock()
        idle_at, stream_at = self._heard_at + self._idle_timeout, self._streams.next_wakeup
        due = [self._deadline, self._refresh_at, self._follow_at, idle_at, stream_at]
        wakeup = self._session.next_wakeup(now=now)
        if wakeup is not None:
            due.append(wakeup)
        if self._control is not None:
            due.append(max(self._control.next_wakeup, self._answering.left_off_until))
        return min(max(0.0, min(due) - now), IDLE_TURN)

    def _handle_events(self, *, now: float) -> None:
        while (event := self._session.next_event()) is not None:
            if isinstance(event, SessionClosed):
                self._end(event.close, now=now, patience=QUIT_PATIENCE)
                self._hang_up()
            elif isinstance(event, ClientLeft):
                self._announcing.run(None, self._presence.client_left, event.client, now=now)
                self._streams.client_left(event.client, now=now)
            elif isinstance(event, MemorySpared):
                give_memory_back()
            elif isinstance(event, FaultContained):
                self._complain(event.line)
            elif self._hung_up:
                continue
            elif isinstance(event, PtyInput):
                self._typed.push(event.data, client=event.client, input_offset=event.input_offset)
            else:  # PtyResize: of any that has no branch mypy says so here
                if event.redraw:  # the kernel tells programs only of another size
                    self._pty.resize(rows=event.rows, columns=event.columns % MAX_COLUMNS + 1)
                self._pty.resize(rows=event.rows, columns=event.columns)
        for client, taken in self._typed.flush().items():
            self._session.input_taken(client, taken, now=now)

    def _take_output(self) -> None:
        started = self._clock()
        taken = 0
        while not self._hung_up and taken < OUTPUT_PER_TURN:
            data = self._pty.read()
            if not data:
                return
            now = self._clock()
            self._session.output(data, now=now)
            taken += len(data)
            if now - started > OUTPUT_TIME_PER_TURN:
                return

    def _drain(self, *, now: float) -> None:
        """Take all that was written before the program's end."""
        taken = 0
        while not self._hung_up and taken < MAX_LAST_OUTPUT and (data := self._pty.read()):
            self._session.output(data, now=now)
            taken += len(data)

    def _handle_signals(self, numbers: set[int], *, now: float) -> None:
        if signal.SIGCHLD in numbers:
            self._reap(now=now)
        if signal.SIGTERM in numbers:
            self.stop("the server was told to stop", now=now)

    def _reap(self, *, now: float) -> None:
        """Collect every child that ended: the shell, or a helper whose status nobody needs."""
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if child == 0:
                return
            if child == self._shell:
                self._shell = None
                self._shell_ended(_close_from(status), now=now)

    def _shell_ended(self, close: Close, *, now: float) -> None:
        """Show what the program wrote last, then tell the client how it ended."""
        self._drain(now=now)
        self._hang_up()
        if self._close is None:
            self._session.shell_ended(close, now=now)
            self._end(close, now=now, patience=ENDED_PATIENCE)

    def stop(self, why: str, *, now: float) -> None:
        """End because the host or the user says so."""
        close = Close(CloseKind.SERVER_STOPPED, signal.SIGTERM, why)
        if self._close is None:
            self._session.shell_ended(close, now=now)
        self._end(close, now=now, patience=STOPPED_PATIENCE)
        self._hang_up()

    def _end(self, close: Close, *, now: float, patience: float) -> None:
        """Note how the session ended, the first reason winning, and wait no longer than a patience."""
        self._close = self._close or close
        self._deadline = min(self._deadline, now + patience)

    def _hang_up(self) -> None:
        if self._hung_up:
            return
        self._hung_up = True
        self._typed.clear()
        self._selector.unregister(self._pty)
        self._announcing.run(None, self._presence.leave)
        self._pty.close()

    def _note_line_discipline(self, *, now: float) -> None:
        if self._hung_up:
            return
        echo, canonical = self._pty.echoes()
        self._readers.note(self._pty.foreground())
        found = LineDiscipline(echo, canonical, self._readers.number, self._readers.switches)
        if found != self._line_discipline:
            self._line_discipline = found
            self._session.line_discipline(found, now=now)

    def _send(self) -> None:
        now = self._clock()
        for datagram in self._session.datagrams_to_send(now=now):
            if datagram.path.is_stream:
                self._streams.send(datagram)
            elif not self._udp.send(datagram):
                self._session.send_failed(datagram.path, too_long=len(datagram.data), now=now)
        self._streams.flush(now=now)

    def _check_time(self, *, now: float) -> None:
        if now >= self._refresh_at:
            self._refresh_at = now + REFRESH_INTERVAL
            self._announcing.run(None, self._presence.refresh)
        if self._close is not None:
            return
        if self._session.heard_at is not None:
            self._heard_at = self._session.heard_at
            self._deadline = NEVER
        if now >= self._heard_at + self._idle_timeout:
            self.stop("nobody was there for longer than its idle timeout", now=now)
        elif now >= self._deadline:
            self._close = Close(CloseKind.FAILED, 0, "no client came")
            self._hang_up()

    def _watch_control(self) -> None:
        """Leave questions alone while answering them is left off."""
        if self._control is None:
            return
        is_watched = self._control in self._selector.get_map()
        if is_watched and self._answering.is_left_off:
            self._selector.unregister(self._control)
        elif not is_watched and not self._answering.is_left_off:
            self._selector.register(self._control, selectors.EVENT_READ)

    def _watch_pty(self) -> None:
        """Wait for room in the PTY only while typed bytes wait for it."""
        if not self._hung_up:
            writing = selectors.EVENT_WRITE if self._typed.size else 0
            wanted = selectors.EVENT_READ | writing
            if self._selector.get_key(self._pty).events != wanted:
                self._selector.modify(self._pty, wanted)


def _close_from(status: int) -> Close:
    """Return what a wait status says of a program's end."""
    code = os.waitstatus_to_exitcode(status)
    return Close(CloseKind.EXITED, code) if code >= 0 else Close(CloseKind.SIGNALLED, -code)
