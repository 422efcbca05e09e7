"""Sealing, opening, epochs: what gets through, what never does, and what is forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.errors import Foreign, NotAuthentic, PeerError, Replayed, UsageError
from rmosh.transport.connection_ids import IDS_AHEAD, IDS_BEHIND
from rmosh.transport.header import HEADER_BYTES, MAX_PACKET_NUMBER, OVERHEAD_BYTES
from rmosh.transport.keys import Direction, DirectionKeys, HeaderKey, SealingKey, SessionKeys
from rmosh.transport.sealing import Opener, Sealer

SECRET = bytes(range(32))


def keys_of(direction: Direction, *, secret: bytes = SECRET) -> DirectionKeys:
    keys = SessionKeys.derive(secret)
    return keys.to_server if direction is Direction.TO_SERVER else keys.to_client


def new_sealer(*, direction: Direction = Direction.TO_SERVER, secret: bytes = SECRET) -> Sealer:
    return Sealer(keys_of(direction, secret=secret), now=0.0)


def new_opener(*, direction: Direction = Direction.TO_SERVER) -> Opener:
    return Opener(keys_of(direction))


def first_id(direction: Direction = Direction.TO_SERVER) -> bytes:
    return keys_of(direction).ids.at(0)


def sealer_in_epoch(epoch: int) -> Sealer:
    """Return a sealer whose packets 0 to epoch - 1 were acknowledged, one an epoch."""
    sealer = new_sealer()
    for number in range(epoch):
        sealer.seal(number, b"x")
        sealer.on_acknowledged(number)
        sealer.ratchet(now=0.0)
    return sealer


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=10), st.sampled_from(Direction))
def test_what_was_sealed_opens(plaintexts: list[bytes], direction: Direction) -> None:
    sealer, opener = new_sealer(direction=direction), new_opener(direction=direction)
    for number, plaintext in enumerate(plaintexts):
        datagram = sealer.seal(number, plaintext)
        assert len(datagram) == len(plaintext) + OVERHEAD_BYTES
        assert opener.open(datagram, now=0.0) == (number, plaintext)


def test_a_datagram_of_protocol_2_keeps_its_bytes() -> None:
    """A PING as packet 258 of epoch 0. Source: computed from PROTOCOL.md with hashlib and pynacl alone."""
    assert new_sealer().seal(258, b"\x01").hex() == "0024d13d6f3cd21b24c9016e314ea733b798ec3b77f8c20407c09ae084bd673e"


@given(st.binary(max_size=100))
def test_arbitrary_bytes_raise_only_peer_errors(untrusted: bytes) -> None:
    opener = new_opener()
    for datagram in (untrusted, first_id() + untrusted):
        with pytest.raises(PeerError):
            opener.open(datagram, now=0.0)


@given(st.integers(0), st.integers(1, 255), st.sampled_from([0, 1]))
def test_one_changed_byte_anywhere_is_refused_and_harms_nothing(place: int, change: int, epoch: int) -> None:
    datagram = sealer_in_epoch(epoch).seal(epoch, b"some frames")
    mutated = bytearray(datagram)
    mutated[place % len(datagram)] ^= change
    opener = new_opener()
    with pytest.raises((Foreign, NotAuthentic)):
        opener.open(bytes(mutated), now=0.0)
    assert opener.epoch == 0
    assert opener.open(datagram, now=0.0) == (epoch, b"some frames")


@pytest.mark.parametrize("length", range(OVERHEAD_BYTES + 2))
def test_a_datagram_cut_short_is_refused(length: int) -> None:
    datagram = new_sealer().seal(0, b"ab")
    with pytest.raises((Foreign, NotAuthentic)):
        new_opener().open(datagram[:length], now=0.0)


def test_the_other_direction_and_another_secret_are_foreign() -> None:
    with pytest.raises(Foreign):
        new_opener(direction=Direction.TO_CLIENT).open(new_sealer().seal(0, b"x"), now=0.0)
    with pytest.raises(Foreign):
        new_opener().open(new_sealer(secret=bytes(32)).seal(0, b"x"), now=0.0)


def test_a_datagram_under_an_unknown_id_costs_no_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    opener, stranger = new_opener(), b"unknown!" + new_sealer().seal(0, b"x")[8:]
    monkeypatch.delattr(HeaderKey, "mask")
    monkeypatch.delattr(SealingKey, "open")
    with pytest.raises(Foreign):
        opener.open(stranger, now=0.0)


def test_a_genuine_id_before_another_sessions_datagram_is_not_authentic() -> None:
    for other in (new_sealer(direction=Direction.TO_CLIENT), new_sealer(secret=bytes(32))):
        with pytest.raises(NotAuthentic):
            new_opener().open(first_id() + other.seal(0, b"x")[8:], now=0.0)


def test_a_second_copy_is_replayed_and_is_not_decrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    datagram = new_sealer().seal(0, b"x")
    opener = new_opener()
    opener.open(datagram, now=0.0)
    monkeypatch.delattr(SealingKey, "open")
    with pytest.raises(Replayed):
        opener.open(datagram, now=0.0)


def test_a_forged_number_does_not_use_it_up() -> None:
    datagram = new_sealer().seal(0, b"x")
    opener = new_opener()
    with pytest.raises(NotAuthentic):
        opener.open(datagram[:-1] + b"!", now=0.0)
    assert opener.open(datagram, now=0.0) == (0, b"x")


@pytest.mark.parametrize("number", [-1, 3, 4, MAX_PACKET_NUMBER + 1])
def test_a_packet_number_is_never_sealed_twice(number: int) -> None:
    sealer = new_sealer()
    sealer.seal(4, b"x")
    with pytest.raises(UsageError, match=f"packet number {number} is not"):
        sealer.seal(number, b"x")


def test_the_last_packet_number_can_be_used_and_then_no_more() -> None:
    sealer = new_sealer()
    datagram = sealer.seal(MAX_PACKET_NUMBER, b"x")
    assert new_opener().open(datagram, now=0.0) == (MAX_PACKET_NUMBER, b"x")
    with pytest.raises(UsageError):
        sealer.seal(MAX_PACKET_NUMBER, b"x")


@pytest.mark.parametrize("length", [0, MAX_DATAGRAM - OVERHEAD_BYTES + 1])
def test_frames_that_make_no_datagram_are_refused(length: int) -> None:
    with pytest.raises(UsageError, match=f"{length} bytes"):
        new_sealer().seal(0, bytes(length))


def test_ratchet_is_due_after_an_hour_only_once_the_epoch_was_acknowledged() -> None:
    sealer = new_sealer()
    sealer.seal(0, b"x")
    assert not sealer.ratchet_due(now=3600.0)
    sealer.on_acknowledged(0)
    assert not sealer.ratchet_due(now=3599.9)
    assert sealer.ratchet_due(now=3600.0)
    sealer.ratchet(now=3600.0)
    assert not sealer.ratchet_due(now=9999.0)


def test_ratchet_is_due_after_a_million_packets() -> None:
    sealer = new_sealer()
    sealer.seal((1 << 20) - 2, b"x")
    sealer.on_acknowledged((1 << 20) - 2)
    assert not sealer.ratchet_due(now=0.0)
    sealer.seal((1 << 20) - 1, b"x")
    assert sealer.ratchet_due(now=0.0)


@pytest.mark.parametrize("acknowledged", [0, 2])
def test_a_late_or_invented_acknowledgement_does_not_allow_the_next_ratchet(acknowledged: int) -> None:
    sealer = sealer_in_epoch(1)
    sealer.seal(1, b"x")
    sealer.on_acknowledged(acknowledged)
    with pytest.raises(UsageError, match="epoch 1 was not acknowledged"):
        sealer.ratchet(now=0.0)


def test_the_opener_follows_through_more_epochs_than_the_header_can_tell_apart() -> None:
    sealer, opener = new_sealer(), new_opener()
    for epoch in range(600):
        assert sealer.epoch == epoch
        assert opener.open(sealer.seal(epoch, b"x"), now=float(epoch)) == (epoch, b"x")
        sealer.on_acknowledged(epoch)
        sealer.ratchet(now=float(epoch))
    assert opener.epoch == 599


def test_a_packet_overtaken_by_the_next_epoch_opens_for_a_minute() -> None:
    sealer = new_sealer()
    sealer.seal(0, b"acknowledged")
    sealer.on_acknowledged(0)
    overtaken, too_late = sealer.seal(1, b"overtaken"), sealer.seal(2, b"too late")
    sealer.ratchet(now=0.0)
    opener = new_opener()
    opener.open(sealer.seal(3, b"first of epoch 1"), now=100.0)
    assert opener.open(overtaken, now=159.9) == (1, b"overtaken")
    with pytest.raises(NotAuthentic, match="claims epoch 0"):
        opener.open(too_late, now=160.0)


def test_a_packet_two_epochs_ahead_is_refused() -> None:
    opener = new_opener()
    with pytest.raises(NotAuthentic, match="claims epoch 2, it is 0"):
        opener.open(sealer_in_epoch(2).seal(2, b"x"), now=0.0)


def test_a_claimed_next_epoch_that_does_not_open_leaves_the_present_one() -> None:
    sealer, opener = new_sealer(), new_opener()
    forged = bytearray(sealer.seal(0, b"x"))
    forged[8] ^= 1
    with pytest.raises(NotAuthentic):
        opener.open(bytes(forged), now=0.0)
    assert opener.epoch == 0
    assert opener.open(sealer.seal(1, b"y"), now=0.0) == (1, b"y")


def test_nothing_of_header_and_frames_is_in_the_clear_but_the_id() -> None:
    sealer = sealer_in_epoch(1)
    datagrams = [sealer.seal(number, b"frames frames frames") for number in range(0x0102, 0x0112)]
    assert {datagram[:8] for datagram in datagrams} == {first_id()}
    assert not any(datagram[8:HEADER_BYTES].startswith(b"\x01" + bytes(4)) for datagram in datagrams)
    assert not any(b"frames" in datagram for datagram in datagrams)


@pytest.mark.slow
@given(st.lists(st.integers(0, IDS_AHEAD), max_size=20), st.data())
def test_an_opener_takes_the_ids_around_the_newest_and_no_other(steps: list[int], data: st.DataObject) -> None:
    sealer, opener = new_sealer(), new_opener()
    number = newest = 0
    for packet, step in enumerate(steps):
        number = data.draw(st.integers(max(0, newest - IDS_BEHIND), newest)) if step == 0 else newest + step
        newest = max(newest, number)
        sealer.use_id(number)
        assert opener.open(sealer.seal(packet, b"x"), now=0.0) == (packet, b"x")
        assert opener.ids.newest == newest
        around = range(max(0, newest - IDS_BEHIND), newest + IDS_AHEAD + 1)
        assert opener.ids.all == {keys_of(Direction.TO_SERVER).ids.at(index) for index in around}
    for unknown in (newest + IDS_AHEAD + 1, newest - IDS_BEHIND - 1):
        if unknown >= 0:
            sealer.use_id(unknown)
            with pytest.raises(Foreign):
                opener.open(sealer.seal(len(steps), b"x"), now=0.0)
            break


def test_an_id_that_only_a_forgery_came_under_is_not_gone_on_to() -> None:
    sealer, opener = new_sealer(), new_opener()
    sealer.use_id(3)
    with pytest.raises(NotAuthentic):
        opener.open(sealer.seal(0, b"x")[:-1] + b"!", now=0.0)
    assert opener.ids.newest == 0
