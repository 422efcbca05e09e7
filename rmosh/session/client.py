"""The client's core: keys go out and the screen comes in, as the four verbs.

It composes the endpoint and the channels of a client. The driver owns the sockets and the user's terminal; prediction
and painting are laid over the frames elsewhere.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rmosh.announce import Announce
from rmosh.channels.channel import ClientEvent, ClientSide, Ends, FaultContained
from rmosh.channels.closing.ends import CloseAtClient
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.history.ends import HistoryAtClient
from rmosh.channels.history.policy import DEFAULT_HISTORY_DEPTH
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.channels.input.ends import InputAtClient
from rmosh.channels.input.policy import INPUT_BACKLOG, INPUT_WINDOW_MAX
from rmosh.channels.newest.ends import ColoursAtClient, TerminalAtClient, WindowAtClient
from rmosh.channels.screen.ends import ScreenAtClient
from rmosh.containment import Containment
from rmosh.errors import Malformed
from rmosh.session.channels import FRAMES, ends_of_client
from rmosh.session.policy import CONNECTION_LEFT_OFF_FOR
from rmosh.session.status import LinkStatus, PathFigures
from rmosh.terminal.cells import Frame
from rmosh.traits import Traits
from rmosh.transport.channel import Reception
from rmosh.transport.cover_traffic import TypingCover
from rmosh.transport.endpoint import Endpoint
from rmosh.transport.heartbeat import Heartbeat
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.path import Datagram, Path
from rmosh.transport.policy import PATH_WANTED_AFTER, PATH_WANTED_AGAIN, SMALLEST_TO_SERVER
from rmosh.transport.routes import SeekingRoutes

if TYPE_CHECKING:
    from rmosh.transport.trace import Observer


class PathWanted(ClientEvent):
    """The paths in use seem dead; open a fresh local socket and add its paths."""

    __slots__ = ()


class StreamIdle(ClientEvent):
    """UDP has held for so long that no stream is needed beside it; close it and drop its path."""

    __slots__ = ()


class ClientSession:
    """One session's client end.

    Attributes:
        channels: the ends of its channels.
    """

    def __init__(
        self,
        announce: Announce,
        *,
        rows: int,
        columns: int,
        paths: Sequence[Path],
        entropy: Callable[[int], bytes],
        now: float,
        history_depth: int = DEFAULT_HISTORY_DEPTH,
        obscures_typing: bool = False,
    ) -> None:
        """Begin.

        Args:
            announce: not kept; the caller forgets its secret.
            history_depth: how many of the lines that scrolled off before are wanted.
            obscures_typing: send so that a listener does not learn when keys are typed; the server must know.
        """
        self._events: deque[ClientEvent] = deque()
        self._walls = Containment(now=now)
        self._connecting = self._walls.part("the connection", left_off_for=CONNECTION_LEFT_OFF_FOR)
        self._cover = TypingCover(entropy) if obscures_typing else None
        self._heartbeat = Heartbeat(now=now)
        self._routes = SeekingRoutes([path for path in paths if not path.is_stream])
        self.channels = self._opened(rows=rows, columns=columns, history_depth=history_depth)
        self._input = self.channels.of(InputAtClient).sender
        self._screen = self.channels.of(ScreenAtClient)
        self._history = self.channels.of(HistoryAtClient)
        self._closing = self.channels.of(CloseAtClient)
        reception = Reception(self.channels.by_name.values())
        self._endpoint = Endpoint(
            protection=PacketProtection.of_client(announce, entropy, now=now),
            routes=self._routes,
            frames=FRAMES,
            channels=self.channels.by_name,
            deliver=lambda frames, moment: self._connecting.take(reception.take, frames, now=moment),
            answers_follow=False,
            smallest=SMALLEST_TO_SERVER,
            cover=self._cover,
            heartbeat=self._heartbeat,
        )
        self._path_wanted_at = now
        for path in paths:
            if path.is_stream:
                self._endpoint.add_stream(path, now=now)

    def _opened(self, *, rows: int, columns: int, history_depth: int) -> Ends:
        side = ClientSide(
            rows=rows,
            columns=columns,
            history_depth=history_depth,
            walls=self._walls,
            tell=self._tell,
            note=self._note,
            want_larger=lambda moment: self._endpoint.recovery.mtu.want_larger(now=moment),
            active=lambda moment: self._heartbeat.active(now=moment),
            refused=lambda: self._endpoint.dropped.update([Malformed.__name__]),
        )
        return ends_of_client(side)

    # --- the four verbs --------------------------------------------------------------------------------------

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None:
        """Take one datagram from the network; anything wrong with it is counted and dropped."""
        self._walls.now = now
        self._connecting.run(None, self._endpoint.receive_datagram, untrusted, source, now=now)

    def datagrams_to_send(self, *, now: float) -> list[Datagram]:
        """Return what is to be sent now, in order."""
        self._walls.now = now
        for end in self.channels.timed:
            end.turn(now=now)
        self._want_path_when_silent(now)
        if self._endpoint.ways.stream_becomes_idle(now=now):
            self._note("stream_idle", now=now)
            self._tell(StreamIdle())
        return self._connecting.run([], self._endpoint.datagrams_to_send, now=now)

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when `datagrams_to_send` should be called next without another reason, in monotonic seconds."""
        wakeup = self._connecting.run(None, self._endpoint.next_wakeup, now=now)
        moments = [self._connecting.left_off_until or wakeup]
        moments += [end.next_wakeup(now=now) for end in self.channels.timed]
        return min((moment for moment in moments if moment is not None), default=None)

    def next_event(self) -> ClientEvent | None:
        """Return the oldest event not yet returned; a new screen comes before what was said with it."""
        self._screen.show()
        if self._events:
            return self._events.popleft()
        told = self._walls.next_told()
        return None if told is None else FaultContained(told)

    def _tell(self, event: ClientEvent) -> None:
        """Queue an event; of each kind only the newest counts, so a server cannot fill the queue."""
        for outdated in [queued for queued in self._events if type(queued) is type(event)]:
            self._events.remove(outdated)
        if event.comes_first:
            self._events.appendleft(event)
        else:
            self._events.append(event)

    # --- the user's side -------------------------------------------------------------------------------------

    def send_input(self, data: bytes, *, now: float) -> int:
        """Take typed bytes; return the input offset after them."""
        self._heartbeat.active(now=now)
        if data and self._cover is not None:
            self._cover.typed(now=now)
        offset = self._input.append(data)
        self._note("typed", bytes=len(data), input_offset=offset, now=now)
        return offset

    @property
    def input_backlog(self) -> int:
        """Bytes typed and not yet acknowledged."""
        return self._input.backlog

    @property
    def input_held_up(self) -> bool:
        """Whether so many bytes wait to leave that no more need to be read from the terminal: it keeps a paste."""
        wanted = 2 * self._endpoint.recovery.congestion.window
        return self._input.backlog >= min(INPUT_WINDOW_MAX, max(INPUT_BACKLOG, wanted))

    def resize(self, *, rows: int, columns: int, now: float) -> None:
        """Tell the server the window's new size, in cells."""
        self._note("resized", rows=rows, columns=columns, now=now)
        self.channels.of(WindowAtClient).tell(rows=rows, columns=columns)

    def tell_colours(self, colours: Mapping[int, int], *, now: float) -> None:
        """Tell the server the terminal's colours, 0xRRGGBB by place (see `rmosh.channels.newest.frames.Colours`)."""
        self._note("colours_told", count=len(colours), now=now)
        self.channels.of(ColoursAtClient).tell(colours)

    def tell_terminal(self, traits: Traits, *, now: float) -> None:
        """Tell the server what the terminal said of itself, where the hello could not."""
        self._note("terminal_told", now=now)
        self.channels.of(TerminalAtClient).tell(traits)

    @property
    def history(self) -> HistoryReceiver:
        """The lines that scrolled off."""
        return self._history.receiver

    def fetch_history(self, start: int, stop: int, *, now: float) -> None:
        """Ask for lines that scrolled off, instead of those asked for before."""
        self._heartbeat.active(now=now)
        self._note("history_wanted", start=start, stop=stop, now=now)
        self._history.fetch(start, stop)

    def stop_waiting(self, *, now: float) -> bool:
        """Wait for no more lines if the session is over; return whether it is."""
        self._note("stopped_waiting", now=now)
        return self._closing.stop_waiting()

    @property
    def lines_awaited(self) -> int | None:
        """How many lines a session that is over still waits for; None where it goes on, or waits for none."""
        return self._closing.lines_awaited

    def quit(self, *, now: float) -> None:
        """End the session: the server hangs up its shell, unless others are attached."""
        self._note("quit", now=now)
        self._closing.sender.close(Close(CloseKind.CLIENT_QUIT))

    def detach(self, *, now: float) -> None:
        """Leave the session and let it go on without us."""
        self._note("detached", now=now)
        self._closing.sender.close(Close(CloseKind.DETACHED))

    @property
    def quit_arrived(self) -> bool:
        """Whether the server knows that we go."""
        return self._closing.sender.arrived_at is not None

    @property
    def frame(self) -> Frame:
        """The newest frame of the server's screen."""
        return self._screen.receiver.frame

    # --- paths -----------------------------------------------------------------------------------------------

    def add_path(self, path: Path, *, now: float) -> None:
        """Try a path from now on, at once."""
        self._note("path_added", socket=path.socket, now=now)
        if path.is_stream:
            self._endpoint.add_stream(path, now=now)
            return
        self._routes.add(path, now=now)
        self._endpoint.ways.try_udp(now=now)
        self._probe_elsewhere(now)

    def drop_path(self, path: Path, *, now: float) -> None:
        """Forget a path whose socket was closed."""
        self._note("path_dropped", socket=path.socket, now=now)
        self._routes.drop(path)
        self._endpoint.drop_stream(path, now=now)

    @property
    def active_path(self) -> Path | None:
        """The path on which the server answers; None before it did."""
        return self._endpoint.ways.active

    def network_changed(self, *, now: float) -> None:
        """The host's addresses or routes changed: ask for a fresh socket, probe at once."""
        self._note("network_changed", now=now)
        self._want_path(now)
        self._endpoint.ways.try_udp(now=now)
        self._endpoint.ways.doubt(now=now)
        self._probe_elsewhere(now)

    def woke_up(self, *, now: float) -> None:
        """The machine or the process slept: probe at once."""
        self._note("woke_up", now=now)
        self._path_wanted_at = now
        self._endpoint.ways.try_udp(now=now)
        self._endpoint.ways.doubt(now=now)
        self._probe_elsewhere(now)

    def send_failed(self, path: Path, *, now: float, too_long: int | None = None) -> None:
        """The local host refused a datagram.

        Args:
            too_long: its size in bytes where the size was the reason; otherwise the path is in question.
        """
        self._note("send_failed", socket=path.socket, too_long=too_long or 0, now=now)
        if too_long is not None:
            self._endpoint.send_failed(too_long, too_long=True, now=now)
        elif path == self.active_path and now - self._path_wanted_at > PATH_WANTED_AFTER:
            self._want_path(now)

    def _probe_elsewhere(self, now: float) -> None:
        """Ask at once, and under another id: whoever sees us now need not know who we were."""
        self._endpoint.protection.change_id()
        self._heartbeat.probe()
        self._endpoint.hurry(now=now)

    def _want_path_when_silent(self, now: float) -> None:
        if self._silence(now) < PATH_WANTED_AFTER + self._endpoint.recovery.rtt.probe_timeout:
            return
        if now - self._path_wanted_at >= PATH_WANTED_AGAIN:
            self._want_path(now)

    def _silence(self, now: float) -> float:
        """For how long the server has not answered, or has not heard us: one way can be dead alone."""
        return max(self._endpoint.silence(now=now), self._endpoint.recovery.unacknowledged(now=now))

    def _want_path(self, now: float) -> None:
        self._path_wanted_at = now
        self._note("path_wanted", silence=self._silence(now), now=now)
        self._tell(PathWanted())

    # --- being observed --------------------------------------------------------------------------------------

    def observe(self, observer: "Observer | None", *, now: float) -> None:
        """Tell an observer what happens from now on, instead of the one before; None for nobody."""
        self._endpoint.observe(observer, now=now)

    def _note(self, name: str, *, now: float, **figures: int | float) -> None:
        if self._endpoint.trace is not None:
            self._endpoint.trace.note(name, figures, now=now)

    # --- status ----------------------------------------------------------------------------------------------

    @property
    def was_heard(self) -> bool:
        """Whether the server was ever heard."""
        return self._endpoint.heard_at is not None

    def status(self, *, now: float) -> LinkStatus:
        """Return what the connection overlay shows."""
        endpoint = self._endpoint
        heard_at = endpoint.heard_at
        path = self.active_path
        beside = endpoint.ways.beside
        return LinkStatus(
            srtt=endpoint.recovery.rtt.smoothed if endpoint.recovery.rtt.measured else None,
            rttvar=endpoint.recovery.rtt.variation if endpoint.recovery.rtt.measured else None,
            latest_rtt=endpoint.recovery.rtt.latest,
            loss=endpoint.recovery.loss.rate,
            path="" if path is None else _in_words(path),
            last_contact=None if heard_at is None else now - heard_at,
            silence=endpoint.silence(now=now),
            unheard=endpoint.recovery.unacknowledged(now=now),
            bytes_sent=endpoint.bytes_sent,
            bytes_received=endpoint.bytes_received,
            datagrams_sent=endpoint.datagrams_sent,
            datagrams_received=endpoint.datagrams_received,
            datagrams_lost=endpoint.recovery.packets_lost,
            datagrams_sent_there=endpoint.packets_sent_there,
            datagrams_dropped=sum(endpoint.dropped.values()),
            mtu=endpoint.recovery.mtu.size,
            is_stream=path is not None and path.is_stream,
            udp=None if beside is None else PathFigures.of(endpoint.ways.udp, now=now),
            stream=None if beside is None else PathFigures.of(beside.stream, now=now),
        )


def _in_words(path: Path) -> str:
    return "stream" if path.is_stream else f"[{path.host}]:{path.port}"
