"""An endpoint looks once where another look would tell it nothing else."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.transport.endpoint import Endpoint
from rmosh.transport.path import Datagram
from rmosh.transport.policy import MAX_DATAGRAMS_PER_TURN
from rmosh.transport.repeats import LinkConditions
from rmosh_netem.link import LinkModel
from tests.world.test_any_link import DEEDS, LINKS, do
from tests.world.virtual_session import EchoingSession, make_virtual_session


def run(session: EchoingSession, deeds: list[tuple[str, int]], *, seed: int) -> None:
    """Let a session begin, and then some deeds be done in it."""
    session.world.run(1)
    for deed, amount in deeds:
        do(session, deed, amount, random.Random(seed))
        session.world.run(0.2)


@pytest.mark.slow
@settings(max_examples=12)
@given(up=LINKS, down=LINKS, deeds=st.lists(DEEDS, min_size=2, max_size=6), seed=st.integers(0, 1000))
def test_the_conditions_that_were_kept_are_those_reckoned_anew(
    up: LinkModel, down: LinkModel, deeds: list[tuple[str, int]], seed: int
) -> None:
    used: list[tuple[LinkConditions, LinkConditions]] = []

    def known_conditions(endpoint: Endpoint, now: float) -> LinkConditions:
        if endpoint._link is not None:
            used.append((endpoint._link, endpoint.conditions(now=now)))
        return asked(endpoint, now)

    asked = Endpoint._known_conditions
    session = make_virtual_session(up, down=down, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Endpoint, "_known_conditions", known_conditions)
        run(session, deeds, seed=seed)
    assert used
    assert [kept for kept, anew in used if kept != anew] == []


@pytest.mark.slow
@settings(max_examples=12)
@given(up=LINKS, down=LINKS, deeds=st.lists(DEEDS, min_size=2, max_size=6), seed=st.integers(0, 1000))
def test_all_that_is_to_be_said_at_a_moment_is_said_at_once(
    up: LinkModel, down: LinkModel, deeds: list[tuple[str, int]], seed: int
) -> None:
    looks = 0
    late: list[Datagram] = []

    def datagrams_to_send(
        endpoint: Endpoint, *, now: float, clock: Callable[[], float] | None = None
    ) -> list[Datagram]:
        nonlocal looks
        said, looks = asked(endpoint, now=now, clock=clock), looks + 1
        if len(said) < MAX_DATAGRAMS_PER_TURN:
            late.extend(asked(endpoint, now=now, clock=clock))
        return said

    asked = Endpoint.datagrams_to_send
    session = make_virtual_session(up, down=down, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Endpoint, "datagrams_to_send", datagrams_to_send)
        run(session, deeds, seed=seed)
    assert looks
    assert late == []


def test_what_streams_may_do_is_reckoned_once_there_are_any() -> None:
    session = make_virtual_session(LinkModel(delay=0.01), seed=1, streams=True)
    session.world.run(1)
    endpoint = session.client._endpoint
    streams = endpoint.recovery.streams
    assert endpoint.conditions(now=session.world.now).streams_at == 0.0
    streams.next_at = session.world.now + 1
    session.client.streams.open().write(b"some")
    assert endpoint.conditions(now=session.world.now).streams_at == streams.next_at
    assert endpoint.conditions(now=session.world.now).streams_window == streams.window
