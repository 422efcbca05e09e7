"""Somebody on the path, who sees every datagram and may repeat, change and link them."""

import contextlib
import math
from collections.abc import Callable
from itertools import combinations

import pytest

from rmosh.errors import PeerError
from rmosh.transport.connection_ids import IDS_AHEAD
from rmosh.transport.header import CONNECTION_ID_BYTES, HEADER_BYTES, OVERHEAD_BYTES
from rmosh.transport.keys import DirectionKeys, KeyChain
from rmosh.transport.path import Path
from rmosh.transport.primitives import Secret
from rmosh.transport.sealing import EpochLimits, Opener
from rmosh_netem.link import Arrival, LinkModel
from tests.world.virtual_session import SERVER_AS_SEEN, EchoingSession, make_virtual_session

LINK = LinkModel(delay=0.05)
ATTACKER = Path(0, "attacker", 666)


class Observer:
    """Keeps a copy of all that passes, in either direction, since it was last asked."""

    def __init__(self, session: EchoingSession) -> None:
        self.up: list[bytes] = []
        self.down: list[bytes] = []
        for link, seen in ((session.world.up, self.up), (session.world.down, self.down)):
            link.send = self._copying(link.send, seen)  # type: ignore[method-assign]  # as a wire is tapped

    @staticmethod
    def _copying(send: Callable[..., list[Arrival]], seen: list[bytes]) -> Callable[..., list[Arrival]]:
        def copy(data: bytes, *, now: float) -> list[Arrival]:
            seen.append(data)
            return send(data, now=now)

        return copy

    def take(self) -> tuple[list[bytes], list[bytes]]:
        taken = self.up[:], self.down[:]
        self.up.clear()
        self.down.clear()
        return taken


def change_network(session: EchoingSession) -> None:
    session.world.roam()
    session.client.network_changed(now=session.world.now)


def type_and_wait(session: EchoingSession, text: bytes) -> None:
    session.type(text)
    assert session.world.run_until(session.converged, limit=10)


def assert_noise(samples: list[bytes], offsets: range) -> None:
    """Assert that two samples have the same byte at an offset no more often than chance: within five deviations."""
    expected = math.comb(len(samples), 2) / 256
    for offset in offsets:
        pairs = combinations([sample[offset] for sample in samples], 2)
        assert abs(sum(one == other for one, other in pairs) - expected) < 5 * math.sqrt(expected), offset


def test_observers_of_two_networks_find_nothing_in_common() -> None:
    session = make_virtual_session(LINK, seed=1)
    type_and_wait(session, b"begin")
    observer = Observer(session)
    ids: list[set[bytes]] = []
    first: list[bytes] = []
    for _ in range(60):
        session.world.run(1.0)  # what was on its way to the old network is not the new one's
        observer.take()
        change_network(session)
        type_and_wait(session, b"k")
        for seen in observer.take():
            ids.append({data[:CONNECTION_ID_BYTES] for data in seen})
            first.append(seen[0])
    assert [len(each) for each in ids] == [1] * 120
    assert len(set.union(*ids)) == 120
    assert_noise(first, range(OVERHEAD_BYTES + 1))


@pytest.mark.slow
def test_packet_numbers_and_epochs_look_like_noise() -> None:
    session = make_virtual_session(LINK, seed=2)
    type_and_wait(session, b"begin")
    observer = Observer(session)
    for _ in range(150):
        type_and_wait(session, b"k")
    for seen in observer.take():
        assert_noise(seen[:300], range(CONNECTION_ID_BYTES, HEADER_BYTES))


def test_a_change_that_the_client_did_not_see_changes_no_id() -> None:
    session = make_virtual_session(LINK, seed=3)
    type_and_wait(session, b"begin")
    observer = Observer(session)
    session.world.roam()
    type_and_wait(session, b"more")
    assert [len({data[:CONNECTION_ID_BYTES] for data in seen}) for seen in observer.take()] == [1, 1]


