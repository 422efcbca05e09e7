"""A traffic class behind a wall: a fault in it, or in what it learns of its frames, touches no other class."""

from typing import NamedTuple

from rmosh.containment import Part
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.sent_packets import Cargo
from rmosh.transport.traffic import Load, TrafficClass


class _ContainedCargo(NamedTuple):
    """What a frame carries, told what became of it inside the wall."""

    cargo: Cargo
    part: Part

    def on_acknowledged(self, *, now: float) -> None:
        self.part.run(None, self.cargo.on_acknowledged, now=now)

    def on_lost(self, *, now: float) -> None:
        self.part.run(None, self.cargo.on_lost, now=now)


class ContainedClass:
    """Says what the class inside says; nothing while that is left off."""

    def __init__(self, inside: TrafficClass, part: Part) -> None:
        self._inside = inside
        self._part = part

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when the class has something to say, or is tried again."""
        due_at = self._part.run(None, self._inside.due_at, link)
        return self._part.left_off_until or due_at

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the class's frames."""
        loads = self._part.run([], self._inside.loads, room, link, now=now)
        if not loads:
            return loads
        return [load if load.cargo is None else self._contained(load, load.cargo) for load in loads]

    def _contained(self, load: Load, cargo: Cargo) -> Load:
        return Load(load[0], _ContainedCargo(cargo, self._part), *load[2:])  # _replace() takes twice as long

    def hurry(self) -> None:
        """Let the class forget its back-off."""
        self._part.run(None, self._inside.hurry)
