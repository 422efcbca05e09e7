"""How far the PTY has taken the input: rides along in the server's datagrams, so that guesses can be judged."""

from typing import NamedTuple

from rmosh.channels.channel import AtClient, AtServer, ClientEvent, ClientSide, ServerSide
from rmosh.channels.echo.frames import ECHO, Echo
from rmosh.channels.input.ends import InputAtClient, InputAtServer
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.channel import Urgency
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import Load


class _Told(NamedTuple):
    """Cargo: the offset that one datagram carried."""

    sender: "EchoSender"
    offset: int

    def on_acknowledged(self, *, now: float) -> None:
        self.sender.arrived(self.offset)

    def on_lost(self, *, now: float) -> None:
        pass


class EchoSender:
    """The server's side: an offset in the input stream and since when."""

    def __init__(self) -> None:
        self._offset = 0
        self._taken_at = 0.0
        self._arrived = 0

    def taken(self, offset: int, *, now: float) -> None:
        """The PTY was given all input below an offset."""
        self._offset = offset
        self._taken_at = now

    def arrived(self, offset: int) -> None:
        """The client knows an offset."""
        self._arrived = max(self._arrived, offset)

    def due_at(self, link: LinkConditions) -> float | None:
        """Return None: no datagram leaves for this alone."""
        return None

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the offset in every datagram until one of them arrived."""
        if self._arrived >= self._offset:
            return []
        encoded = ECHO.encode(Echo(self._offset, max(0.0, now - self._taken_at)))
        if room < len(encoded):
            return []
        return [Load(encoded, _Told(self, self._offset), elicits_ack=False)]

    def hurry(self) -> None:
        """Leave it to what leaves next."""


@dataclass(frozen=True, slots=True)
class EchoAdvanced(ClientEvent):
    """The PTY took input up to an offset, `age` seconds before this was sent."""

    input_offset: int
    age: float


class EchoAtClient(AtClient):
    """Hears how far the PTY has taken the input."""

    takes = (ECHO,)

    def __init__(self, side: ClientSide) -> None:
        self._tell = side.tell
        self._input = side.ends.of(InputAtClient).sender

    def take(self, frame: Echo, *, now: float) -> None:
        """Take it: that input arrived, and guesses can be judged."""
        self._input.given(frame.offset)
        self._tell(EchoAdvanced(frame.offset, frame.age))


class EchoAtServer(AtServer):
    """Says how far the PTY has taken one client's input."""

    def __init__(self, side: ServerSide) -> None:
        sender = EchoSender()
        self.senders = ((Urgency.RIDING, sender),)
        side.ends.of(InputAtServer).on_given.append(lambda offset, now: sender.taken(offset, now=now))
