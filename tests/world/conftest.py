"""A session in the virtual-clock world: real client and server cores, a link, and a program that echoes."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from rmosh.announce import new_announce
from rmosh.session.client import ClientSession
from rmosh.session.events import EchoAdvanced, PathWanted, PtyInput, PtyResize, ScreenChanged, SessionClosed
from rmosh.session.server import ServerSession
from rmosh.transport.path import Path
from rmosh_netem.link import LinkModel
from rmosh_netem.virtual import World

SERVER_AS_SEEN = Path(0, "server", 60000)


def client_as_seen(address: int) -> Path:
    return Path(0, f"client-{address}", 40000)


@dataclass
class EchoingSession:
    """A world with both cores; the server's program is `cat` in raw mode unless a test replaces `program`."""

    world: World
    client: ClientSession
    server: ServerSession
    typed: bytearray = field(default_factory=bytearray)
    given: bytearray = field(default_factory=bytearray)
    closed: list[object] = field(default_factory=list)
    server_closed: list[object] = field(default_factory=list)
    paths_wanted: int = 0
    screens: list[tuple[float, ScreenChanged]] = field(default_factory=list)
    echoes: list[tuple[float, EchoAdvanced]] = field(default_factory=list)
    resizes: list[PtyResize] = field(default_factory=list)
    program: Callable[[bytes], bytes] = lambda data: data
    reading: bool = True

    def type(self, data: bytes) -> None:
        self.typed += data
        self.client.send_input(data, now=self.world.now)

    def output(self, data: bytes) -> None:
        self.server.output(data, now=self.world.now)

    def on_client_event(self, event: object) -> None:
        if isinstance(event, ScreenChanged):
            self.screens.append((self.world.now, event))
        elif isinstance(event, EchoAdvanced):
            self.echoes.append((self.world.now, event))
        elif isinstance(event, SessionClosed):
            self.closed.append(event.close)
        elif isinstance(event, PathWanted):
            self.paths_wanted += 1

    def on_server_event(self, event: object) -> None:
        if isinstance(event, PtyInput) and event.input_offset is not None:
            self.given += event.data
            if self.reading:
                self.server.input_taken(event.input_offset, now=self.world.now)
                answer = self.program(event.data)
                if answer:
                    self.server.output(answer, now=self.world.now)
        elif isinstance(event, PtyResize):
            self.resizes.append(event)
        elif isinstance(event, SessionClosed):
            self.server_closed.append(event.close)

    def same_screen(self) -> bool:
        return self.client.frame == self.server.screen

    def converged(self) -> bool:
        return self.given == self.typed and self.same_screen() and self.client.input_backlog == 0


@pytest.fixture
def make_session() -> Callable[..., EchoingSession]:
    """Return a maker of sessions over a given link (the same both ways unless `down` is given)."""

    def make(
        link: LinkModel, *, seed: int, down: LinkModel | None = None, rows: int = 24, columns: int = 80
    ) -> EchoingSession:
        print(f"seed {seed}, link {link}, down {down or link}")
        randomness = random.Random(seed)
        announce = new_announce(port=60000, entropy=randomness.randbytes(40))
        start = 1000.0
        client = ClientSession(
            announce,
            rows=rows,
            columns=columns,
            paths=[SERVER_AS_SEEN],
            entropy=randomness.randbytes,
            now=start,
        )
        server = ServerSession(announce, rows=rows, columns=columns, entropy=randomness.randbytes, now=start)
        sessions: list[EchoingSession] = []
        world = World(
            client,
            server,
            up=link,
            down=down or link,
            seed=seed,
            client_path=SERVER_AS_SEEN,
            server_path=client_as_seen,
            on_client_event=lambda event: sessions[0].on_client_event(event),
            on_server_event=lambda event: sessions[0].on_server_event(event),
            start=start,
        )
        sessions.append(EchoingSession(world, client, server))
        return sessions[0]

    return make
