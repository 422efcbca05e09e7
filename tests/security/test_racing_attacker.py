"""Strangers who send garbage, and somebody on the path who races copies from addresses of his own."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count

import pytest

from rmosh.transport.path import Datagram, Path
from rmosh.transport.policy import AMPLIFICATION, MAX_CANDIDATES, WIRE_HEADERS
from rmosh.transport.routes import FollowingRoutes
from rmosh_netem.link import Arrival, LinkModel
from tests.world.virtual_session import EchoingSession, colourful_page, key_latencies, make_virtual_session, percentile

STRANGER = Path(0, "stranger", 666)
ATTACKER = Path(0, "attacker", 666)


class RacedServer:
    """The server behind an attacker whose copy of each datagram arrives first, from an address of the attacker's.

    Attributes:
        copied, caught: bytes with headers that went from each such address to the server, and back.
    """

    def __init__(
        self,
        session: EchoingSession,
        *,
        forward: bool,
        races: Callable[[], bool] = lambda: True,
        address: Callable[[], Path] = lambda: ATTACKER,
    ) -> None:
        self._session = session
        self._server = session.server
        self._forward = forward
        self._races = races
        self._address = address
        self.copied: Counter[Path] = Counter()
        self.caught: Counter[Path] = Counter()
        session.world.server = self

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None:
        if self._races():
            address = self._address()
            self.copied[address] += len(untrusted) + WIRE_HEADERS
            self._server.receive_datagram(untrusted, address, now=now)
        self._server.receive_datagram(untrusted, source, now=now)

    def datagrams_to_send(self, *, now: float) -> Iterable[Datagram]:
        datagrams = self._server.datagrams_to_send(now=now)
        for datagram in datagrams:
            if datagram.path not in self.copied:
                continue
            self.caught[datagram.path] += len(datagram.data) + WIRE_HEADERS
            assert self.caught[datagram.path] <= AMPLIFICATION * self.copied[datagram.path]
            if self._forward:
                self._pass_on(datagram.data, now=now)
        return [datagram for datagram in datagrams if datagram.path not in self.copied]

    def _pass_on(self, data: bytes, *, now: float) -> None:
        world, client, path = self._session.world, self._session.client, Path(0, "server", 60000)
        world.at(now + world.down.model.delay, lambda: client.receive_datagram(data, path, now=world.now))

    def next_wakeup(self, *, now: float) -> float | None:
        return self._server.next_wakeup(now=now)

    def next_event(self) -> object:
        return self._server.next_event()


@pytest.mark.slow
def test_a_stranger_who_sends_garbage_a_thousand_times_a_second_gets_no_answer_and_changes_nothing() -> None:
    quiet, pestered = (make_virtual_session(LinkModel(delay=0.05), seed=1) for _ in range(2))
    chance = random.Random(1)
    genuine: list[bytes] = []
    overhear(pestered, genuine)

    def pester() -> None:
        pestered.server.receive_datagram(garbage(chance, genuine), STRANGER, now=pestered.world.now)
        pestered.client.receive_datagram(garbage(chance, genuine), STRANGER, now=pestered.world.now)
        pestered.world.at(pestered.world.now + 0.001, pester)

    pester()
    latencies = [key_latencies(each, 30, gaps=(0.1, 0.2), seed=2) for each in (quiet, pestered)]
    assert latencies[0] == latencies[1]
    assert quiet.world.up.counters == pestered.world.up.counters
    assert quiet.world.down.counters == pestered.world.down.counters
    assert pestered.client.status(now=pestered.world.now).datagrams_dropped > 4000


def overhear(session: EchoingSession, genuine: list[bytes]) -> None:
    send = session.world.up.send

    def copy(data: bytes, *, now: float) -> list[Arrival]:
        genuine.append(data)
        return send(data, now=now)

    session.world.up.send = copy  # type: ignore[method-assign]  # as a wire is tapped


def garbage(chance: random.Random, genuine: list[bytes]) -> bytes:
    """Return random bytes of any length, or a datagram that once was genuine with one bit changed."""
    if not genuine or chance.random() < 0.5:
        return chance.randbytes(chance.choice((0, 1, 31, 32, 100, 1200, 9000, 65_507, 70_000)))
    damaged = bytearray(chance.choice(genuine))
    damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


@pytest.mark.parametrize("forward", [False, True], ids=["keeping answers", "forwarding answers"])
def test_an_attacker_who_wins_every_race_steals_nothing_and_slows_nothing(forward: bool) -> None:
    alone, raced = (make_virtual_session(LinkModel(delay=0.05), seed=3) for _ in range(2))
    for session in (alone, raced):
        session.world.run(1)
    attacker = RacedServer(raced, forward=forward)
    latencies = [key_latencies(each, 60, gaps=(0.1, 0.3), seed=4) for each in (alone, raced)]
    assert max(latencies[1]) <= max(latencies[0]) + 0.001
    assert attacker.caught
    assert raced.world.up.counters.bytes_sent <= 1.2 * alone.world.up.counters.bytes_sent


@pytest.mark.parametrize("seed", range(3))
def test_an_attacker_who_wins_some_races_and_stops_leaves_a_working_session(seed: int) -> None:
    session = make_virtual_session(LinkModel(delay=0.05), seed=seed)
    chance = random.Random(seed)
    racing = [True]
    RacedServer(session, forward=True, races=lambda: racing[0] and chance.random() < 0.5)
    latencies = key_latencies(session, 60, gaps=(0.1, 0.3), seed=seed)
    racing[0] = False
    latencies_after = key_latencies(session, 30, gaps=(0.1, 0.3), seed=seed)
    assert percentile(latencies, 0.9) < 0.15
    assert percentile(latencies_after, 0.9) < 0.105


def test_an_attacker_who_forwarded_everything_and_falls_silent_costs_a_few_keys_at_most() -> None:
    session = make_virtual_session(LinkModel(delay=0.05), seed=5)
    racing = [True]
    RacedServer(session, forward=True, races=lambda: racing[0])
    key_latencies(session, 30, gaps=(0.1, 0.3), seed=5)
    racing[0] = False
    latencies = key_latencies(session, 30, gaps=(0.1, 0.3), seed=6)
    assert max(latencies) < 0.3
    assert percentile(latencies, 0.8) < 0.105


@pytest.mark.parametrize("login_host", ["", "jump-host", "client-0"])
def test_an_attacker_who_wins_the_races_of_a_start_gets_three_times_what_it_sent_and_no_session(
    login_host: str,
) -> None:
    session = make_virtual_session(LinkModel(delay=0.05), seed=8, login_host=login_host)
    chance = random.Random(8)
    session.output(colourful_page(chance, rows=24, columns=80))
    racing = [True]
    attacker = RacedServer(session, forward=False, races=lambda: racing[0])
    session.world.run(1.0)
    assert attacker.caught
    assert session.attachment._endpoint._routes.active != ATTACKER
    racing[0] = False
    assert session.world.run_until(session.same_screen, limit=1.0)


def test_whoever_holds_keys_and_forges_an_address_has_three_times_his_bytes_sent_there() -> None:
    session = make_virtual_session(LinkModel(delay=0.05), seed=9, login_host="jump-host")
    attacker = RacedServer(session, forward=False)
    chance = random.Random(9)
    for _ in range(50):
        session.output(colourful_page(chance, rows=24, columns=80))
        session.world.run(0.1)
    assert sum(attacker.caught.values()) <= AMPLIFICATION * sum(attacker.copied.values())
    assert session.attachment._endpoint._routes.active is None


@pytest.mark.parametrize("login_host", ["jump-host", "client-0"])
def test_a_start_takes_one_round_trip_whether_or_not_the_login_came_by_another_host(login_host: str) -> None:
    session = make_virtual_session(LinkModel(delay=0.05), seed=10, login_host=login_host)
    session.output(b"user@host:~$ ")
    assert session.world.run_until(session.same_screen, limit=0.105)


@pytest.mark.parametrize("seed", range(5))
def test_a_flood_of_copies_from_ever_new_addresses_does_not_keep_a_roaming_client_out(seed: int) -> None:
    session = make_virtual_session(LinkModel(delay=0.05), seed=seed)
    key_latencies(session, 5, gaps=(0.1, 0.3), seed=seed)
    chance = random.Random(seed)
    numbers = count()
    attacker = RacedServer(
        session,
        forward=False,
        races=lambda: chance.random() < 0.7,
        address=lambda: Path(0, "attacker", next(numbers)),
    )
    session.world.roam()
    latencies = key_latencies(session, 30, gaps=(0.05, 0.2), seed=seed)
    print("attacker's addresses", len(attacker.copied), "latencies", percentile(latencies, 0.5), max(latencies))
    routes = session.attachment._endpoint._routes
    assert isinstance(routes, FollowingRoutes) and routes.active is not None
    assert routes.active.host == "client-1"
    assert len(routes._candidates) <= MAX_CANDIDATES
    assert max(latencies) < 2.0
    assert percentile(latencies, 0.8) < 0.4
