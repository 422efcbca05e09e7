"""Each traffic class of both ends is heard, and none is ever due with nothing to give (the world checks that)."""

import random
from collections.abc import Callable

import pytest

from rmosh.announce import new_announce
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.session.attachment import Guest
from rmosh.session.channels import CHANNELS, FRAMES
from rmosh.traits import Traits
from rmosh.transport.frame_scheduler import FrameScheduler
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.frames import Ping
from rmosh_netem.link import LinkModel
from tests.world.stream_chaos import NARROW
from tests.world.virtual_session import EchoingSession, Stalled, Watched, colourful_page

LINKS = [LinkModel(delay=0.05), LinkModel(delay=0.2, jitter=0.05, loss=0.29), LinkModel(delay=0.03, rate=64_000.0)]


def frames_given(scheduler: FrameScheduler) -> set[type[WireFrame]]:
    """Return a set that fills with the frames that an endpoint's classes give from now on."""
    given: set[type[WireFrame]] = set()
    loads = scheduler.loads

    def recorded(*positional: object, **named: object) -> object:
        gathered = loads(*positional, **named)  # type: ignore[arg-type]  # as the caller names them
        given.update(type(frame) for load in gathered for frame in FRAMES.decode(load.encoded))
        return gathered

    scheduler.loads = recorded  # type: ignore[method-assign, assignment]  # ours in its place
    return given


def use_streams(session: EchoingSession) -> None:
    """Let both ends open streams, say as much as fills a window, read that, and give each other's up."""
    here = session.client.streams
    here.open().write(b"from here on the server has streams too")
    session.world.run(10)
    ((_, there),) = session.server.streams()
    there.opened()
    for opener, other in ((here, there), (there, here)):
        for _ in range(3):
            stream = opener.open()
            stream.write(bytes(3000))
            session.world.run(10)
            (opened,) = other.opened()
            opened.read(3000)
            session.world.run(3)
            stream.reset(1, "that will do")
            session.world.run(3)
            opened.reset(1, "as you say")


@pytest.mark.slow
@pytest.mark.parametrize("link", LINKS, ids=["clean", "lossy", "slow"])
@pytest.mark.parametrize("seed", range(3))
def test_every_class_is_heard_and_none_stalls(
    make_session: Callable[..., EchoingSession], monkeypatch: pytest.MonkeyPatch, link: LinkModel, seed: int
) -> None:
    for name, narrow in NARROW.items():
        monkeypatch.setattr(name, narrow)
    session, chance = make_session(link, seed=seed, streams=True), random.Random(f"deeds {seed}")
    up, down = frames_given(session.client._endpoint._scheduler), frames_given(session.attachment._endpoint._scheduler)
    viewer = new_announce(port=60000, entropy=chance.randbytes(40))
    session.server.attach(viewer, Guest(24, 80, name="looks on", read_only=True), now=session.world.now)
    for _ in range(4):
        session.type(b"some words\r\n")
        session.client.tell_colours({16: chance.randrange(1 << 24)}, now=session.world.now)
        session.client.tell_terminal(Traits(name="st", cell=(chance.randrange(9), 8)), now=session.world.now)
        session.client.resize(rows=chance.randrange(5, 40), columns=80, now=session.world.now)
        session.output(b"".join(b"line %d\r\n" % line for line in range(chance.randrange(200))))
        session.output(b"\x1b[2J" + colourful_page(chance, rows=20, columns=80))
        session.world.run(chance.uniform(0.5, 4))
    session.client.fetch_history(0, 20, now=session.world.now)
    use_streams(session)
    session.type(bytes(100_000))  # so much that more is allowed
    session.world.run(20)
    session.server.shell_ended(Close(CloseKind.EXITED, 0), now=session.world.now)
    session.client.quit(now=session.world.now)
    session.world.run(5)
    assert {Ping, *(kind.shape for channel in CHANNELS for kind in channel.typist.takes)} - up == set()
    assert {kind.shape for channel in CHANNELS for kind in channel.client.takes} - down == set()


def test_the_world_stops_at_a_class_that_is_due_and_gives_nothing(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LINKS[0], seed=1)
    assert isinstance(session.world.client, Watched)
    session.client._closing.sender.due_at = lambda link: 0.0  # type: ignore[method-assign]  # ours in its place
    with pytest.raises(Stalled, match="closing"):
        session.world.run(1)
