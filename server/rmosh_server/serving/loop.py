"""What the loops of all serving processes share: datagrams, SSH channels, signals, questions, and when it is over.

Whoever has a loop says what a turn is, in which order: see `driver.py` and `tunnel_driver.py`.
"""

import os
import selectors
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.closing.policy import NEVER
from rmosh.containment import Containment, Part
from rmosh.session.policy import FIRST_CONTACT_TIMEOUT
from rmosh.transport.datagram_runs import runs_of
from rmosh.transport.path import Datagram, Path
from rmosh_server.serving.served_streams import ServedStreams, StreamRoom

#: Datagrams taken in per turn. Reason: all that a window of input holds, while a stranger's flood cannot starve
#: the PTY.
DATAGRAMS_PER_TURN: Final = 64

#: How long what its client ended goes on, in seconds. Reason: the client repeats its goodbye until it is acknowledged,
#: three round trips of the slowest link; a shell saves its history meanwhile, one that ignores SIGHUP is left alone.
QUIT_PATIENCE: Final = 3.0

#: The same when the server is told to stop, in seconds. Reason: a host that shuts down waits for us.
STOPPED_PATIENCE: Final = 3.0

#: How often the session's file is touched, in seconds. Reason: /tmp cleaners take files untouched for days.
REFRESH_INTERVAL: Final = 6 * 3600.0

#: Pause of a loop that goes on failing by a fault of ours, in seconds. Reason: programs and keys wait meanwhile.
TURNS_LEFT_OFF_FOR: Final = 0.5

#: How long a session that is over waits for a client's wish that it stay, in seconds. Reason: the wish leaves with the
#: news of the end; this is three round trips of the slowest link.
LINGER_PATIENCE: Final = 2.0

#: Silence of such a client after which it does not stay, in seconds. Reason: an idle one is heard every 10.
LINGERS_UNHEARD: Final = 90.0

#: Timeout standing for "nothing due", in seconds. Reason: bounded, so that a lost wake-up heals.
IDLE_TURN: Final = 3600.0


class ReachedCore(Protocol):
    """What a loop needs of a core that clients reach."""

    def receive_datagram(
        self, untrusted: bytes, source: Path, *, now: float, received_at: float | None = None
    ) -> None: ...
    def datagrams_to_send(self, *, now: float, clock: Callable[[], float] | None = None) -> list[Datagram]: ...
    def send_failed(self, path: Path, *, too_long: int, now: float) -> None: ...
    def next_wakeup(self, *, now: float) -> float | None: ...

    @property
    def connection_ids(self) -> frozenset[bytes]: ...
    @property
    def finished(self) -> bool: ...
    @property
    def heard_at(self) -> float | None: ...


class UdpPort(Protocol):
    """Where datagrams come and go: a `UdpSocket` of the session's own, or a `SharedPort`."""

    def fileno(self) -> int: ...
    def receive(self, *, limit: int) -> Iterator[tuple[bytes, Path, float | None]]: ...
    def send_run(self, run: Sequence[Datagram]) -> bool: ...
    def follow(self, ids: frozenset[bytes], *, now: float) -> float: ...

    @property
    def failed_sends(self) -> int: ...
    @property
    def network(self) -> str: ...


class SshChannels(Protocol):
    """Where clients are reached through SSH; `SshPaths` has it."""

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
    def ended(self, close: Close) -> None: ...
    def client_left(self, client: bytes, *, now: float) -> None: ...


class Control(Protocol):
    """Where other processes of the same user ask things of the session."""

    def fileno(self) -> int: ...
    def answer_questions(self, *, now: float) -> None: ...

    @property
    def next_wakeup(self) -> float: ...


