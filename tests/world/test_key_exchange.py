"""Key exchanges and epochs over links that lose, reorder and fall silent, with epochs as short as a breath."""

import random
from collections.abc import Callable

import pytest

from rmosh.transport.endpoint import Endpoint
from rmosh.transport.sealing import EpochLimits
from rmosh_netem.link import Bursts, LinkModel
from tests.world.virtual_session import EchoingSession

LINKS = {
    "clean": LinkModel(delay=0.05),
    "30 % loss": LinkModel(delay=0.05, loss=0.3),
    "reordering and duplicates": LinkModel(delay=0.02, jitter=0.05, reorder=True, duplicate=0.2),
    "all of it": LinkModel(delay=0.05, loss=0.3, jitter=0.05, reorder=True, duplicate=0.1),
    "bursts": LinkModel(delay=0.03, bursts=Bursts(good=1.0, bad=0.4)),
}


def ends(session: EchoingSession) -> tuple[Endpoint, Endpoint]:
    return session.client._endpoint, session.attachment._endpoint


def shorten_epochs(session: EchoingSession, chance: random.Random) -> None:
    """Have both ends change their keys all the time, each at its own."""
    for end in ends(session):
        end.protection.sealer.limits = EpochLimits(packets=chance.choice((3, 10, 40)), seconds=chance.uniform(0.2, 2.0))


def type_through_blackouts(session: EchoingSession, chance: random.Random, *, keys: int) -> None:
    for _ in range(keys):
        session.type(bytes([chance.randrange(97, 123)]))
        if chance.random() < 0.03:
            session.world.black_out(chance.uniform(0.1, 3.0))
        if chance.random() < 0.03:
            session.world.roam()
        session.world.run(chance.choice((0.01, 0.1, 0.3, 1.0)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_the_ends_never_lose_each_other_and_every_epoch_gets_its_exchange(
    make_session: Callable[..., EchoingSession], link: LinkModel, seed: int
) -> None:
    chance = random.Random(seed)
    session = make_session(link, seed=seed)
    shorten_epochs(session, chance)
    type_through_blackouts(session, chance, keys=50)
    assert session.world.run_until(session.converged, limit=60)
    exchanges = session.client._endpoint.protection.exchange.number
    type_through_blackouts(session, chance, keys=25)
    assert session.world.run_until(session.converged, limit=60)
    client, server = ends(session)
    print(client.protection.sealer.epoch, server.protection.sealer.epoch, client.protection.exchange.number)
    assert client.protection.sealer.epoch - server.protection.opener.epoch in (0, 1)
    assert server.protection.sealer.epoch - client.protection.opener.epoch in (0, 1)
    assert client.protection.exchange.number > exchanges
    assert exchanges >= 5


def test_the_first_exchange_is_through_within_three_round_trips(make_session: Callable[..., EchoingSession]) -> None:
    session = make_session(LinkModel(delay=0.05), seed=1)
    session.world.run(0.3)
    session.type(b"k")
    session.world.run(0.11)
    for end in ends(session):
        assert (end.protection.sealer.epoch, end.protection.opener.epoch) == (1, 1)
        assert not end.protection.sealer.mixes
        assert not end.protection.opener.expects


def test_an_idle_session_exchanges_keys_once_an_epoch_and_says_nothing_else_for_it(
    make_session: Callable[..., EchoingSession],
) -> None:
    session = make_session(LinkModel(delay=0.05), seed=2)
    session.world.run(60)
    client, server = ends(session)
    sent = client.datagrams_sent
    session.world.run(3 * 3600)
    assert client.protection.exchange.number in (4, 5)
    assert client.protection.sealer.epoch == client.protection.exchange.number
    assert server.protection.sealer.epoch == client.protection.exchange.number
    assert client.datagrams_sent - sent <= 3 * 3600 / 10 + 2 * client.protection.exchange.number
