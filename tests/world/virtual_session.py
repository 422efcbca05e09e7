"""A session in the virtual-clock world: real client and server cores, a link, and a program that echoes."""

import random
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from rmosh.announce import new_announce
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close
from rmosh.channels.echo.ends import EchoAdvanced
from rmosh.channels.history.policy import DEFAULT_HISTORY_DEPTH
from rmosh.channels.screen.receiver import ScreenChanged
from rmosh.compression import Compression
from rmosh.session.attachment import Attachment, Guest
from rmosh.session.channels import CHANNELS, frames_of
from rmosh.session.client import ClientSession
from rmosh.session.events import PtyInput, PtyResize
from rmosh.session.policy import CLIENT_TIMEOUT
from rmosh.session.server import ServerSession
from rmosh.session.wishes import PathWanted
from rmosh.transport.endpoint import Endpoint
from rmosh.transport.path import Datagram, Path
from rmosh_netem.link import LinkModel
from rmosh_netem.virtual import World

SERVER_AS_SEEN = Path(0, "server", 60000)

#: When every world begins, in monotonic seconds: not 0, which would hide times that were never set.
START = 1000.0


def client_as_seen(address: int) -> Path:
    return Path(0, f"client-{address}", 40000)


class Stalled(AssertionError):
    """A traffic class was due, gave nothing when it was first to speak, and was due again at the same moment."""


class Watched:
    """A core of the world none of whose endpoints may ever have had to hold a traffic class back."""

    def __init__(self, core: Any, endpoints: Callable[[], Iterable[Endpoint]]) -> None:
        self._core = core
        self._endpoints = endpoints

    def datagrams_to_send(self, *, now: float) -> list[Datagram]:
        datagrams: list[Datagram] = self._core.datagrams_to_send(now=now)
        self._check()
        return datagrams

    def next_wakeup(self, *, now: float) -> float | None:
        moment: float | None = self._core.next_wakeup(now=now)
        self._check()
        return moment

    def _check(self) -> None:
        for endpoint in self._endpoints():
            if endpoint.stalls:
                raise Stalled(f"held back: {dict(endpoint.stalls)}")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)


@dataclass
class EchoingSession:
    """A world with both cores; the server's program is `cat` in raw mode unless a test replaces `program`."""

    world: World
    client: ClientSession
    server: ServerSession
    typed: bytearray = field(default_factory=bytearray)
    given: bytearray = field(default_factory=bytearray)
    closed: list[Close] = field(default_factory=list)
    server_closed: list[Close] = field(default_factory=list)
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

    def on_client_event(self, event: object, /) -> None:
        if isinstance(event, ScreenChanged):
            self.screens.append((self.world.now, event))
        elif isinstance(event, EchoAdvanced):
            self.echoes.append((self.world.now, event))
        elif isinstance(event, SessionClosed):
            self.closed.append(event.close)
        elif isinstance(event, PathWanted):
            self.paths_wanted += 1

    def on_server_event(self, event: object, /) -> None:
        if isinstance(event, PtyInput) and event.client:
            self.given += event.data
            if self.reading:
                self.server.input_taken(event.client, event.input_offset, now=self.world.now)
                answer = self.program(event.data)
                if answer:
                    self.server.output(answer, now=self.world.now)
        elif isinstance(event, PtyResize):
            self.resizes.append(event)
        elif isinstance(event, SessionClosed):
            self.server_closed.append(event.close)

    def read_on(self) -> None:
        """Let the program read again, with what it left unread."""
        self.reading = True
        (client,) = self.server.attachments
        self.server.input_taken(client.session_id, len(self.given), now=self.world.now)

    @property
    def attachment(self) -> Attachment:
        """The client's end at the server, to look into."""
        (attachment,) = self.server._contacts.values()
        return attachment

    def same_screen(self) -> bool:
        return self.client.frame == self.server.screen

    def converged(self) -> bool:
        return self.given == self.typed and self.same_screen() and self.client.input_backlog == 0


