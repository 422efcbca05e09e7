"""A driver on a real pseudo-terminal over a fake session core: what its tests need."""

import contextlib
import fcntl
import os
import pty
import struct
import termios
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from rmosh.channels.channel import ClientEvent
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.channels.screen.receiver import ScreenChanged
from rmosh.channels.streams.streams import Streams
from rmosh.containment import Containment
from rmosh.prediction import PredictMode
from rmosh.session.status import LinkStatus
from rmosh.terminal.cells import Frame, blank_frame
from rmosh.transport.path import Datagram, Path
from rmosh.transport.trace import Observer
from rmosh_client.bootstrap.request import Fate, SessionStatus
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_client.link.claims import Claims
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.link.network_watch import NetworkWatch
from rmosh_client.link.refusal import RefusalProbe
from rmosh_client.link.sockets import SocketTable
from rmosh_client.login.messages import FateTold
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter
from rmosh_client.reaching.contact import ContactWatch
from rmosh_client.reaching.ending import Ending
from rmosh_client.reaching.liveness import LivenessCheck
from rmosh_client.reaching.reach import ServerReach
from rmosh_client.reaching.server_addresses import ServerAddresses
from rmosh_client.reaching.ssh_path import Begin
from rmosh_client.resolving.whereabouts import Whereabouts
from rmosh_client.running.contained_prediction import ContainedPredictor
from rmosh_client.running.driver import ClientDriver
from rmosh_client.running.job_control import JobControl
from rmosh_client.running.parts import Parts
from rmosh_client.running.session_forwards import SessionForwards
from rmosh_client.showing.display import Display
from rmosh_client.showing.notice import Notices
from rmosh_client.showing.scrollback import Scrollback
from rmosh_client.tracing.link_log import LinkLog
from rmosh_client.tracing.tracer import Tracer
from rmosh_client.typing.colour_answers import ColourAnswers
from rmosh_client.typing.colour_watch import ColourWatch
from rmosh_client.typing.cursor_answers import CursorAnswers
from rmosh_client.typing.escape import EscapeKey, EscapeMachine
from rmosh_client.typing.foreign_keys import ForeignKeys
from rmosh_client.typing.interview import Interview
from rmosh_client.typing.introduction import await_answers
from rmosh_client.typing.local_terminal import HungUp, LocalTerminal
from rmosh_client.viewing.bottom_line import BottomLine
from rmosh_client.viewing.reading import HistoryReader
from tests.unit.client_ui.client_ui_frames import frame_of
from tests.unit.client_ui.client_ui_status import HEALTHY
from tests.unit.client_ui.client_ui_terminal import TerminalModel
from tests.unit.forwarding.far_side import FakeStreams, fake_streams

ROWS, COLUMNS = 6, 40


class AnsweredQuestion:
    """A login process that asked for a session's fate, and has the answer."""

    def __init__(self, status: Callable[[], SessionStatus]) -> None:
        self.is_over = False
        self._status = status
        self._line, end = os.pipe()
        os.close(end)

    def fileno(self) -> int:
        return self._line

    def take(self) -> list[FateTold]:
        self.is_over = True
        return [FateTold(self._status())]

    def close(self) -> None:
        os.close(self._line)


#: Seconds between one look at the screen and the next.
_A_MOMENT = 0.002


