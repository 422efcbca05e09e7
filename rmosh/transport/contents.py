"""What goes into one datagram: what is owed, what is due, and what brings it to its size."""

from collections.abc import Callable, Sequence

from rmosh.transport.ack_wait import grants
from rmosh.transport.cover_traffic import CoverTraffic
from rmosh.transport.frame_scheduler import FrameScheduler
from rmosh.transport.frames import PING, Ping
from rmosh.transport.padding import padding
from rmosh.transport.policy import ACK_WAIT_GRANTED, IMPATIENT_ABOVE_LOSS, SLOT_SIZE
from rmosh.transport.receipts import Receipts
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import Load, size_of

_PING = PING.encode(Ping())


class Contents:
    """Composes them for one endpoint."""

    def __init__(self, scheduler: FrameScheduler, receipts: Receipts, cover: CoverTraffic, *, smallest: int) -> None:
        """Begin.

        Args:
            smallest: bytes of frames below which no datagram is.
        """
        self._scheduler = scheduler
        self._receipts = receipts
        self._cover = cover
        self._smallest = smallest

    def loads(
        self, link: LinkConditions, *, in_slot: bool, starting: bool, clock: Callable[[], float] | None, now: float
    ) -> tuple[list[Load], float]:
        """Return the frames, none where there is nothing to say, and for how long their acknowledgement may wait.

        Args:
            in_slot: the datagram leaves with a slot of the cover.
            starting: it is not known yet how fast streams may leave.
            clock: tells the moment at which it is ready; None for `now`.
        """
        loads = self._gather(link, clock, now)
        if in_slot:
            loads += self._filling_slot(loads, link, now)
        if not loads:
            return [], 0.0
        loads += (granted := grants(loads, room=link.room))
        loads += padding(loads, floor=SLOT_SIZE if in_slot else self._smallest, room=link.room)
        if starting and self._scheduler.bulk_has_begun and any(load.is_stream for load in loads):
            loads += _hurrying_answer(loads, link)
        return loads, ACK_WAIT_GRANTED if granted else 0.0

    def _gather(self, link: LinkConditions, clock: Callable[[], float] | None, now: float) -> list[Load]:
        is_owed = self._receipts.owed
        if is_owed:
            self._receipts.plan_copies(is_lossy=link.loss > IMPATIENT_ABOVE_LOSS, now=now)
        loads = [self._receipts.told(now=now)] if is_owed else []
        loads += self._scheduler.loads(link.room - size_of(loads), link, now=now)
        if clock is not None and len(loads) > 1 and is_owed:
            loads[0] = self._receipts.told(now=clock())  # making the others took its time
        if self._receipts.forgettable and any(load.elicits_ack for load in loads):
            told = self._receipts.told(now=now)
            if len(told.encoded) <= link.room - size_of(loads):
                loads.append(told)
        return loads

    def _filling_slot(self, loads: Sequence[Load], link: LinkConditions, now: float) -> list[Load]:
        """Return what else leaves with a slot of the cover: a question where there is none, if the path has room."""
        self._cover.slot_used(now=now)
        if not self._cover.asks or any(load.elicits_ack for load in loads):
            return []
        if not loads and (link.silent or link.window_room <= 0):
            return []
        return [Load(_PING)]


def _hurrying_answer(loads: Sequence[Load], link: LinkConditions) -> list[Load]:
    """Return what has a datagram acknowledged at once, where that fits: its arrival tells what the path passes."""
    return [Load(_PING, background=True)] if size_of(loads) + len(_PING) <= link.room else []


def _size(loads: Sequence[Load]) -> int:
    return sum([len(load.encoded) for load in loads])
