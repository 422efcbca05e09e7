"""One client's end of a session, at the server: its keys, path, acknowledgements, and what it was shown last.

A session has one of these for each client, and none of them knows of another: a slow or dead one holds nobody up.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from rmosh.announce import Announce
from rmosh.channels.closing.frames import Close
from rmosh.channels.closing.policy import CLOSE_WAITS_FOR_FRAME, CLOSE_WAITS_FOR_HISTORY, end_of_wait
from rmosh.channels.closing.sender import CloseSender
from rmosh.channels.contained_class import ContainedClass
from rmosh.channels.history.frames import HistoryWant
from rmosh.channels.history.sender import HistorySender
from rmosh.channels.input.frames import INPUT_LIMIT, Input, InputLimit
from rmosh.channels.input.receiver import InputReceiver
from rmosh.channels.newest.frames import PEOPLE, Colours, People, Reads, Terminal, Window
from rmosh.channels.screen.frames import ScreenAck
from rmosh.channels.screen.sender import ScreenSender, ScreenShot
from rmosh.compression import Compression
from rmosh.containment import Containment
from rmosh.errors import Malformed
from rmosh.history.archive import Archive
from rmosh.history.cleared_lines import ClearedLines
from rmosh.history.recent_rows import RecentRows
from rmosh.screen.optional_fields import readable, reads_tabs
from rmosh.session.channels import FRAMES
from rmosh.session.echo import EchoSender
from rmosh.session.policy import CLIENT_TIMEOUT, CONNECTION_LEFT_OFF_FOR, FIRST_CONTACT_TIMEOUT, GOODBYE_PATIENCE, NEVER
from rmosh.session.roles import FROM_A_CLIENT, Role, may_say, wants_the_end
from rmosh.terminal.cells import Frame as ScreenFrame
from rmosh.traits import Traits
from rmosh.transport.cover_traffic import AnsweringCover
from rmosh.transport.endpoint import Endpoint
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.newest import NewestSender
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.path import Datagram, Path
from rmosh.transport.policy import SMALLEST_TO_CLIENT
from rmosh.transport.routes import FollowingRoutes

if TYPE_CHECKING:
    from rmosh.transport.trace import Observer


@dataclass(frozen=True, slots=True)
class Guest:
    """Who attaches, and how.

    Attributes:
        rows, columns: the client's window, in cells.
        name: how the others see it: a user, a host, an address.
        read_only: it may look but not type.
        compression: what is deflated for it.
        obscures_typing: answer it so that a listener does not learn when it types.
        traits: what its terminal said of itself until the login; None for a client of a version that does not tell.
        login_host: the numeric address that its login came from; "" where nobody knows.
    """

    rows: int
    columns: int
    name: str = ""
    read_only: bool = False
    compression: Compression = Compression.LAYOUT
    obscures_typing: bool = False
    login_host: str = ""
    traits: Traits | None = None

    @property
    def role(self) -> Role:
        """What it may do."""
        return Role.READER if self.read_only else Role.TYPIST


@dataclass(frozen=True, slots=True)
class Typed:
    """The client typed these bytes; `input_offset` is its offset after them."""

    data: bytes
    input_offset: int


@dataclass(frozen=True, slots=True)
class WindowTold:
    """The client's window has another size now; see `Attachment.window`."""


@dataclass(frozen=True, slots=True)
class TerminalTold:
    """The client's terminal said more of itself; see `Attachment.traits` and `Attachment.colours`."""


@dataclass(frozen=True, slots=True)
class Left:
    """The client says that it goes.

    Attributes:
        wants_the_end: the session shall end with that, unless it goes on for others.
    """

    wants_the_end: bool


AttachmentEvent: TypeAlias = Typed | WindowTold | TerminalTold | Left


