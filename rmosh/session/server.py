"""The server's core: a terminal whose screen goes out and whose keys come in, as the four verbs.

The driver owns the PTY and the socket; this composes the emulator, the traffic classes and the endpoint.
"""

from collections import deque
from collections.abc import Callable, Sequence

from rmosh.announce import Announce
from rmosh.errors import Malformed
from rmosh.session.closing import CloseSender
from rmosh.session.echo import EchoSender
from rmosh.session.events import PtyInput, PtyResize, ServerEvent, SessionClosed
from rmosh.session.input_stream import InputReceiver
from rmosh.session.policy import CLOSE_WAITS_FOR_FRAME
from rmosh.session.screen_sender import ScreenSender, ScreenShot
from rmosh.terminal.cells import Frame as ScreenFrame
from rmosh.terminal.cells import LineDiscipline
from rmosh.terminal.emulator import Emulator
from rmosh.transport.endpoint import Endpoint
from rmosh.transport.frames import Close, Colours, Frame, Input, ScreenAck, Window
from rmosh.transport.path import Datagram, Path
from rmosh.transport.routes import FollowingRoutes
from rmosh.transport.sealing import Direction, Opener, Sealer


class ServerSession:
    """One session's server end."""

    def __init__(
        self,
        announce: Announce,
        *,
        rows: int,
        columns: int,
        entropy: Callable[[int], bytes],
        now: float,
    ) -> None:
        self._size = (rows, columns)
        self._emulator = Emulator(rows=rows, columns=columns)
        self._line_discipline = LineDiscipline()
        self._events: deque[ServerEvent] = deque()
        self._input = InputReceiver()
        self._window_serial = 0
        self._client_quit = False
        self._echo = EchoSender()
        self._screen = ScreenSender(self._take_screen, want_larger=self._want_larger)
        self._closing = CloseSender(lambda: None if self._screen.pending else self._screen.number)
        self._endpoint = Endpoint(
            sealer=Sealer(
                session_id=announce.session_id, secret=announce.secret, direction=Direction.TO_CLIENT, now=now
            ),
            opener=Opener(session_id=announce.session_id, secret=announce.secret, direction=Direction.TO_SERVER),
            routes=FollowingRoutes(entropy),
            classes=(self._closing, self._screen, self._echo),
            deliver=self._deliver,
            answers_follow=True,
        )
        self._now = now
        self._screen.changed(now=now)

    # --- the four verbs --------------------------------------------------------------------------------------

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None:
        """Take one datagram from the network; anything wrong with it is counted and dropped."""
        self._now = now
        self._endpoint.receive_datagram(untrusted, source, now=now)

    def datagrams_to_send(self, *, now: float) -> list[Datagram]:
        """Return what is to be sent now, in order."""
        self._now = now
        return self._endpoint.datagrams_to_send(now=now)

    def next_wakeup(self) -> float | None:
        """Return when `datagrams_to_send` should be called next without another reason, in monotonic seconds."""
        moments = [self._endpoint.next_wakeup(now=self._now)]
        if self._closing.arrived_at is not None and not self.finished:
            moments.append(self._closing.arrived_at + CLOSE_WAITS_FOR_FRAME)
        return min((moment for moment in moments if moment is not None), default=None)

    def next_event(self) -> ServerEvent | None:
        """Return the oldest event not yet returned."""
        return self._events.popleft() if self._events else None

    # --- the driver's side -----------------------------------------------------------------------------------

    def output(self, data: bytes, *, now: float) -> None:
        """Take what the program wrote to the PTY."""
        self._emulator.feed(data)
        self._screen.synchronizing = self._emulator.synchronizing
        self._screen.changed(output=len(data), now=now)
        replies = self._emulator.take_replies()
        if replies:
            self._events.append(PtyInput(replies, None))

    def line_discipline(self, flags: LineDiscipline, *, now: float) -> None:
        """Take the PTY's flags; a change is worth a frame."""
        if flags != self._line_discipline:
            self._line_discipline = flags
            self._screen.changed(now=now)

    def input_taken(self, input_offset: int, *, now: float) -> None:
        """Take note that everything below an offset was written to the PTY."""
        self._input.taken = max(self._input.taken, input_offset)
        self._echo.taken(self._input.taken, now=now)

    def shell_ended(self, close: Close, *, now: float) -> None:
        """Tell the client that the session is over, with the last screen."""
        self._closing.close(close)

    @property
    def finished(self) -> bool:
        """Whether the client knows that the session is over, and shows the last screen or had the time to."""
        arrived_at = self._closing.arrived_at
        if arrived_at is None:
            return False
        return self._screen.settled or self._now >= arrived_at + CLOSE_WAITS_FOR_FRAME

    @property
    def screen(self) -> ScreenFrame:
        """The terminal's screen now, sent or not."""
        return self._emulator.frame(self._line_discipline)

    @property
    def heard_at(self) -> float | None:
        """When the client was last heard, in monotonic seconds; None before the first time."""
        return self._endpoint.heard_at

    # --- what the client says --------------------------------------------------------------------------------

    def _deliver(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            self._check(frame)
        windows = [frame for frame in frames if isinstance(frame, Window)]
        if windows:
            self._take_window(max(windows, key=lambda window: window.serial))
        for frame in frames:
            if isinstance(frame, Input):
                self._take_input(frame)
            elif isinstance(frame, ScreenAck):
                self._screen.shown(frame.number)
            elif isinstance(frame, Colours):
                self._emulator.use_colours(dict(frame.values))
            elif isinstance(frame, Close) and not self._client_quit:
                self._client_quit = True
                self._events.append(SessionClosed(frame))

    def _check(self, frame: Frame) -> None:
        """Refuse what a client may not say, before anything of the datagram takes effect."""
        if isinstance(frame, Input):
            self._input.check(frame)
        elif isinstance(frame, ScreenAck):
            self._screen.check_shown(frame.number)
        elif not isinstance(frame, Window | Colours | Close):
            raise Malformed(f"a client does not send {type(frame).__name__}")

    def _take_input(self, frame: Input) -> None:
        data = self._input.receive(frame)
        if data:
            self._events.append(PtyInput(data, self._input.received))
            self._screen.input_arrived(now=self._now)

    def _take_window(self, window: Window) -> None:
        if window.serial <= self._window_serial:
            return
        self._window_serial = window.serial
        if (window.rows, window.columns) != self._size:
            self._size = (window.rows, window.columns)
            self._emulator.resize(rows=window.rows, columns=window.columns)
            self._events.append(PtyResize(window.rows, window.columns))
            self._screen.changed(now=self._now)

    # --- what the screen sender asks -------------------------------------------------------------------------

    def _take_screen(self) -> ScreenShot:
        return ScreenShot(self.screen, self._input.taken)

    def _want_larger(self, now: float) -> None:
        self._endpoint.mtu.want_larger(now=now)
