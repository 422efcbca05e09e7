"""A client that was silent for two weeks: its keys open nothing any more, the session lives on."""

import random

import pytest

from rmosh.announce import new_announce
from rmosh.channels.closing.policy import NEVER
from rmosh.session.attachment import Guest
from rmosh.session.policy import CLIENT_TIMEOUT
from rmosh_netem.link import LinkModel
from tests.world.virtual_session import EchoingSession, make_virtual_session

DAY = 86400.0


def away_for(seconds: float, *, client_timeout: float = CLIENT_TIMEOUT) -> EchoingSession:
    """Return a session whose client slept for so long, and types a key at the end."""
    session = make_virtual_session(LinkModel(delay=0.05), seed=1, client_timeout=client_timeout)
    session.type(b"before ")
    assert session.world.run_until(session.converged, limit=10)
    session.world.sleep_client(seconds, on_wake=lambda: session.client.woke_up(now=session.world.now))
    session.world.run(seconds + 1.0)
    session.type(b"after")
    session.world.run(5.0)
    return session


def test_a_client_that_comes_back_within_two_weeks_goes_on() -> None:
    session = away_for(13.9 * DAY)
    assert session.converged()


def test_the_keys_of_a_client_that_was_silent_for_two_weeks_open_nothing() -> None:
    session = away_for(14.1 * DAY)
    assert session.server.attachments == ()
    assert session.given == b"before "
    assert session.client.status(now=session.world.now).silence > 0


def test_the_session_lives_on_and_takes_a_client_that_attaches_anew() -> None:
    session = away_for(14.1 * DAY)
    assert not session.server.is_over
    session.output(b"still here\r\n")
    session.server.attach(
        new_announce(port=1, entropy=random.Random(2).randbytes(40)), Guest(24, 80), now=session.world.now
    )
    assert len(session.server.attachments) == 1


@pytest.mark.parametrize(("timeout", "away", "known"), [(DAY, 1.1 * DAY, False), (NEVER, 400 * DAY, True)])
def test_the_time_is_the_hosts_choice(timeout: float, away: float, known: bool) -> None:
    session = away_for(away, client_timeout=timeout)
    assert (len(session.server.attachments) == 1) is known
    assert session.converged() is known


def test_the_server_wakes_for_it_by_itself() -> None:
    session = make_virtual_session(LinkModel(delay=0.05), seed=4)
    session.world.run(1.0)
    session.world.sleep_client(1000 * DAY, on_wake=lambda: None)
    session.world.run(14 * DAY + 60.0)
    assert session.server.attachments == ()
    assert session.server.next_wakeup(now=session.world.now) is None
