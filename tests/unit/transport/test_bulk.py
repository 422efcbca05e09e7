"""Datagrams of bulk that are filled many at a time: what is on the wire is what the ordinary way puts there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from rmosh import PROTOCOL_VERSION
from rmosh.announce import Announce
from rmosh.transport.channel import ChannelEnd, Urgency
from rmosh.transport.endpoint import Endpoint
from rmosh.transport.frame_table import FrameTable
from rmosh.transport.frame_type import FrameType, WireFrame
from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.path import Datagram, Path
from rmosh.transport.policy import (
    CEILING_MTU,
    MAX_ACK_DELAY,
    MAX_BULK_PER_TURN,
    MAX_DATAGRAMS_PER_TURN,
    MOST_UNTOLD,
    SOME_UNTOLD,
    SOME_UNTOLD_FOR,
)
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.routes import FollowingRoutes, SeekingRoutes
from rmosh.transport.sealing import EpochLimits
from rmosh.transport.traffic import BulkTraffic, Load, TrafficClass
from rmosh.wire import Reader

CLIENT, SERVER = Path(0, "client", 1), Path(0, "server", 60000)


@dataclass(frozen=True, slots=True)
class Filling(WireFrame):
    """Some of what fills a datagram."""

    data: bytes


#: Bytes of type and length.
FRONT = 3


def write_filling(buffer: bytearray, frame: Filling) -> None:
    buffer += len(frame.data).to_bytes(FRONT - 1, "big") + frame.data


def read_filling(reader: Reader) -> Filling:
    return Filling(reader.bytes(int.from_bytes(reader.bytes(FRONT - 1), "big")))


@dataclass(frozen=True, slots=True)
class Note(WireFrame):
    """Something urgent."""


FILLING = FrameType(0x3E, "FILLING", Filling, True, write_filling, read_filling, is_bulk=True)
NOTE = FrameType(0x3D, "NOTE", Note, True, lambda buffer, frame: None, lambda reader: Note())
TABLE = FrameTable([FILLING, NOTE])

#: What a path delivers that takes more than a turn's datagrams at once, in bytes a second.
FAST = 40e6


class Archive(BulkTraffic):
    """Has so many bytes to say, each of which is the low end of its offset."""

    def __init__(self, size: int, *, at_once: bool) -> None:
        self.content = bytes(offset % 251 for offset in range(size))
        self.offset = 0
        self.at_once = at_once
        self.filled = 0
        self.want_larger: Callable[[float], None] = lambda now: None

    def due_at(self, link: LinkConditions) -> float | None:
        return link.streams_at if self.offset < len(self.content) else None

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        due_at, size = self.due_at(link), min(room, link.streams_size)
        return self._said(size) if due_at is not None and due_at <= now and size > FRONT else []

    @property
    def has_bulk(self) -> bool:
        return self.offset < len(self.content)

    def bulk_loads(self, room: int, most: int, link: LinkConditions, *, now: float) -> list[Load]:
        loads: list[Load] = []
        fills = self.at_once and room <= link.streams_size
        while fills and len(loads) < most and len(self.content) - self.offset >= room - FRONT:
            loads += self._said(room)
        self.filled += len(loads)
        self.want_larger(now)
        return loads

    def hurry(self) -> None:
        pass

    def _said(self, room: int) -> list[Load]:
        data = self.content[self.offset : self.offset + room - FRONT]
        self.offset += len(data)
        return [Load(FILLING.encode(Filling(data)), background=True, is_stream=True)]


class Noting:
    """Says a note at a moment."""

    def __init__(self, at: float) -> None:
        self.at: float | None = at

    def due_at(self, link: LinkConditions) -> float | None:
        return self.at

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        if self.at is None or self.at > now:
            return []
        self.at = None
        return [Load(NOTE.encode(Note()))]

    def hurry(self) -> None:
        pass


@dataclass
class Talking(ChannelEnd):
    senders: Sequence[tuple[Urgency, TrafficClass]] = ()
    takes: Sequence[FrameType] = (FILLING,)


@dataclass
class Pair:
    """A client with something to say, a server that hears it, and a path of a millisecond."""

    archive: Archive
    beside: list[tuple[Urgency, TrafficClass]] = field(default_factory=list)
    heard: list[WireFrame] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    now: float = 0.0

    def __post_init__(self) -> None:
        announce = [Announce(PROTOCOL_VERSION, 60000, bytes(8), bytearray(range(32))) for _ in range(2)]
        self.client = Endpoint(
            protection=PacketProtection.of_client(announce[0], bytes, now=0.0),
            routes=SeekingRoutes([SERVER]),
            frames=TABLE,
            channels={"talking": Talking([*self.beside, (Urgency.BULK, self.archive)])},
            deliver=lambda frames, now: None,
            answers_follow=False,
        )
        self.server = Endpoint(
            protection=PacketProtection.of_server(announce[1], bytes, now=0.0),
            routes=FollowingRoutes(bytes, login_host=CLIENT.host),
            frames=TABLE,
            channels={},
            deliver=lambda frames, now: self.heard.extend(frames),
            answers_follow=True,
        )

    def turn(self) -> list[Datagram]:
        """Have both ends speak and hear once; return what the client sent."""
        sent = self.client.datagrams_to_send(now=self.now)
        self.now += 0.0005
        for datagram in sent:
            self.server.receive_datagram(datagram.data, CLIENT, now=self.now)
        self.sizes += [len(datagram.data) for datagram in sent]
        answers = self.server.datagrams_to_send(now=self.now + 0.010)
        self.now += 0.0105
        for datagram in answers:
            self.client.receive_datagram(datagram.data, SERVER, now=self.now)
        return sent

    def run(self) -> "Pair":
        for _ in range(400):
            if not self.turn() and self.archive.offset == len(self.archive.content):
                return self
        raise AssertionError(f"{self.archive.offset} of {len(self.archive.content)} bytes after {self.now} s")

    @property
    def content(self) -> bytes:
        return b"".join([frame.data for frame in self.heard if isinstance(frame, Filling)])


@given(st.integers(0, 400_000))
def test_both_ways_put_the_same_on_the_wire(size: int) -> None:
    ordinary, fast = (Pair(Archive(size, at_once=at_once)).run() for at_once in (False, True))
    assert fast.content == ordinary.content == fast.archive.content
    assert fast.heard == ordinary.heard
    assert fast.sizes == ordinary.sizes
    assert fast.client.bytes_sent == ordinary.client.bytes_sent
    assert fast.client.datagrams_sent == ordinary.client.datagrams_sent
    assert fast.client.recovery.congestion.window == ordinary.client.recovery.congestion.window
    assert fast.client.recovery.bytes_in_flight == ordinary.client.recovery.bytes_in_flight == 0


def test_most_of_much_is_filled_at_once() -> None:
    pair = Pair(Archive(400_000, at_once=True)).run()
    assert pair.archive.filled > 0.8 * pair.client.datagrams_sent


def test_bulk_leaves_room_for_a_key_exchange_an_epoch() -> None:
    pair = Pair(Archive(2_000_000, at_once=True))
    ends = (pair.client.protection, pair.server.protection)
    for end in ends:
        end.sealer.limits = end.opener.limits = EpochLimits(packets=300)
    pair.run()
    assert pair.content == pair.archive.content
    assert ends[0].sealer.epoch == ends[1].opener.epoch > 4
    assert ends[0].exchange.number >= ends[0].sealer.epoch - 1
    assert not pair.server.dropped


def test_a_path_is_probed_for_its_size_while_bulk_fills_it() -> None:
    pair = Pair(Archive(4_000_000, at_once=True))
    pair.archive.want_larger = lambda now: pair.client.recovery.mtu.want_larger(now=now)
    while pair.client.recovery.mtu.size < CEILING_MTU:
        pair.turn()
        assert pair.archive.offset < 1_000_000


def test_bulk_is_acknowledged_by_the_dozen_or_after_a_part_of_a_round_trip_or_when_one_is_missing() -> None:
    pair = Pair(Archive(4_000_000, at_once=True))
    for _ in range(8):
        pair.turn()
    pair.client.recovery.streams.rate = FAST
    pair.now += 0.01
    sent = pair.client.datagrams_to_send(now=pair.now)
    at = pair.now + 0.0005
    for place, datagram in enumerate(sent[: MOST_UNTOLD - 1], start=1):
        pair.server.receive_datagram(datagram.data, CLIENT, now=at)
        wakeup = pair.server.next_wakeup(now=at)
        assert wakeup is not None
        assert at < wakeup <= at + (MAX_ACK_DELAY if place < SOME_UNTOLD else SOME_UNTOLD_FOR), place
    pair.server.receive_datagram(sent[MOST_UNTOLD - 1].data, CLIENT, now=at)
    assert pair.server.datagrams_to_send(now=at)
    pair.server.receive_datagram(sent[MOST_UNTOLD].data, CLIENT, now=at)
    assert not pair.server.datagrams_to_send(now=at)
    pair.server.receive_datagram(sent[MOST_UNTOLD + 2].data, CLIENT, now=at)
    assert pair.server.datagrams_to_send(now=at)


def test_a_peer_that_is_slow_to_read_is_not_taken_for_a_path_that_lost_all() -> None:
    pair = Pair(Archive(4_000_000, at_once=True))
    for _ in range(8):
        pair.turn()
    sent = pair.client.datagrams_to_send(now=pair.now)
    pair.client.datagrams_to_send(now=pair.now + 0.15)
    assert len(pair.client.recovery._sent) >= len(sent) > 0


def test_what_is_urgent_goes_first_even_in_the_middle_of_bulk() -> None:
    noting = Noting(at=float("inf"))
    pair = Pair(Archive(4_000_000, at_once=True), [(Urgency.INTERACTIVE, noting)])
    while pair.archive.filled < 100:
        pair.turn()
    pair.client.recovery.streams.rate = FAST
    noting.at = pair.now
    said_before = len(pair.heard)
    pair.turn()
    assert noting.at is None
    assert pair.heard[said_before] == Note()
    assert len(pair.heard) - said_before > MAX_DATAGRAMS_PER_TURN / 2


def test_a_turn_is_bounded() -> None:
    pair = Pair(Archive(4_000_000, at_once=True))
    pair.turn()
    pair.client.recovery.streams.rate = FAST
    most = max(len(pair.turn()) for _ in range(40))
    assert MAX_DATAGRAMS_PER_TURN / 2 < most <= MAX_BULK_PER_TURN + 1


def test_an_observer_is_told_of_each_datagram() -> None:
    pair = Pair(Archive(200_000, at_once=True))
    told: list[object] = []
    pair.client.observe(lambda event, *, now: told.append(event), now=0.0)
    pair.run()
    assert pair.archive.filled == 0
    assert sum(type(event).__name__ == "PacketSent" for event in told) == pair.client.datagrams_sent


def test_nothing_is_filled_before_the_server_is_known_by_one_path() -> None:
    pair = Pair(Archive(100_000, at_once=True))
    pair.client.datagrams_to_send(now=0.0)
    assert pair.archive.filled == 0


def test_no_more_leaves_than_the_congestion_window_allows() -> None:
    pair = Pair(Archive(4_000_000, at_once=True))
    for _ in range(40):
        pair.client.datagrams_to_send(now=pair.now)
        recovery = pair.client.recovery
        assert recovery.bytes_in_flight <= recovery.congestion.window + OVERHEAD_BYTES + 1452
        pair.turn()
