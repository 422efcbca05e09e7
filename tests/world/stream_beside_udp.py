"""A session in virtual time that has a stream beside UDP, either of which can be cut, one way or both."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rmosh.session.wishes import StreamIdle
from rmosh.transport.path import Path
from rmosh_netem.link import LinkModel
from rmosh_netem.virtual import VirtualStream
from tests.world.virtual_session import EchoingSession, make_virtual_session

STREAM_AT_CLIENT = Path.stream(101)
STREAM_AT_SERVER = Path.stream(7)


@dataclass
class TwoPaths:
    """Both paths of a session, and what went over them."""

    session: EchoingSession
    stream: VirtualStream
    udp: LinkModel
    at_client: Path = STREAM_AT_CLIENT
    at_server: Path = STREAM_AT_SERVER

    @property
    def now(self) -> float:
        return self.session.world.now

    def cut_udp(self, *, up: bool = True, down: bool = True) -> None:
        """Let UDP lose everything from now on, in these directions."""
        self.change_udp(replace(self.udp, loss=1.0), up=up, down=down)

    def restore_udp(self) -> None:
        self.change_udp(self.udp)

    def change_udp(self, model: LinkModel, *, up: bool = True, down: bool = True) -> None:
        if up:
            self.session.world.up.model = model
        if down:
            self.session.world.down.model = model

    def close_stream(self) -> None:
        """Let the stream break, and either end notice."""
        self.stream.close()
        self.session.client.drop_path(self.at_client, now=self.now)
        self.session.server.drop_path(self.at_server, now=self.now)

    def key(self, *, limit: float = 60) -> float:
        """Type one key; return the seconds until a frame shows it."""
        session = self.session
        session.type(b"k")
        began, offset = self.now, len(session.typed)

        def shown() -> bool:
            return bool(session.screens) and session.screens[-1][1].input_offset >= offset

        assert session.world.run_until(shown, limit=limit), f"a key was not shown within {limit} s"
        return self.now - began

    def keys(self, count: int, *, gap: float = 0.15) -> list[float]:
        """Type keys one after another; return for each the seconds until a frame shows it."""
        taken: list[float] = []
        for _ in range(count):
            taken.append(self.key())
            self.session.world.run(max(0.0, gap - taken[-1]))
        return taken

    @property
    def on_stream(self) -> bool:
        return self.session.client.active_path == self.at_client

    @property
    def switches(self) -> tuple[int, int]:
        """How often either end went over to the other path."""
        ends = (self.session.client._endpoint, self.session.attachment._endpoint)
        up, down = (0 if end.ways.beside is None else end.ways.beside.choice.switches for end in ends)
        return up, down


def make_two_paths(udp: LinkModel, stream: LinkModel, *, seed: int, blocked: bool = False, **options: Any) -> TwoPaths:
    """Return a session that starts with both paths, as after a login."""
    print(f"seed {seed}, UDP {udp}, stream {stream}")
    session = make_virtual_session(replace(udp, loss=1.0) if blocked else udp, seed=seed, **options)
    return TwoPaths(session, put_beside(session, stream, seed=seed + 10), udp)


def put_beside(session: EchoingSession, stream: LinkModel, *, seed: int) -> VirtualStream:
    """Let a session have a stream beside UDP from now on."""
    world = session.world
    made = world.open_stream(
        up=stream, down=stream, seed=seed, client_path=STREAM_AT_CLIENT, server_path=STREAM_AT_SERVER
    )
    (client,) = session.server.attachments
    session.server.add_path(client.session_id, STREAM_AT_SERVER, now=world.now)
    session.client.add_path(STREAM_AT_CLIENT, now=world.now)
    return made


def idle_events(session: EchoingSession) -> Callable[[], int]:
    """Count how often the client says that the stream is not needed."""
    seen: list[StreamIdle] = []
    told = session.on_client_event

    def listen(event: object) -> None:
        if isinstance(event, StreamIdle):
            seen.append(event)
        told(event)

    session.on_client_event = listen  # type: ignore[method-assign]
    return lambda: len(seen)
