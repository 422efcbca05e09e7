"""One exchange, step by step: what is taken, what is refused, what is forgotten."""

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.announce import new_announce
from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Malformed, NotAuthentic
from rmosh.session.channels import FRAMES
from rmosh.transport.frames import KeyShare
from rmosh.transport.key_exchange import BeginningExchange
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.primitives import Secret
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.sealing import EpochLimits

ANNOUNCE = new_announce(port=60000, entropy=bytes(range(40)))
LINK = LinkConditions(smoothed_rtt=0.1, probe_timeout=0.3, loss=0.0, silence=0.0, room=1000, window_room=MAX_DATAGRAM)


class Pair:
    """Both ends, joined by hand."""

    def __init__(self) -> None:
        chance = random.Random(1)
        self.client = PacketProtection.of_client(ANNOUNCE, chance.randbytes, now=0.0)
        self.server = PacketProtection.of_server(ANNOUNCE, chance.randbytes, now=0.0)
        self.numbers = {self.client: -1, self.server: -1}
        self.greet()

    def greet(self, now: float = 0.0) -> None:
        """Let each end hear the other and know that it was heard."""
        for sender, receiver in ((self.client, self.server), (self.server, self.client)):
            self.send(sender, receiver, b"\1", now=now)
            sender.sealer.on_acknowledged(self.numbers[sender])

    def send(self, sender: PacketProtection, receiver: PacketProtection, plaintext: bytes, *, now: float = 0.0) -> None:
        self.numbers[sender] += 1
        assert receiver.open(sender.seal(self.numbers[sender], plaintext, now=now), now=now)[1] == plaintext

    def share_of(self, protection: PacketProtection, *, now: float = 0.0) -> KeyShare:
        (load,) = protection.exchange.loads(1000, LINK, now=now)
        (frame,) = FRAMES.decode(load.encoded)
        assert isinstance(frame, KeyShare)
        return frame

    def exchange(self, *, now: float = 0.0) -> None:
        """Run one exchange through, to the new epochs of both directions."""
        self.server.exchange.take(self.share_of(self.client, now=now))
        (load,) = self.server.exchange.loads(1000, LINK, now=now)
        (answer,) = FRAMES.decode(load.encoded)
        assert isinstance(answer, KeyShare)
        self.client.exchange.take(answer)
        assert load.cargo is not None
        load.cargo.on_acknowledged(now=now)
        self.greet(now=now)


def link_of(protection: PacketProtection) -> bytes:
    return bytes(protection.sealer._chain._link.held)


def test_both_directions_step_with_the_result_and_the_ends_agree() -> None:
    pair = Pair()
    plain = link_of(pair.client)
    pair.exchange()
    assert (pair.client.sealer.epoch, pair.server.sealer.epoch) == (1, 1)
    assert (pair.server.opener.epoch, pair.client.opener.epoch) == (1, 1)
    assert link_of(pair.client) != hashlib.blake2b(b"rmosh next epoch", key=plain, digest_size=32).digest()
    assert link_of(pair.client) == bytes(pair.server.opener._chain._link.held)


def test_the_next_exchange_begins_when_the_servers_epoch_has_three_quarters_of_its_packets() -> None:
    pair = Pair()
    pair.exchange()
    pair.client.opener.limits = EpochLimits(packets=1000)
    for _ in range(749):
        pair.send(pair.server, pair.client, b"\1")
    assert pair.client.exchange.loads(1000, LINK, now=1.0) == []
    pair.send(pair.server, pair.client, b"\1")
    pair.exchange(now=1.0)
    assert pair.client.exchange.loads(1000, LINK, now=1.0) == []
    assert (pair.server.sealer.epoch, pair.client.opener.epoch) == (2, 2)


def test_the_next_exchange_begins_when_the_epoch_has_served_three_quarters() -> None:
    pair = Pair()
    pair.exchange()
    assert pair.client.exchange.loads(1000, LINK, now=2699.9) == []
    assert pair.share_of(pair.client, now=2700.0).number == 2
    other = Pair()
    other.exchange()
    other.client.sealer.limits = EpochLimits(packets=4)
    for _ in range(2):
        other.send(other.client, other.server, b"\1")
    assert other.share_of(other.client).number == 2


def test_nothing_begins_before_the_server_was_heard_or_without_room() -> None:
    alone = PacketProtection.of_client(ANNOUNCE, random.Random(1).randbytes, now=0.0)
    assert alone.exchange.loads(1000, LINK, now=0.0) == []
    assert alone.exchange.due_at(LINK) is None
    pair = Pair()
    assert pair.client.exchange.loads(30, LINK, now=0.0) == []
    assert pair.client.exchange.number == 0