@contextmanager
def without(names: Collection[str]) -> Iterator[None]:
    """Let the core that is made meanwhile have no such channels and know none of their frames, as an older one."""
    kept = tuple(channel for channel in CHANNELS if channel.name not in names)
    known = frames_of(kept)
    with (
        patch("rmosh.session.channels.CHANNELS", kept),
        patch("rmosh.session.client.FRAMES", known),
        patch("rmosh.session.attachment.FRAMES", known),
    ):
        yield


def make_virtual_session(
    link: LinkModel,
    *,
    seed: int,
    down: LinkModel | None = None,
    rows: int = 24,
    columns: int = 80,
    compression: Compression = Compression.LAYOUT,
    obscures_typing: bool = False,
    may_stall: bool = False,
    login_host: str = client_as_seen(0).host,
    client_timeout: float = CLIENT_TIMEOUT,
    before: bytes = b"",
    history_depth: int = DEFAULT_HISTORY_DEPTH,
    client_lacks: Collection[str] = (),
    server_lacks: Collection[str] = (),
    streams: bool = False,
) -> EchoingSession:
    """Return a session over a link, the same both ways unless `down` is given.

    Args:
        may_stall: traffic classes may have to be held back, as where a test makes them fail.
        login_host: where the server believes that the login came from; a jump host's is another than the client's.
        before: what the program printed before the client came.
        client_lacks, server_lacks: the channels, by name, that this end does not know of.
        streams: hello and announce line offered them.
    """
    randomness = random.Random(seed)
    announce = replace(new_announce(port=60000, entropy=randomness.randbytes(40)), streams=streams)
    with without(client_lacks):
        client = ClientSession(
            announce,
            rows=rows,
            columns=columns,
            paths=[SERVER_AS_SEEN],
            entropy=randomness.randbytes,
            now=START,
            history_depth=history_depth,
            obscures_typing=obscures_typing,
        )
    server = ServerSession(
        rows=rows, columns=columns, entropy=randomness.randbytes, now=START, client_timeout=client_timeout
    )
    if before:
        server.output(before, now=START)
    guest = Guest(
        rows, columns, compression=compression, obscures_typing=obscures_typing, login_host=login_host, streams=streams
    )
    with without(server_lacks):
        server.attach(announce, guest, now=START)
    sessions: list[EchoingSession] = []
    world = World(
        client if may_stall else Watched(client, lambda: [client._endpoint]),
        server if may_stall else Watched(server, lambda: [each._endpoint for each in server._contacts.values()]),
        up=link,
        down=down or link,
        seed=seed,
        client_path=SERVER_AS_SEEN,
        server_path=client_as_seen,
        on_client_event=lambda event: sessions[0].on_client_event(event),
        on_server_event=lambda event: sessions[0].on_server_event(event),
        start=START,
    )
    sessions.append(EchoingSession(world, client, server))
    return sessions[0]


def key_latencies(
    session: EchoingSession,
    keys: int,
    *,
    gaps: tuple[float, float],
    seed: int,
    before_key: Callable[[], None] = lambda: None,
) -> list[float]:
    """Type single keys at random gaps; return for each the seconds until a frame that shows it was there."""
    chance = random.Random(seed)
    pressed: list[tuple[float, int]] = []
    for _ in range(keys):
        before_key()
        session.type(bytes([chance.randrange(97, 123)]))
        pressed.append((session.world.now, len(session.typed)))
        session.world.run(chance.uniform(*gaps))
    session.world.run_until(session.converged, limit=60)
    shown = iter(session.screens)
    latencies: list[float] = []
    moment, screen = next(shown)
    for pressed_at, offset in pressed:
        while screen.input_offset < offset:
            moment, screen = next(shown)
        latencies.append(moment - pressed_at)
    return latencies


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def colourful_page(chance: random.Random, *, rows: int, columns: int) -> bytes:
    """Return output that fills a screen with eight letters a colour, hard to compress."""
    page = bytearray(b"\x1b[H")
    for row in range(rows):
        page += b"\x1b[%d;1H" % (row + 1)
        for _ in range(columns // 8):
            page += b"\x1b[38;5;%dm" % chance.randrange(256)
            page += bytes(chance.randrange(33, 127) for _ in range(8))
    return bytes(page)
