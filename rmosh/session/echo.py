"""How far the PTY has taken the input: rides along in the server's datagrams, so that guesses can be judged."""

from dataclasses import dataclass

from rmosh.session.policy import INPUT_WINDOW
from rmosh.transport.frame_codec import encode_frame
from rmosh.transport.frames import Echo
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import Load

#: Input taken but not told after which the client is told even without another reason to send, in bytes: it may be
#: waiting for the window to move.
_WINDOW_UPDATE = INPUT_WINDOW // 4

#: Largest age told. Source: the field's bound in PROTOCOL.md.
_MAX_AGE = 65.535


@dataclass(frozen=True, slots=True)
class _Told:
    """Cargo: the offset that one datagram carried."""

    sender: "EchoSender"
    offset: int

    def on_acknowledged(self, *, now: float) -> None:
        self.sender.arrived(self.offset)

    def on_lost(self, *, now: float) -> None:
        self.sender.lost()


class EchoSender:
    """The server's side: an offset in the input stream and since when."""

    def __init__(self) -> None:
        self._offset = 0
        self._taken_at = 0.0
        self._told = 0
        self._arrived = 0

    def taken(self, offset: int, *, now: float) -> None:
        """The PTY was given all input below an offset."""
        self._offset = offset
        self._taken_at = now

    def arrived(self, offset: int) -> None:
        """The client knows an offset."""
        self._arrived = max(self._arrived, offset)

    def lost(self) -> None:
        """A datagram that told an offset seems lost."""
        self._told = self._arrived

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when the client must be told alone: only when much was taken since."""
        return 0.0 if self._offset - self._told >= _WINDOW_UPDATE else None

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the offset in every datagram until one of them arrived."""
        if self._arrived >= self._offset:
            return []
        encoded = encode_frame(Echo(self._offset, min(_MAX_AGE, max(0.0, now - self._taken_at))))
        if room < len(encoded):
            return []
        self._told = self._offset
        return [Load(encoded, _Told(self, self._offset), elicits_ack=False)]

    def hurry(self) -> None:
        """Tell it again with whatever leaves next."""
        self._told = self._arrived
