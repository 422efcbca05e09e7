"""What is typed, at both ends."""

from collections.abc import Callable

from rmosh.channels.channel import AtClient, AtServer, AttachmentEvent, ClientSide, ServerSide
from rmosh.channels.input.frames import INPUT, INPUT_LIMIT, Input, InputLimit
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.channel import Urgency
from rmosh.transport.newest import NewestSender


@dataclass(eq=False, repr=False, slots=True)
class Typed(AttachmentEvent):
    """The client typed these bytes; `input_offset` is its offset after them."""

    data: bytes
    input_offset: int


class InputAtClient(AtClient):
    """Says what is typed."""

    takes = (INPUT_LIMIT,)

    def __init__(self, side: ClientSide) -> None:
        from rmosh.channels.input.sender import InputSender  # no server loads it

        self.sender = InputSender(want_larger=side.want_larger)
        self.senders = ((Urgency.INTERACTIVE, self.sender),)

    def take(self, frame: InputLimit, *, now: float) -> None:
        """Take how far input may run ahead."""
        self.sender.allowed(frame.offset)


class InputAtServer(AtServer):
    """Hears what is typed, and says how far it may run ahead.

    Attributes:
        on_typed: told of what was typed, and the moment.
        on_given: told the offset below which the PTY took all, and the moment.
    """

    takes = (INPUT,)

    def __init__(self, side: ServerSide) -> None:
        self._tell, self._note = side.tell, side.note
        from rmosh.channels.input.receiver import InputReceiver  # no client loads it

        self._receiver = InputReceiver()
        self._limit = NewestSender(INPUT_LIMIT)
        self.senders = ((Urgency.NEWS, self._limit),)
        self.on_typed: list[Callable[[bytes, float], None]] = []
        self.on_given: list[Callable[[int, float], None]] = []

    @property
    def taken(self) -> int:
        """The offset below which the PTY took all input."""
        return self._receiver.taken

    def check(self, frame: Input) -> None:
        """Refuse input beyond the window."""
        self._receiver.check(frame)

    def take(self, frame: Input, *, now: float) -> None:
        """Take input; what is in order now goes on."""
        data = self._receiver.receive(frame)
        if data:
            self._note("typed", bytes=len(data), input_offset=self._receiver.received, now=now)
            self._tell(Typed(data, self._receiver.received))
            for told in self.on_typed:
                told(data, now)

    def given(self, offset: int, *, now: float) -> None:
        """Take note that everything below an offset was written to the PTY."""
        if self._receiver.given(offset):
            self._limit.tell(InputLimit(self._receiver.limit))
        for told in self.on_given:
            told(self._receiver.taken, now)
