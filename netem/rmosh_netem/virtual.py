"""A world in virtual time: two sans-IO cores and the link between them, thousands of runs a second.

A core is anything with the four verbs; this knows nothing of what the cores say to each other. Both ends have
addresses; the client's can change (roaming, NAT rebinding), and datagrams to an address that is no longer in use
vanish, as they do in the real world.

>>> from rmosh_netem.link import LinkModel
>>> from rmosh_netem.virtual import World
>>> class Datagram:
...     def __init__(self, path, data):
...         self.path, self.data = path, data
>>> class Talker:
...     def __init__(self):
...         self.says, self.heard = [], []
...     def receive_datagram(self, untrusted, source, *, now):
...         self.heard.append((round(now, 3), source, untrusted))
...     def datagrams_to_send(self, *, now):
...         says, self.says = self.says, []
...         return says
...     def next_wakeup(self, *, now):
...         return None
...     def next_event(self):
...         return None
>>> client, server, link = Talker(), Talker(), LinkModel(delay=0.15)
>>> world = World(
...     client, server, up=link, down=link, seed=1, client_path="server", server_path="client {}".format,
...     on_client_event=print, on_server_event=print, start=0.0,
... )
>>> world.at(1.0, lambda: client.says.append(Datagram("server", b"hello")))
>>> world.at(2.0, world.roam)
>>> world.at(3.0, lambda: client.says.append(Datagram("server", b"me again")))
>>> world.run(60)
>>> server.heard
[(1.15, 'client 0', b'hello'), (3.15, 'client 1', b'me again')]

Stability: beta. `World` keeps its names within 0.x; the same seed gives the same run within one release.
"""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from .link import Link, LinkModel
from .nat_memory import NatMemory
from .virtual_stream import STREAM_HEADERS, StreamWay

__all__ = ["Core", "SpinningCore", "VirtualStream", "World"]

#: Wake-ups of one core at one moment without anything said or passed on; more means that it spins.
_SPIN_LIMIT: Final = 50

#: Turns at one moment in which a core said something; more means that it never stops.
_TURN_LIMIT: Final = 1000


class SpinningCore(AssertionError):
    """A core asks to be woken at once, again and again, and does nothing, or never stops sending."""