class ServingLoop(ABC):
    """Runs one core to its end."""

    def __init__(
        self,
        core: ReachedCore,
        udp: UdpPort,
        ssh_paths: SshChannels,
        signals: SignalSource,
        *,
        presence: Presence,
        complain: Callable[[str], None],
        control: Control | None,
        idle_timeout: float,
        clock: Callable[[], float],
        served: ServedStreams | None = None,
        own_sources: Sequence[Any] = (),
    ) -> None:
        """Take over a core.

        Args:
            complain: told in a line of each fault that is survived.
            served: serves what clients' streams ask for.
            own_sources: what else wakes this loop once it can be read.
        """
        self._core = core
        self._udp = udp
        self._ssh_paths = ssh_paths
        self._signals = signals
        self._presence = presence
        self._control = control
        self._served = served
        self._idle_timeout = idle_timeout
        self._complain = complain
        self._heard_at = NEVER
        self._clock = clock
        self._close: Close | None = None
        self._lingers_if_asked_by = -NEVER
        now = clock()
        self._walls = Containment(now=now)
        self._turning = self._walls.part("the server's loop", left_off_for=TURNS_LEFT_OFF_FOR)
        self._answering = self._walls.part("what other processes ask")
        self._announcing = self._walls.part("what the host knows of the session")
        self._serving = self._walls.part("what streams ask for")
        self._deadline = now + FIRST_CONTACT_TIMEOUT
        self._follow_at = now
        self._refresh_at = now + REFRESH_INTERVAL
        # A few descriptors; select() waits in microseconds where epoll and poll round up to whole milliseconds.
        self._selector = selectors.SelectSelector()
        for source in (udp, ssh_paths, *own_sources, signals):
            self._selector.register(source, selectors.EVENT_READ)
        #: What is registered, of what is left alone while its part is.
        self._watched: set[object] = set()
        self._watch(control, self._answering)

    # --- what differs ----------------------------------------------------------------------------------------

    @abstractmethod
    def turn(self) -> None:
        """Wait until something is due and do it."""

    @abstractmethod
    def _tell_the_end(self, close: Close, *, now: float) -> None:
        """Have the core tell its clients."""

    @abstractmethod
    def _hang_up(self) -> None:
        """Let go of what runs here."""

    @abstractmethod
    def _child_ended(self, child: int, status: int, *, now: float) -> None:
        """A child process has ended, with what wait(2) says of it; most are helpers whose status nobody needs."""

    @property
    def _is_finished(self) -> bool:
        """Whether nothing is left to be told to anybody."""
        return self._core.finished

    # --- the run ---------------------------------------------------------------------------------------------

    def run(self) -> Close:
        """Run until it is over; return how it ended."""
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
        """Tell the clients once that this cannot go on, and hang up."""
        self._tell_the_end(close, now=self._clock())
        self._send()
        self._hang_up()

    @property
    def over(self) -> bool:
        """Whether nothing is left to wait for."""
        if self._close is None:
            return False
        now = self._clock()
        return (self._is_finished and now >= self._stays_until) or now >= self._deadline

    @property
    def _stays_until(self) -> float:
        """Until when we stay for others though nothing is left to be told, in monotonic seconds.

        A client that wants that says so soon, and is heard now and then.
        """
        if self._served is None or self._close is None:
            return self._lingers_if_asked_by
        heard_at = -NEVER if self._core.heard_at is None else self._core.heard_at
        return max(self._lingers_if_asked_by, min(self._served.lingers_until, heard_at + LINGERS_UNHEARD))

    def _await_wish_to_linger(self, *, now: float) -> None:
        """Wait a moment for a client that wants us to stay."""
        self._lingers_if_asked_by = now + LINGER_PATIENCE

    def stop(self, why: str, *, now: float) -> None:
        """End because the host or the user says so."""
        close = Close(CloseKind.SERVER_STOPPED, signal.SIGTERM, why)
        if self._close is None:
            self._tell_the_end(close, now=now)
        self._end(close, now=now, patience=STOPPED_PATIENCE)
        self._hang_up()

    def _end(self, close: Close, *, now: float, patience: float) -> None:
        """Note how it ended, the first reason winning, and wait no longer than a patience."""
        if self._close is None:
            self._close = close
            self._announcing.run(None, self._presence.ended, close)
        self._deadline = min(self._deadline, now + patience)

    # --- parts of a turn -------------------------------------------------------------------------------------

    def _wait(self) -> set[object]:
        """Wait until something is due; return what can be read."""
        return self._look(within=self._timeout())

    def _look(self, *, within: float) -> set[object]:
        """Return what can be read, as soon as anything can, or nothing after so many seconds."""
        ready: set[object] = {key.fileobj for key, _ in self._selector.select(within)}
        self._walls.now = self._clock()
        return ready

    def _timeout(self) -> float:
        now = self._clock()
        idle_at, ssh_path_at = self._heard_at + self._idle_timeout, self._ssh_paths.next_wakeup
        due = [self._deadline, self._refresh_at, self._follow_at, idle_at, ssh_path_at]
        wakeup = self._core.next_wakeup(now=now)
        if wakeup is not None:
            due.append(wakeup)
        if self._control is not None:
            due.append(max(self._control.next_wakeup, self._answering.left_off_until))
        if self._served is not None:
            due.append(max(self._served.next_wakeup, self._serving.left_off_until))
            if (stays_until := self._stays_until) > now:
                due.append(stays_until)
        return min(max(0.0, min(due) - now), IDLE_TURN)

    def _receive(self, ready: set[object], *, now: float) -> None:
        if self._udp in ready:
            for data, path, received_at in self._udp.receive(limit=DATAGRAMS_PER_TURN):
                self._core.receive_datagram(data, path, now=now, received_at=received_at)
        if self._ssh_paths in ready or now >= self._ssh_paths.next_wakeup:
            self._ssh_paths.attend(now=now)

    def _attend_host(self, ready: set[object], *, now: float) -> None:
        """Take what the host and other processes of the user say."""
        if self._signals in ready:
            self._handle_signals(self._signals.take(), now=self._clock())
        if self._control is not None and (self._control in ready or now >= self._control.next_wakeup):
            self._answering.run(None, self._control.answer_questions, now=now)

    def _handle_signals(self, numbers: set[int], *, now: float) -> None:
        if signal.SIGCHLD in numbers:
            self._reap(now=now)
        if signal.SIGTERM in numbers:
            self.stop("the server was told to stop", now=now)

    def _reap(self, *, now: float) -> None:
        """Collect every child that ended."""
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if child == 0:
                return
            if self._served is not None:
                self._serving.run(None, self._served.child_ended, child, status)
            self._child_ended(child, status, now=now)

    def _send(self) -> None:
        now = self._clock()
        for run in runs_of(self._core.datagrams_to_send(now=now, clock=self._clock)):
            path, data = run[0]
            if path.is_stream:
                for datagram in run:
                    self._ssh_paths.send(datagram)
            elif not self._udp.send_run(run):
                self._core.send_failed(path, too_long=len(data), now=now)
        self._ssh_paths.flush(now=now)

    def _conclude_turn(self, *, now: float) -> None:
        """Send, see whether it is time for an end, and say what the next turn waits for."""
        if self._served is not None:
            self._serving.run(None, self._served.turn, now=now)
        self._follow_at = self._udp.follow(self._core.connection_ids, now=now)
        self._send()
        self._check_time(now=now)
        self._watch(self._control, self._answering)
        if self._served is not None:
            self._watch(self._served.room, self._serving)

    def _check_time(self, *, now: float) -> None:
        if now >= self._refresh_at:
            self._refresh_at = now + REFRESH_INTERVAL
            self._announcing.run(None, self._presence.refresh)
        if self._close is not None:
            return
        if self._core.heard_at is not None:
            self._heard_at = self._core.heard_at
            self._deadline = NEVER
        if now >= self._heard_at + self._idle_timeout:
            self.stop("nobody was there for longer than its idle timeout", now=now)
        elif now >= self._deadline:
            self._close = Close(CloseKind.FAILED, 0, "no client came")
            self._hang_up()

    def _client_left(self, client: bytes, *, now: float) -> None:
        """Let go of all that a client had which needs it no more."""
        self._announcing.run(None, self._presence.client_left, client, now=now)
        self._ssh_paths.client_left(client, now=now)
        if self._served is not None:
            self._serving.run(None, self._served.client_left, client)

    def _stop_serving_streams(self, *, for_good: bool) -> None:
        """Close what clients reached through here; unless for good, what they open later is served again."""
        if self._served is not None:
            room = self._served.room
            if room is not None and room in self._watched:
                self._watched.discard(room)
                self._selector.unregister(room)
            self._serving.run(None, self._served.close, for_good=for_good)

    def _watch(self, source: "Control | StreamRoom | None", part: Part) -> None:
        """Wait for something, but leave it alone while its part is left off."""
        if source is None:
            return
        is_watched, is_left_off = source in self._watched, part.is_left_off
        if is_watched and is_left_off:
            self._watched.discard(source)
            self._selector.unregister(source)
        elif not is_watched and not is_left_off:
            self._watched.add(source)
            self._selector.register(source, selectors.EVENT_READ)
