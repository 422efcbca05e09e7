"""The client's core: keys go out and the screen comes in, as the four verbs.

The driver owns the sockets and the user's terminal; prediction and painting are laid over the frames elsewhere.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rmosh.announce import Announce
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.closing.receiver import CloseReceiver
from rmosh.channels.closing.sender import CloseSender
from rmosh.channels.contained_class import ContainedClass
from rmosh.channels.history.frames import History, HistoryCleared, HistoryKept, HistoryShown
from rmosh.channels.history.policy import DEFAULT_HISTORY_DEPTH
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.channels.input.frames import InputLimit
from rmosh.channels.input.policy import INPUT_BACKLOG, INPUT_WINDOW_MAX
from rmosh.channels.input.sender import InputSender
from rmosh.channels.newest.frames import COLOURS, READS, TERMINAL, WINDOW, Colours, People, Reads, Terminal, Window
from rmosh.channels.screen.frames import Screen
from rmosh.channels.screen.receiver import ScreenReceiver
from rmosh.containment import Containment
from rmosh.errors import Malformed
from rmosh.screen.optional_fields import ALL_READ
from rmosh.session.channels import FRAMES
from rmosh.session.echo import Echo
from rmosh.session.events import (
    ClientEvent,
    EchoAdvanced,
    FaultContained,
    HistoryChanged,
    PathWanted,
    PeopleChanged,
    ScreenChanged,
    SessionClosed,
)
from rmosh.session.policy import CONNECTION_LEFT_OFF_FOR
from rmosh.session.status import LinkStatus
from rmosh.terminal.cells import Frame as ScreenFrame
from rmosh.traits import Traits
from rmosh.transport.cover_traffic import TypingCover
from rmosh.transport.endpoint import Endpoint
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.heartbeat import Heartbeat
from rmosh.transport.newest import NewestSender
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.path import Datagram, Path
from rmosh.transport.policy import PATH_WANTED_AFTER, PATH_WANTED_AGAIN, SMALLEST_TO_SERVER
from rmosh.transport.routes import SeekingRoutes

if TYPE_CHECKING:
    from rmosh.transport.trace import Observer

#: What a server sends, besides what the endpoint takes itself and what is checked first.
_FROM_A_SERVER = (Screen, Echo, InputLimit, Close, People, History, HistoryCleared, HistoryKept)


class ClientSession:
    """One session's client end.

    Attributes:
        history: the lines that scrolled off.
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
        self._showing = self._walls.part("the screen")
        self._scrolling = self._walls.part("the history", reset=lambda deep: self.history.start_over(deep=deep))
        self._connecting = self._walls.part("the connection", left_off_for=CONNECTION_LEFT_OFF_FOR)
        self._input = InputSender(want_larger=lambda now: self._endpoint.recovery.mtu.want_larger(now=now))
        self._cover = TypingCover(entropy) if obscures_typing else None
        self._window = NewestSender(WINDOW)
        self._window_serial = 0
        self._tell_window(rows, columns)
        self._colours = NewestSender(COLOURS)
        self._terminal = NewestSender(TERMINAL)
        self._reads = NewestSender(READS)
        self._reads.tell(Reads(ALL_READ))
        self._screen = ScreenReceiver()
        self.history = HistoryReceiver(self._screen.frame_of, depth=history_depth)
        self._heartbeat = Heartbeat(now=now)
        self._closing = CloseSender(lambda: 0)
        self._routes = SeekingRoutes(list(paths))
        self._endpoint = Endpoint(
            protection=PacketProtection.of_client(announce, entropy, now=now),
            routes=self._routes,
            frames=FRAMES,
            classes=(
                self._closing,
                self._input,
                self._window,
                self._colours,
                self._terminal,
                self._reads,
                ContainedClass(self.history.want, self._scrolling),
                ContainedClass(self._screen, self._showing),
                self._heartbeat,
            ),
            deliver=lambda frames: self._connecting.take(self._deliver, frames),
            answers_follow=False,
            smallest=SMALLEST_TO_SERVER,
            cover=self._cover,
            on_asked=lambda moment: self._heartbeat.asked(now=moment),
        )
        self._now = now
        self._people = People(0, ())
        self._ending = CloseReceiver(
            lambda: self._scrolling.run(0, self.history.missing, self.frame.history),
            fetch_newest=lambda: self._scrolling.run(None, self.history.fetch_newest, self.frame.history),
        )
        self._path_wanted_at = now

    # --- the four verbs --------------------------------------------------------------------------------------

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None:
        """Take one datagram from the network; anything wrong with it is counted and dropped."""
        self._now = self._walls.now = now
        self._connecting.run(None, self._endpoint.receive_datagram, untrusted, source, now=now)

    def datagrams_to_send(self, *, now: float) -> list[Datagram]:
        """Return what is to be sent now, in order."""
        self._now = self._walls.now = now
        self._show_newest()
        self._want_path_when_silent(now)
        self._close_when_seen(now)
        return self._connecting.run([], self._endpoint.datagrams_to_send, now=now)

    def next_wakeup(self) -> float | None:
        """Return when `datagrams_to_send` should be called next without another reason, in monotonic seconds."""
        wakeup = self._connecting.run(None, self._endpoint.next_wakeup, now=self._now)
        moments = [self._connecting.left_off_until or wakeup]
        if self._screen.has_news:
            moments.append(self._showing.left_off_until)
        moments.append(self._ending.next_wakeup(now=self._now))
        return min((moment for moment in moments if moment is not None), default=None)

    def next_event(self) -> ClientEvent | None:
        """Return the oldest event not yet returned; a new screen comes before what was said with it."""
        self._show_newest()
        if self._events:
            return self._events.popleft()
        told = self._walls.next_told()
        return None if told is None else FaultContained(told)

    # --- the user's side -------------------------------------------------------------------------------------

    def send_input(self, data: bytes, *, now: float) -> int:
        """Take typed bytes; return the input offset after them."""
        self._now = now
        self._heartbeat.active(now=now)
        if data and self._cover is not None:
            self._cover.typed(now=now)
        offset = self._input.append(data)
        self._note("typed", bytes=len(data), input_offset=offset)
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
        self._now = now
        self._tell_window(rows, columns)

    def _tell_window(self, rows: int, columns: int) -> None:
        self._window_serial += 1
        self._window.tell(Window(self._window_serial, rows, columns))

    def tell_colours(self, colours: Mapping[int, int], *, now: float) -> None:
        """Tell the server the terminal's colours, 0xRRGGBB by place (see `rmosh.channels.newest.frames.Colours`)."""
        self._now = now
        self._colours.tell(Colours(tuple(sorted(colours.items()))))

    def tell_terminal(self, traits: Traits, *, now: float) -> None:
        """Tell the server what the terminal said of itself, where the hello could not."""
        self._now = now
        self._terminal.tell(Terminal(traits))

    def fetch_history(self, start: int, stop: int, *, now: float) -> None:
        """Ask for lines that scrolled off, instead of those asked for before."""
        self._now = now
        self._heartbeat.active(now=now)
        self._scrolling.run(None, self.history.fetch, start, stop)

    def stop_waiting(self, *, now: float) -> bool:
        """Wait for no more lines if the session is over; return whether it is."""
        self._now = now
        return self._ending.stop_waiting()

    @property
    def lines_awaited(self) -> int | None:
        """How many lines a session that is over still waits for; None where it goes on, or waits for none."""
        return self._ending.lines_awaited

    def quit(self, *, now: float) -> None:
        """End the session: the server hangs up its shell, unless others are attached."""
        self._now = now
        self._closing.close(Close(CloseKind.CLIENT_QUIT))

    def detach(self, *, now: float) -> None:
        """Leave the session and let it go on without us."""
        self._now = now
        self._closing.close(Close(CloseKind.DETACHED))

    @property
    def quit_arrived(self) -> bool:
        """Whether the server knows that we go."""
        return self._closing.arrived_at is not None

    @property
    def frame(self) -> ScreenFrame:
        """The newest frame of the server's screen."""
        return self._screen.frame

    # --- paths -----------------------------------------------------------------------------------------------

    def add_path(self, path: Path, *, now: float) -> None:
        """Try a path from now on, at once."""
        self._now = now
        self._note("path_added", socket=path.socket)
        self._routes.add(path, now=now)
        self._probe_elsewhere(now)

    def drop_path(self, path: Path, *, now: float) -> None:
        """Forget a path whose socket was closed."""
        self._now = now
        self._note("path_dropped", socket=path.socket)
        self._routes.drop(path)

    @property
    def active_path(self) -> Path | None:
        """The path on which the server answers; None before it did."""
        return self._routes.active

    def network_changed(self, *, now: float) -> None:
        """The host's addresses or routes changed: ask for a fresh socket, probe at once."""
        self._now = now
        self._note("network_changed")
        self._want_path(now)
        self._probe_elsewhere(now)

    def woke_up(self, *, now: float) -> None:
        """The machine or the process slept: probe at once."""
        self._now = now
        self._note("woke_up")
        self._path_wanted_at = now
        self._probe_elsewhere(now)

    def send_failed(self, path: Path, *, now: float, too_long: int | None = None) -> None:
        """The local host refused a datagram.

        Args:
            too_long: its size in bytes where the size was the reason; otherwise the path is in question.
        """
        self._now = now
        self._note("send_failed", socket=path.socket, too_long=too_long or 0)
        if too_long is not None:
            self._endpoint.send_failed(too_long, too_long=True, now=now)
        elif path == self._routes.active and now - self._path_wanted_at > PATH_WANTED_AFTER:
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
        self._note("path_wanted", silence=self._silence(now))
        self._tell(PathWanted())

    # --- what the server says --------------------------------------------------------------------------------

    def _deliver(self, frames: Sequence[WireFrame]) -> None:
        for frame in frames:
            if isinstance(frame, HistoryShown):
                self._scrolling.take(self.history.check, frame)
            elif not isinstance(frame, _FROM_A_SERVER):
                raise Malformed(f"a server does not send {type(frame).__name__}")
        for frame in frames:
            if isinstance(frame, Screen):
                self._showing.take(self._screen.receive, frame)
            elif isinstance(frame, Echo):
                self._input.given(frame.offset)
                self._tell(EchoAdvanced(frame.offset, frame.age))
            elif isinstance(frame, InputLimit):
                self._input.allowed(frame.offset)
            elif isinstance(frame, People):
                self._take_people(frame)
            elif isinstance(frame, History | HistoryShown | HistoryCleared | HistoryKept):
                self._scrolling.take(self._take_history, frame)
            elif isinstance(frame, Close):
                self._ending.take(frame, now=self._now)

    def _take_history(self, frame: History | HistoryShown | HistoryCleared | HistoryKept) -> None:
        if isinstance(frame, History):
            self.history.receive(frame)
        elif isinstance(frame, HistoryShown):
            self.history.shown(frame)
        elif isinstance(frame, HistoryCleared):
            self.history.take_cleared(frame)
        else:
            self.history.take_kept(frame)
        self._tell(HistoryChanged())

    def _take_people(self, people: People) -> None:
        if people.serial > self._people.serial:
            self._people = people
            self._tell(PeopleChanged(people.people))

    def _show_newest(self) -> None:
        changed = self._showing.run(None, self._applied)
        if changed is not None:
            self._note("frame_received", number=self._screen.number, input_offset=changed.input_offset)
            self._heartbeat.active(now=self._now)
            self._events = deque(event for event in self._events if not isinstance(event, ScreenChanged))
            self._events.appendleft(changed)

    def _applied(self) -> ScreenChanged | None:
        try:
            return self._screen.show()
        except Malformed:
            self._endpoint.dropped[Malformed.__name__] += 1
            return None

    def _close_when_seen(self, now: float) -> None:
        close = self._ending.due(self._screen.number, now=now)
        if close is not None:
            self._tell(SessionClosed(close))

    def _tell(self, event: ClientEvent) -> None:
        """Queue an event; of each kind only the newest counts, so a server cannot fill the queue."""
        for outdated in [queued for queued in self._events if type(queued) is type(event)]:
            self._events.remove(outdated)
        self._events.append(event)

    # --- being observed --------------------------------------------------------------------------------------

    def observe(self, observer: "Observer | None", *, now: float) -> None:
        """Tell an observer what happens from now on, instead of the one before; None for nobody."""
        self._now = now
        self._endpoint.observe(observer, now=now)

    def _note(self, name: str, **figures: int | float) -> None:
        if self._endpoint.trace is not None:
            self._endpoint.trace.note(name, figures, now=self._now)

    # --- status ----------------------------------------------------------------------------------------------

    @property
    def status(self) -> LinkStatus:
        """What the connection overlay shows."""
        endpoint = self._endpoint
        heard_at = endpoint.heard_at
        path = self._routes.active
        return LinkStatus(
            srtt=endpoint.recovery.rtt.smoothed if endpoint.recovery.rtt.measured else None,
            rttvar=endpoint.recovery.rtt.variation if endpoint.recovery.rtt.measured else None,
            latest_rtt=endpoint.recovery.rtt.latest,
            loss=endpoint.recovery.loss.rate,
            path="" if path is None else f"[{path.host}]:{path.port}",
            last_contact=None if heard_at is None else self._now - heard_at,
            silence=endpoint.silence(now=self._now),
            unheard=endpoint.recovery.unacknowledged(now=self._now),
            bytes_sent=endpoint.bytes_sent,
            bytes_received=endpoint.bytes_received,
            datagrams_sent=endpoint.datagrams_sent,
            datagrams_received=endpoint.datagrams_received,
            datagrams_lost=endpoint.recovery.packets_lost,
            datagrams_sent_there=endpoint.packets_sent_there,
            datagrams_dropped=sum(endpoint.dropped.values()),
            mtu=endpoint.recovery.mtu.size,
        )
