"""The screen as the client has it: messages put together, applied to the frames they start from."""

from rmosh.channels.channel import ClientEvent
from rmosh.channels.screen.assembly import Assemblies
from rmosh.channels.screen.frames import SCREEN_ACK, ScreenAck, ScreenSymbol
from rmosh.channels.screen.kept_frames import KeptFrames
from rmosh.channels.screen.policy import PICTURE_SIZE
from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass
from rmosh.screen import apply_change
from rmosh.terminal.cells import Frame
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import Load


@dataclass(frozen=True, slots=True)
class ScreenChanged(ClientEvent):
    """A newer frame arrived.

    Attributes:
        input_offset: input bytes that the PTY had been given when the frame was taken.
        is_picture: it takes long to paint, and the server may wait for word of it with the rest.
    """

    comes_first = True
    frame: Frame
    input_offset: int
    is_picture: bool = False


@dataclass(frozen=True, slots=True)
class _Message:
    """A message put together: what makes frame `number` out of frame `base`."""

    number: int
    base: int
    content: bytes


class ScreenReceiver:
    """Keeps the frames that the server may still start from, and tells it the newest one shown."""

    def __init__(self) -> None:
        self._assemblies = Assemblies()
        self._frames = KeptFrames()
        self._complete: _Message | None = None
        self._untold = False

    @property
    def number(self) -> int:
        """The number of the newest frame."""
        return self._frames.newest

    @property
    def has_news(self) -> bool:
        """Whether a message is whole and was not applied yet."""
        return self._complete is not None

    @property
    def frame(self) -> Frame:
        """The newest frame."""
        return self._frames.frame

    def frame_of(self, number: int) -> Frame | None:
        """Return the frame of a number, if it is kept still."""
        return self._frames.get(number)

    def receive(self, screen: ScreenSymbol) -> None:
        """Take one symbol; `show` shows what it completes.

        Raises:
            Malformed: the message disagrees with itself, or starts from a frame that is not kept.
        """
        if screen.number <= self.number:
            self._untold = True
            return
        content = self._assemblies.add(screen)
        if content is None:
            return
        if self._frames.get(screen.base) is None:
            raise Malformed(f"frame {screen.number} starts from frame {screen.base}, long gone")
        self._complete = _Message(screen.number, screen.base, content)

    def show(self) -> ScreenChanged | None:
        """Apply the newest complete message, if there is one that was not applied yet.

        Of what arrived together only the newest is worth the work: after a sleep hundreds wait in the socket.

        Raises:
            Malformed: it does not follow the format, or does not fit its base; it is forgotten.
        """
        message = self._complete
        if message is None:
            return None
        base = self._frames.get(message.base)
        try:
            if base is None:
                raise Malformed(f"frame {message.number} starts from frame {message.base}, given up meanwhile")
            frame, input_offset = apply_change(base, message.content)
        except Malformed:
            self._complete = None
            raise
        self._complete = None  # only now: after a fault of our own it is tried again
        self._frames.add(message.number, frame, base=message.base)
        self._untold = True
        return ScreenChanged(frame, input_offset, len(message.content) >= PICTURE_SIZE)

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when the server must be told of a new frame, so that diffs start from it: with its acknowledgement."""
        if not self._untold:
            return None
        return 0.0 if link.acknowledges_at is None else link.acknowledges_at

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the number of the newest frame; it rides in every datagram, four bytes at most."""
        self._frames.reckon()
        encoded = SCREEN_ACK.encode(ScreenAck(self.number))
        if self.number == 0 or room < len(encoded):
            return []
        self._untold = False
        return [Load(encoded, elicits_ack=False)]

    def hurry(self) -> None:
        """Do nothing: the next datagram tells it anyway."""