class Core(Protocol):
    """Either end: the four verbs, with the world's addresses as paths."""

    def receive_datagram(self, untrusted: bytes, source: Any, *, now: float) -> None:
        """Take one datagram from the network."""

    def datagrams_to_send(self, *, now: float) -> Iterable[Any]:
        """Return objects with `path` and `data`."""

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when to be asked next without another reason."""

    def next_event(self) -> Any:
        """Return the oldest event, or None."""


@dataclass(order=True, slots=True)
class _Happening:
    time: float
    order: int
    act: Callable[[], None] = field(compare=False)


@dataclass(slots=True)
class VirtualStream:
    """A stream between the two cores, both ways."""

    up: StreamWay
    down: StreamWay
    up_link: Link
    down_link: Link

    def stall(self, *, now: float, seconds: float) -> None:
        """Let nothing through for a while; it goes on when TCP has tried again."""
        for link in (self.up_link, self.down_link):
            link.black_out(start=now, end=now + seconds)

    def close(self) -> None:
        """Deliver nothing more."""
        self.up.close()
        self.down.close()


class World:
    """Runs a client and a server over two links, one each way.

    Args:
        on_client_event, on_server_event: called with each event; what they do to the cores happens at once.
        client_path: what the client's datagrams' `path` and their `source` are: the server as the client sees it.
        server_path: makes the client's address as the server sees it from the client's address number.
        nat_timeout: seconds after which the client's NAT forgets it; its next datagram then has a new address.
    """

    def __init__(
        self,
        client: Core,
        server: Core,
        *,
        up: LinkModel,
        down: LinkModel,
        seed: int,
        client_path: Any,
        server_path: Callable[[int], Any],
        on_client_event: Callable[[Any], None],
        on_server_event: Callable[[Any], None],
        start: float = 1000.0,
        nat_timeout: float | None = None,
    ) -> None:
        self.now = start
        self.up = Link(up, seed, begin=start, shared_seed=seed)
        self.down = Link(down, seed + 1, begin=start, shared_seed=seed)
        self.client = client
        self.server = server
        self.address = 0
        self._nat: NatMemory[int] = NatMemory(forget_after=nat_timeout)
        self._client_path = client_path
        self._server_path = server_path
        self._on_client_event = on_client_event
        self._on_server_event = on_server_event
        self._happenings: list[_Happening] = []
        self._order = 0
        self._spins = 0
        self.client_asleep = False
        self._kept_while_asleep: list[tuple[Any, bytes]] = []
        self._streams: dict[Any, StreamWay] = {}

    # --- what a test does to the world -----------------------------------------------------------------------

    def at(self, time: float, act: Callable[[], None]) -> None:
        """Do something at a moment."""
        self._order += 1
        heapq.heappush(self._happenings, _Happening(time, self._order, act))

    def roam(self) -> None:
        """Give the client a new address; datagrams to the old one vanish."""
        self.address += 1

    def black_out(self, seconds: float) -> None:
        """Let nothing through either way for a while."""
        for link in (self.up, self.down):
            link.black_out(start=self.now, end=self.now + seconds)

    def open_stream(
        self, *, up: LinkModel, down: LinkModel, seed: int, client_path: Any, server_path: Any
    ) -> VirtualStream:
        """Carry what either core sends on one of these paths, which are its own, in a stream from now on."""
        up_link, down_link = (
            Link(model, each, begin=self.now, shared_seed=seed, headers=STREAM_HEADERS)
            for model, each in ((up, seed), (down, seed + 1))
        )
        rtt = up.delay + down.delay
        up_way = StreamWay(self, up_link, rtt=rtt, deliver=partial(self._arrive_at_server, source=server_path))
        down_way = StreamWay(self, down_link, rtt=rtt, deliver=partial(self._take_at_client, client_path))
        self._streams[client_path] = up_way
        self._streams[server_path] = down_way
        return VirtualStream(up_way, down_way, up_link, down_link)

    def sleep_client(self, seconds: float, *, on_wake: Callable[[], None]) -> None:
        """Stop the client as SIGSTOP does: its datagrams wait in the socket, up to what a socket holds."""
        self.client_asleep = True

        def wake() -> None:
            self.client_asleep = False
            kept, self._kept_while_asleep = self._kept_while_asleep, []
            for source, data in kept:
                self.client.receive_datagram(data, source, now=self.now)
            on_wake()

        self.at(self.now + seconds, wake)

    # --- running ---------------------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.run_until(lambda: False, limit=seconds)

    def run_until(self, done: Callable[[], bool], *, limit: float) -> bool:
        """Let time pass until something is true, at most `limit` seconds; return whether it became true."""
        end = self.now + limit
        self._settle()
        while not done():
            moment = self._next_moment()
            if moment is None or moment > end:
                self.now = end
                self._settle()
                return done()
            self._spins = self._spins + 1 if moment <= self.now else 0
            self.now = max(self.now, moment)
            if self._spins > _SPIN_LIMIT:
                raise SpinningCore(f"{self._spins} wake-ups at {self.now} s: {self._describe_wakeups()}")
            while self._happenings and self._happenings[0].time <= self.now:
                self._spins = 0
                heapq.heappop(self._happenings).act()
            self._settle()
        return True

    def _describe_wakeups(self) -> str:
        return f"client at {self.client.next_wakeup(now=self.now)}, server at {self.server.next_wakeup(now=self.now)}"

    def _next_moment(self) -> float | None:
        moments = [self.server.next_wakeup(now=self.now)]
        if not self.client_asleep:
            moments.append(self.client.next_wakeup(now=self.now))
        if self._happenings:
            moments.append(self._happenings[0].time)
        known = [moment for moment in moments if moment is not None]
        return min(known) if known else None

    def _settle(self) -> None:
        """Pass on events and datagrams until both cores are quiet at this moment."""
        busy, turns = True, 0
        while busy:
            turns += 1
            if turns > _TURN_LIMIT:
                raise SpinningCore(f"a core has said something {turns} times at {self.now} s and does not stop")
            busy = self._pass_events(self.server, self._on_server_event)
            if not self.client_asleep:
                busy = self._pass_events(self.client, self._on_client_event) or busy
                busy = self._send(self.client, self._send_up) or busy
            busy = self._send(self.server, self._send_down) or busy

    @staticmethod
    def _pass_events(core: Core, on_event: Callable[[Any], None]) -> bool:
        passed = False
        while (event := core.next_event()) is not None:
            passed = True
            on_event(event)
        return passed

    def _send(self, core: Core, send: Callable[[Any], None]) -> bool:
        datagrams = list(core.datagrams_to_send(now=self.now))
        for datagram in datagrams:
            self._spins = 0
            send(datagram)
        return bool(datagrams)

    def _send_up(self, datagram: Any) -> None:
        if (stream := self._streams.get(datagram.path)) is not None:
            stream.write(datagram.data)
            return
        if self._nat.outbound(self.address, now=self.now):
            self.roam()
            self._nat.outbound(self.address, now=self.now)
        source = self._server_path(self.address)
        for arrival in self.up.send(datagram.data, now=self.now):
            self.at(arrival.time, partial(self._arrive_at_server, arrival.data, source))

    def _arrive_at_server(self, data: bytes, source: Any) -> None:
        self.server.receive_datagram(data, source, now=self.now)

    def _send_down(self, datagram: Any) -> None:
        if (stream := self._streams.get(datagram.path)) is not None:
            stream.write(datagram.data)
            return
        for arrival in self.down.send(datagram.data, now=self.now):
            self.at(arrival.time, partial(self._arrive_at_client, arrival.data, datagram.path))

    def _arrive_at_client(self, data: bytes, path: Any) -> None:
        if path != self._server_path(self.address) or not self._nat.inbound(self.address, now=self.now):
            return
        self._take_at_client(self._client_path, data)

    def _take_at_client(self, source: Any, data: bytes) -> None:
        if not self.client_asleep:
            self.client.receive_datagram(data, source, now=self.now)
        elif sum(len(kept) for _, kept in self._kept_while_asleep) + len(data) < 200_000:
            self._kept_while_asleep.append((source, data))