@dataclass
class FakeSession:
    """Records what the driver tells it, and says what the test gave it to say."""

    frame: Frame = field(default_factory=lambda: blank_frame(rows=ROWS, columns=COLUMNS))
    link: LinkStatus = HEALTHY
    typed: bytes = b""
    calls: list[str] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    received: list[tuple[bytes, Path]] = field(default_factory=list)
    outgoing: deque[Datagram] = field(default_factory=deque)
    events: deque[ClientEvent] = field(default_factory=deque)
    size: tuple[int, int] = (ROWS, COLUMNS)
    active_path: Path | None = None
    quit_arrived: bool = False
    is_over: bool = False
    lines_awaited: int | None = None
    input_held_up: bool = False
    colours: dict[int, int] = field(default_factory=dict)
    history: HistoryReceiver = field(default_factory=lambda: HistoryReceiver(lambda _number: None, depth=0))
    failed: list[tuple[Path, int | None]] = field(default_factory=list)
    observer: Observer | None = None
    streams: Streams = field(
        default_factory=lambda: Streams(at_server=False, is_spoken=False, want_larger=lambda _moment: None)
    )

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float, received_at: float | None = None) -> None:
        self.received.append((untrusted, source))

    def datagrams_to_send(self, *, now: float, clock: Callable[[], float] | None = None) -> list[Datagram]:
        datagrams = list(self.outgoing)
        self.outgoing.clear()
        return datagrams

    def next_wakeup(self, *, now: float) -> float | None:
        return None

    @property
    def was_heard(self) -> bool:
        return self.link.last_contact is not None

    def status(self, *, now: float) -> LinkStatus:
        return self.link

    def next_event(self) -> ClientEvent | None:
        return self.events.popleft() if self.events else None

    def send_input(self, data: bytes, *, now: float) -> int:
        self.typed += data
        return len(self.typed)

    def tell_colours(self, colours: Mapping[int, int], *, now: float) -> None:
        self.colours = dict(colours)

    def resize(self, *, rows: int, columns: int, now: float) -> None:
        self.size = (rows, columns)

    def fetch_history(self, start: int, stop: int, *, now: float) -> None:
        self.history.fetch(start, stop)

    def stop_waiting(self, *, now: float) -> bool:
        if self.is_over:
            self.calls.append("stop waiting")
        return self.is_over

    def observe(self, observer: Observer | None, *, now: float) -> None:
        self.observer = observer

    def quit(self, *, now: float) -> None:
        self.calls.append("quit")

    def detach(self, *, now: float) -> None:
        self.calls.append("detach")

    def add_path(self, path: Path, *, now: float) -> None:
        self.paths.append(path)

    def drop_path(self, path: Path, *, now: float) -> None:
        self.paths.remove(path)

    def network_changed(self, *, now: float) -> None:
        self.calls.append("network changed")

    def woke_up(self, *, now: float) -> None:
        self.calls.append("woke up")

    def send_failed(self, path: Path, *, now: float, too_long: int | None = None) -> None:
        self.failed.append((path, too_long))

    def shows(self, text: str, *, is_picture: bool = False) -> None:
        """Let the newest frame have these lines, with the cursor after the last."""
        lines = text.split("\n")
        cursor = (len(lines) - 1, len(lines[-1]))
        self.frame = frame_of(lines, rows=ROWS, columns=COLUMNS, cursor=cursor)
        self.events.append(ScreenChanged(self.frame, len(self.typed), is_picture))


@dataclass
class WithStreams:
    """A session, as far as forwards know it, that has begun to use them."""

    streams: FakeStreams
    begun_streams: FakeStreams


