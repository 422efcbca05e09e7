"""Many datagrams of bulk at once, where nothing but bulk is due.

The ordinary way weighs for each datagram what goes into it. A stream that has megabytes to say fills each by itself,
so that is weighed once for all of them; what is on the wire is the same.
"""

from rmosh.transport.departures import Departures
from rmosh.transport.frame_scheduler import FrameScheduler
from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.path import Datagram, Path
from rmosh.transport.recovery import Recovery
from rmosh.transport.repeats import LinkConditions


class BulkDepartures:
    """What one endpoint sends so."""

    def __init__(self, scheduler: FrameScheduler, departures: Departures) -> None:
        self._scheduler = scheduler
        self._departures = departures

    def datagrams(
        self, most: int, path: Path, recovery: Recovery, link: LinkConditions, *, now: float
    ) -> list[Datagram]:
        """Return full datagrams for a path, at most so many; whatever rides along had its turn before."""
        if link.silent or link.streams_at is None or link.streams_at > now:
            return []
        most = min(most, int(link.streams_room // (link.room + OVERHEAD_BYTES)))
        if most <= 0:
            return []
        bulk = self._scheduler.bulk_alone(link, now=now)
        loads = () if bulk is None else bulk.bulk_loads(link.room, most, link, now=now)
        if not loads:
            return []
        return self._departures.bulk(loads, path, recovery, now=now)
