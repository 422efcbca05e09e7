"""How far the PTY has taken the input: rides along in the server's datagrams, so that guesses can be judged."""

from dataclasses import dataclass

from rmosh.transport.frame_codec import encode_frame
from rmosh.transport.frames import Echo
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import Load

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
        encoded = encode_frame(Echo(self._offset, min(_MAX_AGE, max(0.0, now - self._taken_at))))
        if room < len(encoded):
            return []
        return [Load(encoded, _Told(self, self._offset), elicits_ack=False)]

    def hurry(self) -> None:
        """Leave it to what leaves next."""