class Desk:
    """A user before a terminal: the master's side of the pseudo-terminal, and the driver behind it."""

    def __init__(self, session: FakeSession, *, port: int = 9, said_by_ssh: Fate = Fate.UNREACHABLE) -> None:
        self.session = session
        self.loop = EventLoop()
        self.model = TerminalModel(rows=ROWS, columns=COLUMNS)
        self.seen = b""
        self.asked = 0
        self.interview = Interview()
        self.colour_answers = ColourAnswers(lambda told: session.tell_colours(told, now=monotonic()))
        self.predict = PredictMode.NEVER
        self.escape_key = EscapeKey()
        self.started_at = monotonic()
        self.told: list[str] = []
        self.traces = "/nowhere/to/be/traced"
        self.reached_by_ssh: tuple[str, ...] = ()
        self.log_in: Begin = None
        self._said_by_ssh = said_by_ssh
        self.master, slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.set_blocking(self.master, False)
        flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK
        self.terminal = LocalTerminal(os.open(os.ttyname(slave), flags), owned=True)
        os.close(slave)
        self.attributes = termios.tcgetattr(self.terminal.fileno())
        self.sockets = SocketTable(["127.0.0.1"], port)
        self.sockets.open_fresh()
        self.addresses = ServerAddresses(
            Whereabouts(("127.0.0.1",)), claims=Claims(), reserve=(), look_up=lambda _: (), now=monotonic()
        )
        self.streams_here, self.streams_there = fake_streams()
        self.forwarding = ForwardSettings()
        self.contact = ContactWatch(hosts=["127.0.0.1"], port=port, now=monotonic())

    def driver(self) -> tuple[ClientDriver, Display, Parts]:
        walls = Containment(now=monotonic(), passing=(HungUp,))
        predictor = ContainedPredictor(self.predict, walls)
        notices = Notices(self.escape_key, server="127.0.0.1", now=self.started_at)
        reader = HistoryReader(
            self.session.history, fetch=self.session.history.fetch, copy=lambda text: display.copy(text)
        )
        scrollback = Scrollback(self.session.history, viewer_key="Ctrl-^ [")
        painter = Painter(Abilities(strings=False))
        answers = CursorAnswers(self.interview)
        line = BottomLine("forward: ")
        display = Display(painter, self.terminal, predictor, notices, scrollback, reader, answers, line=line)
        forwards = SessionForwards(WithStreams(self.streams_here, self.streams_here), self.forwarding, walls)
        notices.forwards = lambda: forwards.figures
        parts = Parts(
            walls=walls,
            session=self.session,
            reach=self._reach(walls),
            terminal=self.terminal,
            predictor=predictor,
            display=display,
            reader=reader,
            interview=self.interview,
            topics=(),
            colours=ColourWatch(
                self.interview,
                self.colour_answers,
                ask=display.ask,
                taken=lambda: painter.colours_taken,
                now=monotonic(),
            ),
            notices=notices,
            escape=EscapeMachine(self.escape_key),
            foreign_keys=ForeignKeys({}),
            forwards=forwards,
            forward_line=line,
            tracer=Tracer(self.session, walls, group="0a0b0c0d", folder=self.traces),
            way_back="rmosh attach box work",
        )
        return ClientDriver(parts, self.loop), display, parts

    def _reach(self, walls: Containment) -> ServerReach:
        return ServerReach(
            core=self.session,
            walls=walls,
            sockets=self.sockets,
            network=NetworkWatch(),
            contact=self.contact,
            liveness=LivenessCheck(self._ask),
            addresses=self.addresses,
            refusal=RefusalProbe(),
            log=LinkLog(self.told.append),
            log_in=self.log_in,
        )

    def _ask(self) -> "AnsweredQuestion":
        self.asked += 1
        return AnsweredQuestion(lambda: SessionStatus(self._said_by_ssh, reached=self.reached_by_ssh))

    def type(self, data: bytes) -> None:
        os.write(self.master, data)

    def look(self) -> list[str]:
        """Return the screen's lines as they are now."""
        with contextlib.suppress(BlockingIOError, OSError):
            while data := os.read(self.master, 65536):
                self.seen += data
                self.model.feed(data)
        return [line.rstrip() for line in self.model.screen.display]

    def has(self, words: str) -> bool:
        """Tell whether the screen shows some words."""
        return words in "\n".join(self.look())

    def turn(self) -> None:
        """Let the loop do what it can do now."""
        self.loop.turn(within=0)

    def run_for(self, seconds: float) -> None:
        """Let the loop run for a while."""
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            self.loop.turn(within=left)

    def turns_within(self, seconds: float) -> int:
        """Let the loop run for a while; return how often it was woken."""
        end, turns = monotonic() + seconds, 0
        while (left := end - monotonic()) > 0:
            self.loop.turn(within=left)
            turns += 1
        return turns

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the loop run until something is so; a test that hangs fails after some seconds."""
        end = monotonic() + 10
        while not condition():
            assert monotonic() < end, self.look()
            self.loop.turn(within=_A_MOMENT)

    def close(self) -> None:
        self.sockets.close()
        self.terminal.close()
        os.close(self.master)


@contextlib.contextmanager
def desk(session: FakeSession | None = None, **options: object) -> Iterator[Desk]:
    made = Desk(session or FakeSession(), **options)  # type: ignore[arg-type]  # as the caller names them
    try:
        yield made
    finally:
        made.close()


@dataclass(frozen=True)
class Work:
    """A driver at work."""

    place: Desk
    driver: ClientDriver

    @property
    def is_over(self) -> bool:
        return self.driver.is_over

    def ending(self) -> Ending:
        """Let the loop run until the session ends, and return how it does."""
        self.place.until(lambda: self.is_over)
        return self.driver.ending


@contextlib.contextmanager
def at_work(place: Desk) -> Iterator[Work]:
    """Run the driver on the desk's terminal as the app does."""
    driver, display, parts = place.driver()
    jobs = JobControl(driver, place.loop, parts.terminal, display, parts.interview)
    driver.on_suspend = jobs.suspend
    display.on_stuck = driver.terminal_stuck
    with jobs.installed():
        parts.terminal.enter_raw()
        try:
            with driver.begun():
                yield Work(place, driver)
        finally:
            display.finish(now=monotonic())
            await_answers(parts.terminal, parts.interview)
            parts.terminal.restore()
            parts.reach.network.close()
            parts.reach.refusal.close()


def quiet(status: LinkStatus, *, silence: float) -> LinkStatus:
    return replace(status, silence=silence, last_contact=silence)