def test_shares_taken_twice_or_late_change_nothing() -> None:
    pair = Pair()
    share = pair.share_of(pair.client)
    pair.server.exchange.take(share)
    answer = pair.share_of(pair.server)
    pair.server.exchange.take(share)
    assert pair.server.exchange.loads(1000, LINK, now=0.0) == []
    for _ in range(2):
        pair.client.exchange.take(answer)
    pair.greet()
    pair.client.exchange.take(answer)
    pair.server.exchange.take(share)
    assert pair.client.sealer.epoch == pair.server.opener.epoch == 1


def test_while_an_answer_is_on_its_way_the_plain_step_goes_on() -> None:
    pair = Pair()
    pair.server.exchange.take(pair.share_of(pair.client))
    (load,) = pair.server.exchange.loads(1000, LINK, now=0.0)
    (answer,) = FRAMES.decode(load.encoded)
    assert isinstance(answer, KeyShare)
    for hour in range(1, 4):
        pair.greet(now=3600.0 * hour)
    pair.client.exchange.take(answer)
    for hour in range(4, 7):
        pair.greet(now=3600.0 * hour)
    assert load.cargo is not None
    load.cargo.on_acknowledged(now=3600.0 * 7)
    pair.greet(now=3600.0 * 7)
    assert (pair.client.sealer.epoch, pair.server.sealer.epoch) == (7, 7)
    assert not (pair.client.opener.expects or pair.server.opener.expects)


def test_what_comes_out_of_turn_is_malformed() -> None:
    pair = Pair()
    with pytest.raises(Malformed, match="answers key exchange 1"):
        pair.client.exchange.check(KeyShare(1, b"s" * 32))
    with pytest.raises(Malformed, match="begins key exchange 2"):
        pair.server.exchange.check(KeyShare(2, b"s" * 32))
    pair.server.exchange.take(pair.share_of(pair.client))
    with pytest.raises(Malformed, match="begins key exchange 2 when 1"):
        pair.server.exchange.check(KeyShare(2, b"s" * 32))


def test_a_share_that_makes_no_secret_is_refused_and_a_good_one_is_taken_after_it() -> None:
    pair = Pair()
    share = pair.share_of(pair.client)
    with pytest.raises(Malformed):
        pair.server.exchange.check(KeyShare(1, bytes(32)))
    pair.server.exchange.take(share)
    with pytest.raises(Malformed):
        pair.client.exchange.check(KeyShare(1, bytes(32)))
    pair.client.exchange.take(pair.share_of(pair.server))
    pair.greet()
    assert pair.server.opener.epoch == 1


def test_private_keys_and_results_are_overwritten_when_done() -> None:
    pair = Pair()
    share = pair.share_of(pair.client)
    assert isinstance(pair.client.exchange, BeginningExchange)
    private = pair.client.exchange._private
    pair.server.exchange.take(share)
    (load,) = pair.server.exchange.loads(1000, LINK, now=0.0)
    (answer,) = FRAMES.decode(load.encoded)
    assert isinstance(answer, KeyShare)
    pair.client.exchange.take(answer)
    assert load.cargo is not None
    load.cargo.on_acknowledged(now=0.0)
    results = [
        end._result for protection in (pair.client, pair.server) for end in (protection.sealer, protection.opener)
    ]
    assert len({bytes(result.held) for result in results if result is not None}) == 1
    pair.greet()
    for secret in (private, *results):
        assert isinstance(secret, Secret)
        assert secret.held == bytes(32)


def test_one_who_has_all_keys_of_a_moment_but_no_private_key_cannot_follow() -> None:
    pair = Pair()
    stolen = pair.server.opener._chain.following()
    pair.exchange()
    datagram = pair.client.seal(pair.numbers[pair.client] + 1, b"\1", now=0.0)
    pair.server.opener._chain, pair.server.opener._key = stolen, stolen.sealing_key()
    with pytest.raises(NotAuthentic):
        pair.server.open(datagram, now=0.0)


@given(st.integers(1, (1 << 62) - 1), st.binary(min_size=32, max_size=32))
def test_a_key_share_reads_back_as_it_was_written(number: int, share: bytes) -> None:
    frame = KeyShare(number, share)
    assert FRAMES.decode(FRAMES.encode(frame)) == [frame]


@pytest.mark.slow
@given(st.integers(0, 1 << 40), st.binary(min_size=32, max_size=32))
def test_arbitrary_shares_raise_only_malformed_and_only_when_checked(number: int, share: bytes) -> None:
    pair = Pair()
    pair.share_of(pair.client)
    for protection in (pair.client, pair.server):
        try:
            protection.exchange.check(KeyShare(number, share))
        except Malformed:
            continue
        protection.exchange.take(KeyShare(number, share))
