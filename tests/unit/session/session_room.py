"""A server session and its clients on a perfect network: what tests of several clients need."""

import random
from collections import Counter
from dataclasses import dataclass, field

from rmosh.announce import Announce, new_announce
from rmosh.channels.channel import ClientEvent
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import CloseKind
from rmosh.session.attachment import Guest
from rmosh.session.client import ClientSession
from rmosh.session.events import PtyInput, ServerEvent
from rmosh.session.server import ServerSession
from rmosh.transport.path import Path

CHANCE = random.Random(7)
STEP = 0.01


@dataclass
class Visitor:
    """One client and what it saw; `asleep` means that nothing reaches or leaves it."""

    announce: Announce
    core: ClientSession
    path: Path
    asleep: bool = False
    events: list[ClientEvent] = field(default_factory=list)

    @property
    def ended(self) -> list[CloseKind]:
        return [event.close.kind for event in self.events if isinstance(event, SessionClosed)]


class Room:
    """A server session and its visitors, on a perfect network with a clock of its own."""

    def __init__(self) -> None:
        self.now = 100.0
        self.server = ServerSession(rows=24, columns=80, entropy=CHANCE.randbytes, now=self.now)
        self.visitors: list[Visitor] = []
        self.events: list[ServerEvent] = []
        #: Path -> the most bytes that the server's host sends on it.
        self.most: dict[Path, int] = {}
        self.refused: list[int] = []

    def attach(self, *, rows: int = 24, columns: int = 80, read_only: bool = False, name: str = "") -> Visitor:
        announce = new_announce(port=60000, entropy=CHANCE.randbytes(40))
        self.server.attach(announce, Guest(rows, columns, name, read_only), now=self.now)
        path = Path(0, f"visitor {len(self.visitors)}", 60000)
        client = ClientSession(
            announce, rows=rows, columns=columns, paths=[path], entropy=CHANCE.randbytes, now=self.now
        )
        visitor = Visitor(announce, client, path)
        self.visitors.append(visitor)
        self.run(0.2)
        return visitor

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self._exchange()
            self.now += STEP

    def _exchange(self) -> None:
        for visitor in self.visitors:
            for datagram in visitor.core.datagrams_to_send(now=self.now):
                if not visitor.asleep:
                    self.server.receive_datagram(datagram.data, visitor.path, now=self.now)
        self._run_program()
        by_path = {visitor.path: visitor for visitor in self.visitors if not visitor.asleep}
        for datagram in self.server.datagrams_to_send(now=self.now):
            size = len(datagram.data)
            if size > self.most.get(datagram.path, size):
                self.refused.append(size)
                self.server.send_failed(datagram.path, too_long=size, now=self.now)
            elif datagram.path in by_path:
                by_path[datagram.path].core.receive_datagram(datagram.data, datagram.path, now=self.now)
        for visitor in self.visitors:
            while (event := visitor.core.next_event()) is not None:
                visitor.events.append(event)

    def _run_program(self) -> None:
        """Be `cat` in raw mode."""
        while (event := self.server.next_event()) is not None:
            self.events.append(event)
            if isinstance(event, PtyInput) and event.client:
                self.server.input_taken(event.client, event.input_offset, now=self.now)
                self.server.output(event.data, now=self.now)

    def type(self, visitor: Visitor, text: bytes) -> None:
        visitor.core.send_input(text, now=self.now)
        self.run(0.3)

    @property
    def stalls(self) -> Counter[str]:
        """Traffic classes that were due and had nothing to give, of all endpoints."""
        ends = [visitor.core._endpoint for visitor in self.visitors]
        ends += [attachment._endpoint for attachment in self.server._contacts.values()]
        return sum([end.stalls for end in ends], Counter[str]())

    @property
    def size(self) -> tuple[int, int]:
        return len(self.server.screen.rows), self.server.screen.columns