@pytest.mark.parametrize("changes", [1, IDS_AHEAD, 3 * IDS_AHEAD])
def test_a_client_that_changes_networks_unanswered_is_still_known(changes: int) -> None:
    session = make_virtual_session(LINK, seed=4)
    type_and_wait(session, b"begin")
    for _ in range(changes):
        session.world.black_out(1.0)
        session.world.run(0.5)
        change_network(session)
        session.type(b"k")
        session.world.run(0.5)
    assert session.world.run_until(session.converged, limit=10)
    assert (
        session.attachment._endpoint.protection.sealer.id_number == session.client._endpoint.protection.sealer.id_number
    )
    assert session.client._endpoint.protection.sealer.id_number <= IDS_AHEAD + 1


def test_what_is_repeated_cut_short_or_changed_later_does_nothing_and_is_not_answered() -> None:
    session = make_virtual_session(LINK, seed=5)
    observer = Observer(session)
    type_and_wait(session, b"rm -rf")
    session.world.run(1.0)
    up, down = observer.take()
    before = (bytes(session.given), session.attachment._endpoint.datagrams_received)
    answers: list[Path] = []
    for data in up:
        for sent in (data, data[:-1], data[1:], data + b"\0", data[:20] + bytes([data[20] ^ 1]) + data[21:]):
            session.server.receive_datagram(sent, ATTACKER, now=session.world.now)
            answers += [datagram.path for datagram in session.server.datagrams_to_send(now=session.world.now)]
    for data in down:
        session.client.receive_datagram(data, SERVER_AS_SEEN, now=session.world.now)
    assert ATTACKER not in answers
    assert (bytes(session.given), session.attachment._endpoint.datagrams_received) == before
    assert session.same_screen()


def test_datagrams_in_any_order_and_often_give_every_key_once() -> None:
    session = make_virtual_session(LinkModel(delay=0.02, jitter=0.2, reorder=True, duplicate=0.3, loss=0.1), seed=6)
    for _ in range(40):
        session.type(b"key ")
        session.world.run(0.05)
        if session.world.now % 0.5 < 0.05:
            change_network(session)
    assert session.world.run_until(session.converged, limit=30)


class Thief:
    """Somebody who copied all keys of one end at one moment, and from then on only listens."""

    def __init__(self, session: EchoingSession) -> None:
        stolen = session.client._endpoint.protection
        self._openers = []
        for end, ids in ((stolen.sealer, stolen.sealer._ids), (stolen.opener, stolen.opener.ids._sequence)):
            chain = KeyChain(Secret(end._chain._link.held), end._chain.epoch)
            self._openers.append(Opener(DirectionKeys(chain, end._header_key, ids)))

    def can_open(self, datagram: bytes) -> bool:
        for opener in self._openers:
            with contextlib.suppress(PeerError):
                opener.open(datagram, now=0.0)
                return True
        return False


def type_slowly(session: EchoingSession, text: str) -> None:
    for letter in text:
        type_and_wait(session, letter.encode())


def all_seen(observer: Observer) -> list[bytes]:
    return [data for seen in observer.take() for data in seen]


def test_stolen_keys_open_nothing_of_the_session_after_its_next_key_exchange() -> None:
    session = make_virtual_session(LINK, seed=7)
    type_and_wait(session, b"before")
    session.world.run(10)
    thief, observer = Thief(session), Observer(session)
    for end in (session.client._endpoint, session.attachment._endpoint):
        end.protection.sealer.limits = EpochLimits(seconds=60)
    type_slowly(session, "stolen")
    assert all(map(thief.can_open, all_seen(observer)))
    session.world.run(100)
    observer.take()
    for text in ("healed", "for good"):
        type_slowly(session, text)
        seen = all_seen(observer)
        assert len(seen) > 10
        assert not any(map(thief.can_open, seen))
        session.world.run(300)


def test_stolen_keys_open_nothing_that_was_said_an_epoch_before() -> None:
    session = make_virtual_session(LINK, seed=8)
    observer = Observer(session)
    for end in (session.client._endpoint, session.attachment._endpoint):
        end.protection.sealer.limits = EpochLimits(seconds=10)
    type_slowly(session, "the first epochs")
    early = all_seen(observer)
    assert len(early) > 20
    session.world.run(30)
    type_slowly(session, "another")
    thief = Thief(session)
    assert not any(map(thief.can_open, early))
    type_and_wait(session, b"k")
    assert thief.can_open(session.client._endpoint.protection.seal(10_000, b"\1", now=session.world.now))
