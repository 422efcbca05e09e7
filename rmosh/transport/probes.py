"""Datagrams that carry nothing of a channel: they ask what paths there are, what size one passes, and earn answers."""

from collections.abc import Sequence

from rmosh.transport.departures import Departures
from rmosh.transport.frames import PADDING, PING, Padding, PathChallenge, Ping
from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.padding import padding
from rmosh.transport.path import Datagram, Path
from rmosh.transport.path_frames import PathFrames
from rmosh.transport.policy import FLOOR_MTU
from rmosh.transport.routes import Routes
from rmosh.transport.traffic import Load
from rmosh.transport.ways import Ways

_PING = PING.encode(Ping())


class Probes:
    """Makes them; none waits for room in a window."""

    def __init__(self, routes: Routes, ways: Ways, departures: Departures, *, smallest: int) -> None:
        """Begin.

        Args:
            smallest: bytes of frames below which no datagram is that asks whether a way works.
        """
        self._routes = routes
        self._ways = ways
        self._departures = departures
        self._smallest = smallest
        self._path_frames = PathFrames(routes)

    def take_challenge(self, challenge: PathChallenge, source: Path) -> None:
        """Owe an answer, on the same path."""
        self._path_frames.take_challenge(challenge, source)

    def of_paths(self, *, now: float) -> list[Datagram]:
        """Return challenges and answers, whose loss is not tracked and tells nothing of the path in use, and pings."""
        datagrams: list[Datagram] = []
        for path, load in self._path_frames.due(now=now):
            datagrams += self._departures.datagrams([load], [path], self._ways.udp, now=now)
        for paths, recovery in self._ways.probes(now=now):
            loads = [Load(_PING)]
            loads += padding(loads, floor=self._smallest, room=FLOOR_MTU - OVERHEAD_BYTES)
            datagrams += self._departures.datagrams(loads, paths, recovery, now=now, probes_path=True)
        return datagrams

    def of_size(self, *, silence: float, now: float) -> list[Datagram]:
        """Return what finds out whether the path in use passes more, where that is of use and the peer answers."""
        recovery = self._ways.recovery
        size = recovery.mtu.next_probe()
        active = self._routes.active if recovery is self._ways.udp else None
        if size is None or active is None or silence > recovery.rtt.probe_timeout:
            return []
        filling = PADDING.encode(Padding(size - OVERHEAD_BYTES - 1))
        loads = [Load(_PING), Load(filling, elicits_ack=False)]
        recovery.mtu.probe_sent(size)
        return self._departures.datagrams(loads, [active], recovery, now=now, probes_mtu=True)

    def fillers(self, paths: Sequence[Path], *, now: float) -> list[Datagram]:
        """Return datagrams of nothing that earn the peer's first answers, behind what must not wait for them."""
        if self._routes.is_settled:
            return []
        unproven = self._routes.unproven([path for path in paths if not path.is_stream])
        if not unproven:
            return []
        loads = [Load(PADDING.encode(Padding(FLOOR_MTU - OVERHEAD_BYTES)), elicits_ack=False)]
        return self._departures.datagrams(loads, unproven, self._ways.udp, now=now)
