"""The screen, at both ends, each behind a wall: a fault in it costs the screen alone, and for a while."""

from typing import TYPE_CHECKING

from rmosh.channels.channel import AtClient, AtServer, ClientSide, ServerSide
from rmosh.channels.contained_class import ContainedClass
from rmosh.channels.input.ends import InputAtServer
from rmosh.channels.newest.ends import ReadsAtServer
from rmosh.channels.screen.frames import SCREEN_ACK, SCREEN_SYMBOL, ScreenAck, ScreenSymbol
from rmosh.errors import Malformed
from rmosh.screen.optional_fields import readable
from rmosh.transport.channel import Urgency

if TYPE_CHECKING:
    from rmosh.channels.screen.receiver import ScreenChanged


class ScreenAtClient(AtClient):
    """Shows what the server's screen is."""

    takes = (SCREEN_SYMBOL,)

    def __init__(self, side: ClientSide) -> None:
        from rmosh.channels.screen.receiver import ScreenReceiver  # no server loads it

        self._side = side
        self._wall = side.walls.part("the screen")
        self.receiver = ScreenReceiver()
        self.senders = ((Urgency.RECEIPT, ContainedClass(self.receiver, self._wall)),)

    def take(self, frame: ScreenSymbol, *, now: float) -> None:
        """Take a symbol of a message; `turn` shows what it completes."""
        self._wall.take(self.receiver.receive, frame)
        if self.receiver.has_news:
            self._side.active(now)

    def turn(self, *, now: float) -> None:
        """Show the newest complete message: of what arrived together only that is worth the work."""
        self.show()

    def show(self) -> None:
        """Show the newest complete message, if there is one that was not shown yet."""
        changed = self._wall.run(None, self._applied) if self.receiver.has_news else None
        if changed is not None:
            figures = {"number": self.receiver.number, "input_offset": changed.input_offset}
            self._side.note("frame_received", now=self._side.walls.now, **figures)
            self._side.tell(changed)

    def _applied(self) -> "ScreenChanged | None":
        try:
            return self.receiver.show()
        except Malformed:
            self._side.refused()
            return None

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when a message that could not be shown for a fault is tried again."""
        return self._wall.left_off_until if self.receiver.has_news else None


class ScreenAtServer(AtServer):
    """Gets the newest screen through to one client."""

    takes = (SCREEN_ACK,)

    def __init__(self, side: ServerSide) -> None:
        from rmosh.channels.screen.sender import ScreenSender, ScreenShot  # no client loads it

        typing, reads = side.ends.find(InputAtServer), side.ends.of(ReadsAtServer)

        def shoot() -> ScreenShot:
            return ScreenShot(readable(side.take_screen(), reads.fields), 0 if typing is None else typing.taken)

        self._note = side.note
        self._wall = side.walls.part(
            "what a client is shown", reset=lambda _: self.sender.start_over(now=side.walls.now)
        )
        self.sender = ScreenSender(shoot, want_larger=side.want_larger, compression=side.compression)
        self.senders = ((Urgency.INTERACTIVE, ContainedClass(self.sender, self._wall)),)
        reads.on_changed.append(lambda _, now: self._wall.run(None, self.sender.changed, now=now))
        if typing is not None:
            typing.on_typed.append(lambda _, now: self._wall.run(None, self.sender.input_arrived, now=now))

    def changed(self, *, output: int = 0, synchronizing: bool, is_whole: bool = False, now: float) -> None:
        """Take note that the screen may look different, by so many bytes of output.

        Args:
            synchronizing: the program asked to show nothing until its update is done.
            is_whole: it says that it is done with the last of them.
        """
        if output:
            self._note("program_output", bytes=output, now=now)
        self.sender.synchronizing = synchronizing
        self._wall.run(None, self.sender.changed, output=output, is_whole=is_whole, now=now)

    def check(self, frame: ScreenAck) -> None:
        """Refuse a frame that was never sent."""
        self.sender.check_shown(frame.number)

    def take(self, frame: ScreenAck, *, now: float) -> None:
        """Take which frame the client shows."""
        self._wall.take(self.sender.shown, frame.number)
