"""The lines that scrolled off, at both ends, each behind a wall: a fault in it costs lines alone, and for a while."""

from rmosh.channels.channel import AtClient, AtServer, ClientEvent, ClientSide, ServerSide
from rmosh.channels.contained_class import ContainedClass
from rmosh.channels.history.frames import (
    HISTORY,
    HISTORY_CLEARED,
    HISTORY_KEPT,
    HISTORY_SHOWN,
    HISTORY_WANT,
    History,
    HistoryCleared,
    HistoryKept,
    HistoryShown,
    HistoryWant,
)
from rmosh.channels.input.ends import InputAtServer
from rmosh.channels.newest.ends import ReadsAtServer
from rmosh.channels.screen.ends import ScreenAtClient, ScreenAtServer
from rmosh.screen.optional_fields import reads_tabs
from rmosh.transport.channel import Urgency


class HistoryChanged(ClientEvent):
    """Lines that scrolled off came, or other news of them; see `ClientSession.history`."""

    __slots__ = ()


class HistoryAtClient(AtClient):
    """Keeps the lines, and asks for them."""

    takes = (HISTORY, HISTORY_SHOWN, HISTORY_CLEARED, HISTORY_KEPT)

    def __init__(self, side: ClientSide) -> None:
        from rmosh.channels.history.receiver import HistoryReceiver  # no server loads it

        self._tell = side.tell
        self._wall = side.walls.part("the history", reset=lambda deep: self.receiver.start_over(deep=deep))
        self._screen = side.ends.of(ScreenAtClient).receiver
        self.receiver = HistoryReceiver(self._screen.frame_of, depth=side.history_depth)
        self.senders = ((Urgency.NEWS, ContainedClass(self.receiver.want, self._wall)),)

    def check(self, frame: History | HistoryShown | HistoryCleared | HistoryKept) -> None:
        """Refuse lines of a screen that is not here."""
        if isinstance(frame, HistoryShown):
            self._wall.take(self.receiver.check, frame)

    def take(self, frame: History | HistoryShown | HistoryCleared | HistoryKept, *, now: float) -> None:
        """Take lines, or what the server says of them."""
        self._wall.take(self._take, frame)

    def _take(self, frame: History | HistoryShown | HistoryCleared | HistoryKept) -> None:
        if isinstance(frame, History):
            self.receiver.receive(frame)
        elif isinstance(frame, HistoryShown):
            self.receiver.shown(frame)
        elif isinstance(frame, HistoryCleared):
            self.receiver.take_cleared(frame)
        else:
            self.receiver.take_kept(frame)
        self._tell(HistoryChanged())

    def fetch(self, start: int, stop: int) -> None:
        """Ask for the lines between two numbers, instead of those asked for before."""
        self._wall.run(None, self.receiver.fetch, start, stop)

    def missing(self) -> int:
        """Return how many of the lines above the newest screen come by themselves and are not here."""
        return self._wall.run(0, self.receiver.missing, self._screen.frame.history)

    def fetch_newest(self) -> None:
        """Ask for the newest of them ahead of the others."""
        self._wall.run(None, self.receiver.fetch_newest, self._screen.frame.history)


class HistoryAtServer(AtServer):
    """Sends one client its part of the lines."""

    takes = (HISTORY_WANT,)

    def __init__(self, side: ServerSide) -> None:
        from rmosh.channels.history.sender import HistorySender  # no client loads it

        screen = side.ends.of(ScreenAtServer).sender
        self._wall = side.walls.part("a client's history", reset=lambda deep: self.sender.start_over(deep=deep))
        self.sender = HistorySender(
            *side.history, lambda: screen.shown_frame, want_larger=side.want_larger, compression=side.compression
        )
        self.senders = (
            (Urgency.NEWS, ContainedClass(self.sender.kept, self._wall)),
            (Urgency.BULK, ContainedClass(self.sender, self._wall)),
        )
        side.ends.of(ReadsAtServer).on_changed.append(self._reads_changed)
        typing = side.ends.find(InputAtServer)
        if typing is not None:
            typing.on_typed.append(lambda data, now: self._wall.run(None, self.sender.input_arrived, data, now=now))

    def take(self, frame: HistoryWant, *, now: float) -> None:
        """Take which lines the client wants."""
        self._wall.take(self.sender.wanted, frame)

    def _reads_changed(self, fields: int, now: float) -> None:
        self.sender.framing.with_tabs = reads_tabs(fields)

    def grew(self, *, now: float) -> None:
        """Take note that lines scrolled off."""
        self._wall.run(None, self.sender.grew, now=now)

    def erased(self, number: int) -> None:
        """Take note that the program erased the lines before a number."""
        self._wall.run(None, self.sender.erased, number)

    def start_over(self) -> None:
        """Take note that the lines that were kept are gone."""
        self.sender.start_over(deep=True)

    def ended(self) -> None:
        """Take note that no more lines come."""
        self._wall.run(None, self.sender.ended)