class Attachment:
    """The four verbs for one client.

    Attributes:
        window: the client's window, rows x columns.
        traits: what the client's terminal said of itself, None where nobody tells.
        colours: of the client's terminal, as `rmosh.channels.newest.frames.Colours` has them; none before it told.
        typed_at: when the client last typed, or came; in monotonic seconds.
        goodbye_at: when one side said that it is over for this client; None before.
        screen: what the client is shown.
        history: what it is sent of the lines that scrolled off.
    """

    def __init__(
        self,
        announce: Announce,
        guest: Guest,
        *,
        take_screen: Callable[[], ScreenFrame],
        history: tuple[Archive, RecentRows, ClearedLines],
        walls: Containment,
        entropy: Callable[[int], bytes],
        now: float,
        client_timeout: float = CLIENT_TIMEOUT,
    ) -> None:
        self.session_id = announce.session_id
        self.guest = guest
        self.window = (guest.rows, guest.columns)
        self.traits = guest.traits
        self.colours: tuple[tuple[int, int], ...] = ()
        self.attached_at = self.typed_at = now
        self.goodbye_at: float | None = None
        self._forget_at: float | None = now + FIRST_CONTACT_TIMEOUT
        self._client_timeout = client_timeout
        self._take_screen = take_screen
        self._events: deque[AttachmentEvent] = deque()
        self._input = InputReceiver()
        self._window_serial = 0
        self._reads = 0
        self._has_left = False
        self._echo = EchoSender()
        self._input_limit = NewestSender(INPUT_LIMIT)
        self._people = NewestSender(PEOPLE)
        self._knows_of_others = False
        self.screen = ScreenSender(self._shoot, want_larger=self._want_larger, compression=guest.compression)
        self.history = HistorySender(
            *history,
            lambda: self.screen.shown_frame,
            want_larger=self._want_larger,
            compression=guest.compression,
        )
        self._showing = walls.part("what a client is shown", reset=lambda _: self.screen.start_over(now=self._now))
        self._scrolling = walls.part("a client's history", reset=lambda deep: self.history.start_over(deep=deep))
        self._connecting = walls.part("a client's connection", left_off_for=CONNECTION_LEFT_OFF_FOR)
        meeting = walls.part("who is told who is here")
        self._closing = CloseSender(lambda: None if self.screen.pending else self.screen.number)
        self._routes = FollowingRoutes(entropy, login_host=guest.login_host)
        self._endpoint = Endpoint(
            protection=PacketProtection.of_server(announce, entropy, now=now),
            frames=FRAMES,
            routes=self._routes,
            classes=(
                self._closing,
                ContainedClass(self.screen, self._showing),
                self._echo,
                self._input_limit,
                ContainedClass(self._people, meeting),
                ContainedClass(self.history.kept, self._scrolling),
                ContainedClass(self.history, self._scrolling),
            ),
            deliver=lambda frames: self._connecting.take(self._deliver, frames),
            answers_follow=True,
            smallest=SMALLEST_TO_CLIENT,
            cover=AnsweringCover() if guest.obscures_typing else None,
        )
        self._now = now
        self.screen.changed(now=now)

    # --- the four verbs --------------------------------------------------------------------------------------

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None:
        """Take one datagram of this client's; anything wrong with it is counted and dropped."""
        self._now = now
        self._connecting.run(None, self._endpoint.receive_datagram, untrusted, source, now=now)
        if self._endpoint.heard_at is not None and self.goodbye_at is None:
            self._forget_at = None

    def datagrams_to_send(self, *, now: float) -> list[Datagram]:
        """Return what is to be sent now, in order."""
        self._now = now
        return self._connecting.run([], self._endpoint.datagrams_to_send, now=now)

    def next_wakeup(self) -> float | None:
        """Return when something is due without another reason, in monotonic seconds."""
        wakeup = self._connecting.run(None, self._endpoint.next_wakeup, now=self._now)
        moments = [self._connecting.left_off_until or wakeup, self._forget_at, self._expires_at]
        if self._closing.arrived_at is not None and not self.knows_the_end:
            moments.append(end_of_wait(self._closing.arrived_at, now=self._now))
        return min((moment for moment in moments if moment is not None), default=None)

    def next_event(self) -> AttachmentEvent | None:
        """Return the oldest event not yet returned."""
        return self._events.popleft() if self._events else None

    def send_failed(self, path: Path, *, too_long: int, now: float) -> None:
        """The local host refused a datagram of so many bytes as too long for a way, which may be this client's."""
        if path == self._routes.active:
            self._endpoint.send_failed(too_long, too_long=True, now=now)

    # --- the session's side ----------------------------------------------------------------------------------

    def input_taken(self, input_offset: int, *, now: float) -> None:
        """Take note that everything below an offset of this client's input was written to the PTY."""
        self._note("input_taken", input_offset=input_offset, now=now)
        if self._input.given(input_offset):
            self._input_limit.tell(InputLimit(self._input.limit))
        self._echo.taken(self._input.taken, now=now)

    def screen_changed(self, *, output: int = 0, synchronizing: bool, now: float) -> None:
        """Take note that the screen may look different, by so many bytes of output.

        Args:
            synchronizing: the program asked to show nothing until its update is done.
        """
        self._now = now
        if output:
            self._note("program_output", bytes=output, now=now)
        self.screen.synchronizing = synchronizing
        self._showing.run(None, self.screen.changed, output=output, now=now)

    def history_grew(self, *, now: float) -> None:
        """Take note that lines scrolled off."""
        self._scrolling.run(None, self.history.grew, now=now)

    def history_erased(self, number: int) -> None:
        """Take note that the program erased the lines before a number."""
        self._scrolling.run(None, self.history.erased, number)

    def history_started_over(self) -> None:
        """Take note that the lines that were kept are gone."""
        self.history.start_over(deep=True)

    def tell_people(self, people: People) -> None:
        """Tell the client who is here; one that is and was alone need not know, unless it is to know that it reads."""
        self._knows_of_others = self._knows_of_others or len(people.people) > 1 or self.guest.read_only
        if self._knows_of_others:
            self._people.tell(people)

    def say_goodbye(self, close: Close, *, patience: float = GOODBYE_PATIENCE, now: float) -> None:
        """Tell the client that it is over for it, after the last screen; only the first reason counts.

        Args:
            patience: seconds after which it is given up, whether or not it heard.
        """
        self._closing.close(close)
        self._scrolling.run(None, self.history.ended)
        self._gone_from(now, patience=patience)

    def _gone_from(self, now: float, *, patience: float) -> None:
        if self.goodbye_at is None:
            self.goodbye_at = now
            self._forget_at = None if patience == NEVER else now + patience

    @property
    def connection_ids(self) -> frozenset[bytes]:
        """What the client's datagrams may begin with now; another set whenever they change."""
        return self._endpoint.protection.opener.ids.all

    @property
    def dropped(self) -> Counter[str]:
        """How many of its datagrams were dropped, by the name of what was wrong."""
        return self._endpoint.dropped

    @property
    def heard_at(self) -> float | None:
        """When the client was last heard, in monotonic seconds; None before the first time."""
        return self._endpoint.heard_at

    @property
    def knows_the_end(self) -> bool:
        """Whether the client knows that it is over, and shows the last screen or had the time to."""
        if self._has_left:
            return True
        arrived_at = self._closing.arrived_at
        if arrived_at is None:
            return False
        if self.screen.settled and self.history.settled:
            return True
        wait = CLOSE_WAITS_FOR_HISTORY if self.screen.settled else CLOSE_WAITS_FOR_FRAME
        return self._now >= arrived_at + wait

    def is_gone(self, *, now: float) -> bool:
        """Whether nothing is left to be done for this client: it heard our goodbye, never came, or time is up."""
        told = self.goodbye_at is not None and not self._has_left and self.knows_the_end
        late = [moment for moment in (self._forget_at, self._expires_at) if moment is not None]
        return told or now >= min(late, default=NEVER)

    @property
    def _expires_at(self) -> float | None:
        """When its keys are forgotten for its silence; None before it was heard, which has a time of its own."""
        return None if self.heard_at is None else self.heard_at + self._client_timeout

    # --- what the client says --------------------------------------------------------------------------------

    def _deliver(self, frames: Sequence[WireFrame]) -> None:
        for frame in frames:
            if type(frame) not in FROM_A_CLIENT:
                raise Malformed(f"a client does not send {type(frame).__name__}")
        said = [frame for frame in frames if may_say(self.guest.role, frame)]
        for frame in said:
            self._check(frame)
        self._take(said)

    def _check(self, frame: WireFrame) -> None:
        """Refuse what cannot be meant so, before anything of the datagram takes effect."""
        if isinstance(frame, Input):
            self._input.check(frame)
        elif isinstance(frame, ScreenAck):
            self.screen.check_shown(frame.number)

    def _take(self, frames: Sequence[WireFrame]) -> None:
        windows = [frame for frame in frames if isinstance(frame, Window)]
        if windows:
            self._take_window(max(windows, key=lambda window: window.serial))
        for frame in frames:
            if isinstance(frame, Input):
                self._take_input(frame)
            elif isinstance(frame, ScreenAck):
                self._showing.take(self.screen.shown, frame.number)
            elif isinstance(frame, HistoryWant):
                self._scrolling.take(self.history.wanted, frame)
            elif isinstance(frame, Colours):
                self.colours = frame.values
                self._events.append(TerminalTold())
            elif isinstance(frame, Terminal):
                self.traits = frame.traits
                self._events.append(TerminalTold())
            elif isinstance(frame, Reads):
                self._take_reads(frame)
            elif isinstance(frame, Close):
                self._take_goodbye(frame)

    def _take_input(self, frame: Input) -> None:
        data = self._input.receive(frame)
        if data:
            self.typed_at = self._now
            self._note("typed", bytes=len(data), input_offset=self._input.received, now=self._now)
            self._events.append(Typed(data, self._input.received))
            self._showing.run(None, self.screen.input_arrived, now=self._now)
            self._scrolling.run(None, self.history.input_arrived, data, now=self._now)

    def _take_window(self, window: Window) -> None:
        if window.serial <= self._window_serial:
            return
        self._window_serial = window.serial
        if (window.rows, window.columns) != self.window:
            self.window = (window.rows, window.columns)
            self._events.append(WindowTold())

    def _take_reads(self, reads: Reads) -> None:
        if reads.fields != self._reads:
            self._reads = reads.fields
            self.history.framing.with_tabs = reads_tabs(reads.fields)
            self._showing.run(None, self.screen.changed, now=self._now)

    def _take_goodbye(self, close: Close) -> None:
        if self._has_left:
            return
        self._has_left = True
        if self.goodbye_at is None:
            self._gone_from(self._now, patience=GOODBYE_PATIENCE)
            self._events.append(Left(wants_the_end(self.guest.role, close)))

    # --- being observed --------------------------------------------------------------------------------------

    def observe(self, observer: "Observer | None", *, now: float) -> None:
        """Tell an observer what happens from now on, instead of the one before; None for nobody."""
        self._endpoint.observe(observer, now=now)

    def _note(self, name: str, *, now: float, **figures: int | float) -> None:
        if self._endpoint.trace is not None:
            self._endpoint.trace.note(name, figures, now=now)

    # --- what the screen sender asks -------------------------------------------------------------------------

    def _shoot(self) -> ScreenShot:
        return ScreenShot(readable(self._take_screen(), self._reads), self._input.taken)

    def _want_larger(self, now: float) -> None:
        self._endpoint.recovery.mtu.want_larger(now=now)
