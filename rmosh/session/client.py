"""The client's core: keys go out and the screen comes in, as the four verbs.

It composes the endpoint and the channels of a client. The driver owns the sockets and the user's terminal; prediction
and painting are laid over the frames elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rmosh.announce import Announce
from rmosh.channels.channel import ClientEvent, ClientSide, Ends
from rmosh.channels.closing.ends import CloseAtClient
from rmosh.channels.history.ends import HistoryAtClient
from rmosh.channels.history.policy import DEFAULT_HISTORY_DEPTH
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.channels.input.ends import InputAtClient
from rmosh.channels.input.policy import INPUT_BACKLOG, INPUT_WINDOW_MAX
from rmosh.channels.newest.ends import ColoursAtClient, TerminalAtClient, WindowAtClient
from rmosh.channels.screen.ends import ScreenAtClient
from rmosh.errors import Malformed
from rmosh.session.channels import FRAMES, ends_of_client
from rmosh.session.client_contact import ClientContact
from rmosh.terminal.cells import Frame
from rmosh.traits import Traits
from rmosh.transport.cover_traffic import TypingCover
from rmosh.transport.path import Path

if TYPE_CHECKING:
    pass


class ClientSession(ClientContact):
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
        super().__init__(paths=paths, cover=TypingCover(entropy) if obscures_typing else None, now=now)
        channels = self._opened(rows, columns, history_depth=history_depth, speaks_streams=announce.streams)
        self._input = channels.of(InputAtClient).sender
        self._screen = channels.of(ScreenAtClient)
        self._history = channels.of(HistoryAtClient)
        self._closing = channels.of(CloseAtClient)
        self._goodbye = self._closing.sender
        self._connect(announce, channels, FRAMES, paths, entropy=entropy, now=now)

    def _opened(self, rows: int, columns: int, *, history_depth: int, speaks_streams: bool) -> Ends:
        side = ClientSide(
            rows=rows,
            columns=columns,
            history_depth=history_depth,
            speaks_streams=speaks_streams,
            walls=self._walls,
            tell=self._tell,
            note=self._note,
            want_larger=self._want_larger,
            flowed=self._flowed,
            active=lambda moment: self._heartbeat.active(now=moment),
            refused=lambda: self._endpoint.dropped.update([Malformed.__name__]),
        )
        return ends_of_client(side)

    def next_event(self) -> ClientEvent | None:
        """Return the oldest event not yet returned; a new screen comes before what was said with it."""
        self._screen.show()
        return super().next_event()

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

    @property
    def frame(self) -> Frame:
        """The newest frame of the server's screen."""
        return self._screen.receiver.frame
