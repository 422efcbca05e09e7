"""Strangers who send garbage, and attackers on the path who race copies from an address of their own."""

import random
from collections.abc import Callable, Iterable

import pytest
from virtual_session import EchoingSession, colourful_page, key_latencies, percentile

from rmosh.transport.path import Datagram, Path
from rmosh.transport.policy import AMPLIFICATION, MTU_MAX_PROBES, WIRE_HEADERS
from rmosh_netem.link import LinkModel

STRANGER = Path(0, "stranger", 666)
ATTACKER = Path(0, "attacker", 666)


class RacedServer:
    """The server behind an attacker whose copy of each datagram arrives first, from the attacker's own address."""

    def __init__(self, session: EchoingSession, *, forward: bool, races: Callable[[], bool] = lambda: True) -> None:
        self._session = session
        self._server = session.server
        self._forward = forward
        self._races = races
        self.bytes_copied = 0
        self.bytes_caught = 0
        session.world.server = self

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None:
        if self._races():
            self.bytes_copied += len(untrusted) + WIRE_HEADERS
            self._server.receive_datagram(untrusted, ATTACKER, now=now)
        self._server.receive_datagram(untrusted, source, now=now)

    def datagrams_to_send(self, *, now: float) -> Iterable[Datagram]:
        datagrams = self._server.datagrams_to_send(now=now)
        for caught in [datagram for datagram in datagrams if datagram.path == ATTACKER]:
            self.bytes_caught += len(caught.data) + WIRE_HEADERS
            if self._forward:
                self._pass_on(caught.data, now=now)
        return [datagram for datagram in datagrams if datagram.path != ATTACKER]

    def _pass_on(self, data: bytes, *, now: float) -> None:
        world, client, path = self._session.world, self._session.client, Path(0, "server", 60000)
        world.at(now + world.down.model.delay, lambda: client.receive_datagram(data, path, now=world.now))

    def next_wakeup(self) -> float | None:
        return self._server.next_wakeup()

    def next_event(self) -> object:
        return self._server.next_event()


@pytest.mark.slow
def test_a_stranger_who_sends_garbage_a_thousand_times_a_second_gets_no_answer_and_changes_nothing(make_session):
    quiet, pestered = (make_session(LinkModel(delay=0.05), seed=1) for _ in range(2))
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
    assert pestered.client.status.datagrams_dropped > 4000


def overhear(session: EchoingSession, genuine: list[bytes]) -> None:
    send = session.world.up.send
    session.world.up.send = lambda data, *, now: (genuine.append(data), send(data, now=now))[1]


def garbage(chance: random.Random, genuine: list[bytes]) -> bytes:
    """Return random bytes of any length, or a datagram that once was genuine with one bit changed."""
    if not genuine or chance.random() < 0.5:
        return chance.randbytes(chance.choice((0, 1, 31, 32, 100, 1200, 9000, 65_507, 70_000)))
    damaged = bytearray(chance.choice(genuine))
    damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


@pytest.mark.parametrize("forward", [False, True], ids=["keeping answers", "forwarding answers"])
def test_an_attacker_who_wins_every_race_steals_nothing_and_slows_nothing(make_session, forward):
    alone, raced = (make_session(LinkModel(delay=0.05), seed=3) for _ in range(2))
    for session in (alone, raced):
        session.world.run(1)
    attacker = RacedServer(raced, forward=forward)
    latencies = [key_latencies(each, 60, gaps=(0.1, 0.3), seed=4) for each in (alone, raced)]
    assert max(latencies[1]) <= max(latencies[0]) + 0.001
    assert attacker.bytes_caught <= AMPLIFICATION * attacker.bytes_copied
    assert raced.world.up.counters.bytes_sent <= 1.2 * alone.world.up.counters.bytes_sent


@pytest.mark.parametrize("seed", range(3))
def test_an_attacker_who_wins_some_races_and_stops_leaves_a_working_session(make_session, seed):
    session = make_session(LinkModel(delay=0.05), seed=seed)
    chance = random.Random(seed)
    racing = [True]
    RacedServer(session, forward=True, races=lambda: racing[0] and chance.random() < 0.5)
    latencies = key_latencies(session, 60, gaps=(0.1, 0.3), seed=seed)
    racing[0] = False
    latencies_after = key_latencies(session, 30, gaps=(0.1, 0.3), seed=seed)
    assert percentile(latencies, 0.9) < 0.15
    assert percentile(latencies_after, 0.9) < 0.105


def test_an_attacker_who_forwarded_everything_and_falls_silent_costs_a_few_keys_at_most(make_session):
    session = make_session(LinkModel(delay=0.05), seed=5)
    racing = [True]
    RacedServer(session, forward=True, races=lambda: racing[0])
    key_latencies(session, 30, gaps=(0.1, 0.3), seed=5)
    racing[0] = False
    latencies = key_latencies(session, 30, gaps=(0.1, 0.3), seed=6)
    assert max(latencies) < 0.3
    assert percentile(latencies, 0.8) < 0.105


@pytest.mark.parametrize("mtu", [600, 1000])
def test_a_coloured_screen_gets_past_a_path_that_swallows_large_packets_within_three_round_trips(make_session, mtu):
    session = make_session(LinkModel(delay=0.05, mtu=mtu), seed=6, rows=48, columns=160)
    session.world.run(2)
    chance = random.Random(6)
    for _ in range(5):
        session.output(colourful_page(chance, rows=48, columns=160))
        began = session.world.now
        assert session.world.run_until(session.same_screen, limit=10)
        assert session.world.now - began < 0.3
        session.world.run(1)
    assert session.world.down.counters.dropped_by_mtu <= 6 * MTU_MAX_PROBES


@pytest.mark.parametrize("mtu", [600, 1000])
def test_a_path_that_begins_to_swallow_large_packets_is_noticed_within_six_round_trips(make_session, mtu):
    session = make_session(LinkModel(delay=0.05), seed=7, rows=48, columns=160)
    chance = random.Random(7)
    for _ in range(5):
        session.output(colourful_page(chance, rows=48, columns=160))
        session.world.run(1)
    session.world.down.model = LinkModel(delay=0.05, mtu=mtu)
    session.output(colourful_page(chance, rows=48, columns=160))
    began = session.world.now
    assert session.world.run_until(session.same_screen, limit=10)
    print("noticed after", session.world.now - began)
    assert session.world.now - began < 0.6
