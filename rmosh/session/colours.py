"""The colours of the client's terminal: told once, repeated until they arrived."""

from collections.abc import Mapping
from dataclasses import dataclass

from rmosh.transport.frames import Colours, encode_frame
from rmosh.transport.repeats import LinkConditions, RepeatSchedule
from rmosh.transport.traffic import Load


@dataclass(frozen=True, slots=True)
class _Told:
    """Cargo: the colours that one datagram carried."""

    sender: "ColoursSender"
    encoded: bytes

    def on_acknowledged(self, *, now: float) -> None:
        self.sender.arrived(self.encoded)

    def on_lost(self, *, now: float) -> None:
        pass


class ColoursSender:
    """The client's side; says nothing until it was told colours."""

    def __init__(self) -> None:
        self._schedule = RepeatSchedule()
        self._encoded = b""

    def tell(self, colours: Mapping[int, int]) -> None:
        """Tell these from now on, 0xRRGGBB each by its place."""
        self._encoded = encode_frame(Colours(tuple(sorted(colours.items()))))
        self._schedule.renewed()

    def arrived(self, encoded: bytes) -> None:
        """Colours were received; settled when they are the newest."""
        if encoded == self._encoded:
            self._schedule.settled()

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when they must be told (again)."""
        return self._schedule.due_at(link) if self._encoded else None

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return them when they are due."""
        due_at = self.due_at(link)
        if due_at is None or due_at > now or room < len(self._encoded):
            return []
        self._schedule.said(now=now)
        return [Load(self._encoded, _Told(self, self._encoded))]

    def hurry(self) -> None:
        """Say it at once if it is open."""
        self._schedule.hurry()
