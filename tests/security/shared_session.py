"""A session with its clients on a perfect network with a clock of its own, and frames that a client may make up."""

import random
from collections import deque
from dataclasses import dataclass, field

from hypothesis import strategies as st

from rmosh.announce import Announce, new_announce
from rmosh.channels.channel import ClientEvent
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.history.frames import HistoryWant
from rmosh.channels.input.frames import Input
from rmosh.channels.newest.ends import PeopleChanged
from rmosh.channels.newest.frames import Colours, Person, Reads, Terminal, Window
from rmosh.channels.screen.frames import ScreenAck
from rmosh.channels.streams.frames import StreamData, StreamGivenUp, StreamLimit, StreamReset, StreamsLimit
from rmosh.session.attachment import Guest
from rmosh.session.channels import FRAMES
from rmosh.session.client import ClientSession
from rmosh.session.events import PtyInput, ServerEvent
from rmosh.session.server import ServerSession
from rmosh.traits import Traits
from rmosh.transport.frame_scheduler import Speaker
from rmosh.transport.frame_type import FrameType, WireFrame
from rmosh.transport.path import Path
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.traffic import Load

STEP = 0.02
SMALL = st.integers(0, 300)

#: Frames as a client may well send them; of the other types, and of these too, any bytes.
MEANINGFUL: dict[type[WireFrame], st.SearchStrategy[WireFrame]] = {
    Close: st.builds(Close, st.sampled_from(CloseKind), st.integers(0, 65535), st.text(max_size=20), SMALL),
    Input: st.builds(Input, st.just(0) | SMALL, st.binary(min_size=1, max_size=30)),
    Window: st.builds(Window, st.integers(0, 1 << 40), st.integers(1, 1000), st.integers(1, 1000)),
    ScreenAck: st.builds(ScreenAck, SMALL),
    HistoryWant: st.builds(HistoryWant, st.integers(0, 1 << 40), SMALL, SMALL, SMALL),
    Reads: st.builds(Reads, st.integers(0, 1 << 6)),
    Colours: st.dictionaries(st.integers(0, 18), st.integers(0, 0xFFFFFF)).map(
        lambda values: Colours(tuple(sorted(values.items())))
    ),
    Terminal: st.builds(Traits, st.booleans(), st.booleans(), st.booleans(), st.just("XTerm(412)")).map(Terminal),
    StreamData: st.builds(StreamData, SMALL, SMALL, st.binary(min_size=1, max_size=30), st.booleans()),
    StreamLimit: st.builds(StreamLimit, SMALL, SMALL, SMALL),
    StreamsLimit: st.builds(StreamsLimit, SMALL, SMALL),
    StreamGivenUp: st.builds(StreamGivenUp, SMALL, st.sampled_from([1, 3]), SMALL, st.just(StreamReset(1, "why"))),
}


def encodings(frame_type: FrameType) -> st.SearchStrategy[bytes]:
    """Return frames of a type as bytes, most of them well formed."""
    anything = st.binary(max_size=60).map(lambda rest: bytes([frame_type.code]) + rest)
    meaningful = MEANINGFUL.get(frame_type.shape)
    return anything if meaningful is None else meaningful.map(FRAMES.encode) | anything


ANY_FRAME = st.one_of(*[encodings(frame_type) for frame_type in FRAMES.types])


@dataclass(eq=False)
class Says:
    """A traffic class that says what it is told to, each frame in a datagram, whatever it means."""

    waiting: deque[bytes] = field(default_factory=deque)

    def due_at(self, link: LinkConditions) -> float | None:
        return 0.0 if self.waiting else None

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        return [Load(self.waiting.popleft())] if self.waiting and len(self.waiting[0]) <= room else []

    def hurry(self) -> None:
        pass


@dataclass
class Client:
    announce: Announce
    core: ClientSession
    path: Path
    says: Says
    events: list[ClientEvent] = field(default_factory=list)

    @property
    def ended(self) -> list[CloseKind]:
        return [event.close.kind for event in self.events if isinstance(event, SessionClosed)]

    @property
    def people(self) -> tuple[Person, ...]:
        (*_, told) = [event.people for event in self.events if isinstance(event, PeopleChanged)]
        return told


class SharedSession:
    """A session, its owner and a guest on a perfect network with a clock of its own."""

    def __init__(self) -> None:
        self.now = 100.0
        self._entropy = random.Random(11).randbytes
        self.server = ServerSession(rows=24, columns=80, entropy=self._entropy, now=self.now)
        self.events: list[ServerEvent] = []
        self.clients: list[Client] = []

    def attach(self, *, read_only: bool, rows: int = 24, columns: int = 80) -> Client:
        announce = new_announce(port=60000, entropy=self._entropy(40))
        self.server.attach(announce, Guest(rows, columns, "somebody", read_only, streams=True), now=self.now)
        path = Path(0, f"client {len(self.clients)}", 60000)
        core = ClientSession(announce, rows=rows, columns=columns, paths=[path], entropy=self._entropy, now=self.now)
        says = Says()
        scheduler = core._endpoint._scheduler
        scheduler._speakers = (Speaker("a test", says), *scheduler._speakers)
        client = Client(announce, core, path, says)
        self.clients.append(client)
        self.run(0.1)
        return client

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            for client in self.clients:
                for datagram in client.core.datagrams_to_send(now=self.now):
                    self.server.receive_datagram(datagram.data, client.path, now=self.now)
            self._take_events()
            for datagram in self.server.datagrams_to_send(now=self.now):
                for client in self.clients:
                    if client.path == datagram.path:
                        client.core.receive_datagram(datagram.data, client.path, now=self.now)
            for client in self.clients:
                while (event := client.core.next_event()) is not None:
                    client.events.append(event)
            self.now += STEP

    def _take_events(self) -> None:
        while (event := self.server.next_event()) is not None:
            self.events.append(event)
            if isinstance(event, PtyInput) and event.client:
                self.server.input_taken(event.client, event.input_offset, now=self.now)

    def answer(self, question: bytes) -> bytes:
        """Return what a program is told that asks the terminal something."""
        self._take_events()
        self.events.clear()
        self.server.output(question, now=self.now)
        self._take_events()
        return b"".join([event.data for event in self.events if isinstance(event, PtyInput)])

    def state(self) -> tuple[object, ...]:
        """Return all that a guest must not change."""
        statuses = [status for status in self.server.attachments if not status.guest.read_only]
        return (
            (len(self.server.screen.rows), self.server.screen.columns),
            self.server.screen.rows,
            self.server.is_over,
            [(status.session_id, status.window, status.leads, status.typed_at) for status in statuses],
            self.answer(b"\x1b]10;?\x07\x1b]11;?\x07\x1b]4;1;?\x07"),
        )
