"""A screen that changes by itself ten times a second costs half as many acknowledgements, and nothing else."""

import pytest

from rmosh.session.channels import CHANNELS, frames_of
from rmosh.transport.frames import ACK_MAY_WAIT, TRANSPORT_FRAMES
from rmosh.transport.policy import ACK_WAIT_GRANTED
from rmosh_netem.link import LinkModel
from tests.world.virtual_session import EchoingSession, make_virtual_session, percentile

SPACE = 0.1


def never(patch: pytest.MonkeyPatch) -> None:
    """Have every acknowledgement leave as before."""
    patch.setattr("rmosh.transport.contents.grants", lambda loads, room: [])
    patch.setattr("rmosh.channels.screen.sender.ACK_WAIT_GRANTED", 0.0)


def tick(session: EchoingSession, count: int, *, first: int = 0) -> list[float]:
    """Let a program count at 10 Hz; return for each number how long it took until it, or a later one, was shown."""
    seen = len(session.screens)
    began: list[float] = []
    for number in range(first, first + count):
        session.output(b"\r%06d" % number)
        began.append(session.world.now)
        session.world.run(SPACE)
    session.world.run(3)
    shown = [(moment, int(screen.frame.rows[0].signs[:6])) for moment, screen in session.screens[seen:]]
    return [
        next(at for at, newest in shown if newest >= number) - begin for number, begin in enumerate(began, start=first)
    ]


def begun(link: LinkModel, *, seed: int = 1) -> EchoingSession:
    """Return a session whose screen has changed for a while."""
    session = make_virtual_session(link, seed=seed)
    session.world.run(1)
    tick(session, 70)
    return session


@pytest.mark.parametrize(("rtt", "seconds"), [(0.0004, 15), (0.03, 60), (0.3, 15)])
def test_ten_frames_a_second_take_five_acknowledgements(rtt: float, seconds: int) -> None:
    session = begun(LinkModel(delay=rtt / 2))
    client, server = session.client._endpoint, session.attachment._endpoint
    before = client.datagrams_sent, server.datagrams_sent, server.bytes_sent
    delays = tick(session, 10 * seconds, first=100)
    up, down, size = (
        now - then
        for now, then in zip((client.datagrams_sent, server.datagrams_sent, server.bytes_sent), before, strict=True)
    )
    assert up <= 5.5 * seconds
    assert down <= 10.1 * seconds + 3
    assert size <= 72 * down
    assert max(delays) < rtt / 2 + 0.01
    assert server.recovery.loss.rate < 0.001


@pytest.mark.parametrize("rtt", [0.0004, 0.03, 0.3])
def test_the_round_trip_is_measured_as_before(rtt: float) -> None:
    session = begun(LinkModel(delay=rtt / 2))
    measured = session.attachment._endpoint.recovery.rtt
    assert measured.minimum == pytest.approx(rtt, abs=0.001)
    assert measured.smoothed == pytest.approx(rtt, abs=0.011)


@pytest.mark.slow
@pytest.mark.parametrize("loss", [0.05, 0.29])
def test_where_datagrams_are_lost_frames_take_no_longer(loss: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def delays() -> list[float]:
        link = LinkModel(delay=0.02, loss=loss)
        return tick(begun(link), 80, first=100)

    waiting = delays()
    never(monkeypatch)
    hurried = delays()
    for share in (0.5, 0.9, 0.95):
        assert percentile(waiting, share) <= 1.1 * percentile(hurried, share) + 0.005


def test_a_key_typed_meanwhile_is_answered_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken() -> list[float]:
        session = begun(LinkModel(delay=0.02))
        delays = []
        for place in range(8):
            for number in range(20):
                session.output(b"\r%06d" % (100 + number))
                session.world.run(SPACE if number < 19 else place * SPACE / 8)
            session.type(b"x")
            typed_at, before = session.world.now, len(session.echoes)
            assert session.world.run_until(lambda: len(session.echoes) > before, limit=1)  # noqa: B023 - called here
            delays.append(session.world.now - typed_at)
        return delays

    waiting = taken()
    never(monkeypatch)
    assert waiting == pytest.approx(taken(), abs=0.001)


@pytest.mark.parametrize("earlier", [0, 1], ids=["of two", "the other"])
def test_a_last_frame_that_is_lost_on_a_calm_link_is_repeated_when_its_answer_is_owed(earlier: int) -> None:
    session = begun(LinkModel(delay=0.02))
    tick(session, 10 + earlier, first=100)
    for number in range(10 + earlier):
        session.output(b"\r%06d" % (200 + number))
        session.world.run(SPACE)
    session.output(b"\r000300")
    said_at, timeout = session.world.now, session.attachment._endpoint.recovery.rtt.probe_timeout
    session.world.black_out(0.01)
    assert session.world.run_until(session.same_screen, limit=1)
    assert session.world.now - said_at < 0.02 + ACK_WAIT_GRANTED + timeout + 0.01


def test_an_older_client_passes_over_the_grant_and_acknowledges_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    known = tuple(kind for kind in TRANSPORT_FRAMES if kind is not ACK_MAY_WAIT)
    with monkeypatch.context() as patch:
        patch.setattr("rmosh.transport.frame_table.TRANSPORT_FRAMES", known)
        older = frames_of(CHANNELS)
        patch.setattr("rmosh.session.client.FRAMES", older)
        session = begun(LinkModel(delay=0.015))
    client = session.client._endpoint
    before = client.datagrams_sent
    assert max(tick(session, 50, first=100)) < 0.03
    assert client.datagrams_sent - before >= 50
    assert session.client.status(now=session.world.now).datagrams_dropped == 0
