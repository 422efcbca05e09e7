"""The endpoint against whatever the network brings, and what it keeps for how long."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh import PROTOCOL_VERSION
from rmosh.announce import Announce
from rmosh.channels.newest.frames import Window
from rmosh.errors import Malformed
from rmosh.session.channels import FRAMES
from rmosh.transport.channel import ChannelEnd, Urgency
from rmosh.transport.endpoint import Deliver, Endpoint
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.frames import Ack, AckMayWait, KeyShare, Padding, PathChallenge, PathResponse, Ping
from rmosh.transport.header import HEADER_BYTES, OVERHEAD_BYTES
from rmosh.transport.keys import SessionKeys
from rmosh.transport.loss import LossEstimator
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.path import Path
from rmosh.transport.policy import (
    ACK_WAIT_GRANTED,
    ACKNOWLEDGED_AGAIN,
    COPY_GAP,
    OVERSLEPT,
    RANGES_WORTH_FORGETTING,
)
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.routes import FollowingRoutes
from rmosh.transport.sealing import PREVIOUS_KEY_SECONDS, Opener, Sealer
from rmosh.transport.traffic import Load

SECRET = bytes(range(32))
ANNOUNCE = Announce(PROTOCOL_VERSION, 60000, bytes(8), bytearray(SECRET))
CLIENT, STRANGER = Path(0, "client", 1), Path(0, "stranger", 2)


class Chatter:
    """A traffic class that says PING whenever it is told to."""

    def __init__(self) -> None:
        self.wanting = 0
        self.hurried = 0

    def due_at(self, link: LinkConditions) -> float | None:
        return 0.0 if self.wanting else None

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        if not self.wanting:
            return []
        self.wanting -= 1
        return [Load(FRAMES.encode(Ping()))]

    def hurry(self) -> None:
        self.hurried += 1


class Peer:
    """The client's end, by hand: seals frames, opens answers."""

    def __init__(self) -> None:
        keys = SessionKeys.derive(SECRET)
        self.sealer = Sealer(keys.to_server, now=0.0)
        self.opener = Opener(keys.to_client)
        self.number = -1

    def datagram(self, *frames: WireFrame, skip: int = 0) -> bytes:
        self.number += 1 + skip
        return self.sealer.seal(self.number, b"".join(map(FRAMES.encode, frames)))


class Talks(ChannelEnd):
    """A channel that only says something."""

    def __init__(self, traffic: Chatter) -> None:
        self.senders = ((Urgency.INTERACTIVE, traffic),)


def refuse(frames: Sequence[WireFrame], now: float) -> None:
    if frames:
        raise Malformed("this endpoint takes no frames of sessions")


def server(*classes: Chatter, answers_follow: bool = False, deliver: Deliver = refuse) -> Endpoint:
    return Endpoint(
        protection=PacketProtection.of_server(ANNOUNCE, bytes, now=0.0),
        frames=FRAMES,
        routes=FollowingRoutes(lambda count: bytes(count), login_host=CLIENT.host),
        channels={f"channel {place}": Talks(each) for place, each in enumerate(classes)},
        deliver=deliver,
        answers_follow=answers_follow,
    )


GENUINE = Peer().datagram(Ping())


@given(st.binary(max_size=200) | st.integers(0, 70_000).map(bytes))
def test_arbitrary_bytes_are_counted_and_never_answered(untrusted: bytes) -> None:
    endpoint = server()
    endpoint.receive_datagram(untrusted, STRANGER, now=1.0)
    assert sum(endpoint.dropped.values()) == 1
    assert endpoint.datagrams_to_send(now=1.0) == []
    assert endpoint.next_wakeup(now=1.0) is None


@given(bit=st.integers(0, 8 * len(GENUINE) - 1))
def test_a_datagram_with_any_bit_flipped_is_counted_and_never_answered(bit: int) -> None:
    damaged = bytearray(GENUINE)
    damaged[bit // 8] ^= 1 << bit % 8
    endpoint = server()
    endpoint.receive_datagram(bytes(damaged), STRANGER, now=1.0)
    assert sum(endpoint.dropped.values()) == 1
    assert endpoint.datagrams_to_send(now=1.0) == []
    endpoint.receive_datagram(GENUINE, CLIENT, now=1.0)
    assert [datagram.path for datagram in endpoint.datagrams_to_send(now=1.0)] == [CLIENT]


@pytest.mark.parametrize("length", range(len(GENUINE)))
def test_a_truncated_datagram_is_counted_and_never_answered(length: int) -> None:
    endpoint = server()
    endpoint.receive_datagram(GENUINE[:length], STRANGER, now=1.0)
    assert sum(endpoint.dropped.values()) == 1
    assert endpoint.datagrams_to_send(now=1.0) == []


def test_foreign_forged_replayed_and_malformed_are_counted_apart() -> None:
    endpoint, peer = server(), Peer()
    genuine = peer.datagram(Ping())
    endpoint.receive_datagram(bytes(8) + genuine[8:], STRANGER, now=1.0)
    endpoint.receive_datagram(genuine[:HEADER_BYTES] + bytes(len(genuine) - HEADER_BYTES), STRANGER, now=1.0)
    endpoint.receive_datagram(genuine, CLIENT, now=1.0)
    endpoint.receive_datagram(genuine, STRANGER, now=1.0)
    endpoint.receive_datagram(peer.sealer.seal(1, b"\xff"), STRANGER, now=1.0)
    assert endpoint.dropped == {"Foreign": 1, "NotAuthentic": 1, "Replayed": 1, "Malformed": 1}
    assert {datagram.path for datagram in endpoint.datagrams_to_send(now=1.0)} == {CLIENT}


@given(st.binary(min_size=1, max_size=200))
def test_arbitrary_frames_of_an_authentic_peer_raise_nothing(plaintext: bytes) -> None:
    endpoint, peer = server(Chatter()), Peer()
    endpoint.receive_datagram(peer.sealer.seal(0, plaintext), CLIENT, now=1.0)
    endpoint.datagrams_to_send(now=1.0)
    endpoint.next_wakeup(now=1.0)
    assert endpoint.datagrams_received + sum(endpoint.dropped.values()) == 1


@pytest.mark.parametrize(("code", "acknowledged"), [(0x5E, True), (0x7F, False)])
def test_a_frame_of_a_channel_that_is_unknown_is_acknowledged_as_its_code_tells(code: int, acknowledged: bool) -> None:
    endpoint, peer = server(), Peer()
    endpoint.receive_datagram(peer.sealer.seal(0, bytes([code, 3]) + b"new"), CLIENT, now=1.0)
    assert endpoint.dropped == {}
    assert bool(endpoint.datagrams_to_send(now=1.0)) is acknowledged


def test_what_is_refused_by_the_session_is_not_acknowledged() -> None:
    endpoint, peer = server(), Peer()
    endpoint.receive_datagram(peer.datagram(Ping(), Window(1, 24, 80)), CLIENT, now=1.0)
    assert endpoint.dropped == {"Malformed": 1}
    assert endpoint.datagrams_to_send(now=1.0) == []


@pytest.mark.parametrize("refused", [Window(1, 24, 80), KeyShare(2, b"s" * 32), KeyShare(1, bytes(32))], ids=repr)
def test_a_key_share_in_a_datagram_that_is_refused_is_not_taken(refused: WireFrame) -> None:
    endpoint, peer = server(), Peer()
    endpoint.receive_datagram(peer.datagram(KeyShare(1, b"s" * 32), refused), CLIENT, now=1.0)
    assert endpoint.dropped == {"Malformed": 1}
    assert (endpoint.protection.exchange.number, endpoint.datagrams_to_send(now=1.0)) == (0, [])
    endpoint.receive_datagram(peer.datagram(KeyShare(1, b"s" * 32)), CLIENT, now=1.0)
    assert endpoint.protection.exchange.number == 1


def test_nothing_that_stands_beside_a_key_share_that_is_refused_is_taken() -> None:
    taken: list[WireFrame] = []
    endpoint, peer = server(deliver=lambda frames, now: taken.extend(frames)), Peer()
    endpoint.receive_datagram(peer.datagram(Window(1, 24, 80), KeyShare(1, bytes(32))), CLIENT, now=1.0)
    assert (endpoint.dropped, taken) == ({"Malformed": 1}, [])


def test_an_acknowledgement_of_packets_never_sent_changes_nothing() -> None:
    chatter = Chatter()
    endpoint, peer = server(chatter), Peer()
    endpoint.receive_datagram(peer.datagram(Ping()), CLIENT, now=1.0)
    chatter.wanting = 3
    endpoint.datagrams_to_send(now=1.0)
    endpoint.receive_datagram(peer.datagram(Ack(((0, 1 << 48),), 0.0)), CLIENT, now=1.1)
    assert endpoint.dropped == {"Malformed": 1}
    assert not endpoint.recovery.rtt.measured


def test_challenges_are_answered_to_where_they_came_from_and_at_most_four_are_kept() -> None:
    endpoint, peer = server(), Peer()
    challenges = [PathChallenge(bytes([number]) * 8) for number in range(100)]
    endpoint.receive_datagram(peer.datagram(*challenges), CLIENT, now=1.0)
    datagrams = endpoint.datagrams_to_send(now=1.0)
    assert {datagram.path for datagram in datagrams} == {CLIENT}
    assert len(datagrams) <= 5


def test_the_challenge_goes_to_the_new_address_alone_and_its_loss_is_no_loss_of_the_path() -> None:
    chatter = Chatter()
    endpoint, peer = server(chatter), Peer()
    endpoint.receive_datagram(peer.datagram(Ping()), CLIENT, now=1.0)
    endpoint.datagrams_to_send(now=1.0)
    for step in range(100):
        now = 1.1 + step / 10
        endpoint.receive_datagram(peer.datagram(Ping()), STRANGER, now=now)
        endpoint.datagrams_to_send(now=now)
    assert endpoint.recovery.loss.rate <= LossEstimator().rate
    assert endpoint.conditions(now=12.0).silence == 0
    assert endpoint._routes.active == CLIENT


def test_a_new_address_that_answers_its_challenge_is_believed() -> None:
    endpoint, peer = server(), Peer()
    endpoint.receive_datagram(peer.datagram(Ping()), CLIENT, now=1.0)
    endpoint.datagrams_to_send(now=1.0)
    endpoint.receive_datagram(peer.datagram(Ping()), STRANGER, now=2.0)
    endpoint.datagrams_to_send(now=2.0)
    endpoint.receive_datagram(peer.datagram(PathResponse(bytes(8))), STRANGER, now=2.1)
    endpoint.receive_datagram(peer.datagram(Ping()), STRANGER, now=2.2)
    assert {datagram.path for datagram in endpoint.datagrams_to_send(now=2.2)} == {STRANGER}


def test_the_round_trip_of_a_packet_sent_before_a_sleep_is_not_measured() -> None:
    chatter = Chatter()
    endpoint, peer = server(chatter), Peer()
    endpoint.receive_datagram(peer.datagram(Ping()), CLIENT, now=1.0)
    chatter.wanting = 1
    endpoint.datagrams_to_send(now=1.0)
    wakeup = endpoint.next_wakeup(now=1.0)
    assert wakeup is not None
    woke_at = wakeup + OVERSLEPT + 60
    endpoint.receive_datagram(peer.datagram(Ack(((0, 1),), 0.0)), CLIENT, now=woke_at)
    assert not endpoint.recovery.rtt.measured
    chatter.wanting = 1
    endpoint.datagrams_to_send(now=woke_at)
    endpoint.next_wakeup(now=woke_at)
    endpoint.receive_datagram(peer.datagram(Ack(((0, 2),), 0.0)), CLIENT, now=woke_at + 0.1)
    assert endpoint.recovery.rtt.smoothed == pytest.approx(0.1)


@pytest.mark.parametrize(("together", "hurried"), [(1, 1), (2, 0)])
def test_what_took_long_with_nothing_of_ours_before_it_means_a_longer_path(together: int, hurried: int) -> None:
    chatter = Chatter()
    endpoint, peer = server(chatter), Peer()
    endpoint.receive_datagram(peer.datagram(Ping()), CLIENT, now=1.0)
    for number in range(20):
        chatter.wanting = 1
        endpoint.datagrams_to_send(now=2.0 + number)
        endpoint.receive_datagram(peer.datagram(Ack(((number, number + 1),), 0.0)), CLIENT, now=2.02 + number)
    already = chatter.hurried
    chatter.wanting = together
    endpoint.datagrams_to_send(now=30.0)
    endpoint.receive_datagram(peer.datagram(Ack(((19 + together, 20 + together),), 0.0)), CLIENT, now=30.3)
    assert chatter.hurried - already == hurried
    assert endpoint.recovery.rtt.minimum == pytest.approx(0.3 if hurried else 0.02)


def test_a_lossy_path_leaves_no_growing_tail_of_ranges_in_acknowledgements() -> None:
    chatter = Chatter()
    endpoint, peer = server(chatter), Peer()
    sizes = []
    for step in range(200):
        now = 1 + step / 10
        chatter.wanting = 1
        endpoint.receive_datagram(peer.datagram(Ping(), skip=1), CLIENT, now=now)
        for datagram in endpoint.datagrams_to_send(now=now):
            sizes.append(len(datagram.data))
            number, _ = peer.opener.open(datagram.data, now=now)
        endpoint.receive_datagram(peer.datagram(Ack(((number, number + 1),), 0.0), skip=1), CLIENT, now=now + 0.05)
    assert max(sizes) <= OVERHEAD_BYTES + 20 + 2 * 2 * RANGES_WORTH_FORGETTING


def test_holes_told_again_never_take_the_room_of_what_is_due() -> None:
    class Filling(Chatter):
        def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
            if room < link.room or not self.wanting:
                return []
            self.wanting -= 1
            return [Load(FRAMES.encode(Ping()) + bytes(room - 1))]

    filling = Filling()
    endpoint, peer = server(filling), Peer()
    for _ in range(4 * RANGES_WORTH_FORGETTING):
        endpoint.receive_datagram(peer.datagram(Ping(), skip=1), CLIENT, now=1.0)
    for copy in range(1 + ACKNOWLEDGED_AGAIN):
        endpoint.datagrams_to_send(now=1.0 + copy * COPY_GAP)
    filling.wanting = 3
    assert len(endpoint.datagrams_to_send(now=1.1)) == 3


def test_padding_alone_asks_for_nothing() -> None:
    endpoint, peer = server(), Peer()
    endpoint.receive_datagram(peer.datagram(Padding(1000)), CLIENT, now=1.0)
    assert endpoint.datagrams_to_send(now=2.0) == []


def test_the_previous_epochs_key_is_forgotten_in_silence_too() -> None:
    endpoint, peer = server(), Peer()
    endpoint.receive_datagram(peer.datagram(Ping()), CLIENT, now=1.0)
    peer.sealer.on_acknowledged(0)
    peer.sealer.ratchet(now=1.0)
    endpoint.receive_datagram(peer.datagram(Ping()), CLIENT, now=1.0)
    assert len(endpoint.datagrams_to_send(now=1.0)) == 1
    woken_at = endpoint.next_wakeup(now=1.0)
    assert woken_at == 1.0 + PREVIOUS_KEY_SECONDS
    assert endpoint.protection.opener._previous_key is not None
    assert endpoint.datagrams_to_send(now=woken_at) == []
    assert endpoint.protection.opener._previous_key is None
    assert endpoint.next_wakeup(now=woken_at) is None


class Attentive(Chatter):
    """Notes what it is told of the link."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[LinkConditions] = []

    def due_at(self, link: LinkConditions) -> float | None:
        self.links.append(link)
        return super().due_at(link)


def test_a_link_on_which_nothing_is_open_is_not_reckoned_anew_for_a_key_until_something_comes() -> None:
    attentive, peer = Attentive(), Peer()
    endpoint = server(attentive)
    endpoint.receive_datagram(peer.datagram(Ping()), CLIENT, now=1.0)
    endpoint.datagrams_to_send(now=1.0)
    endpoint.next_wakeup(now=1.0)
    known = attentive.links[-1]
    endpoint.datagrams_to_send(now=2.0)
    assert attentive.links[-1] is known
    endpoint.receive_datagram(peer.datagram(Ping()), CLIENT, now=3.0)
    endpoint.datagrams_to_send(now=3.0)
    assert attentive.links[-1] is not known


def test_a_link_on_which_an_answer_is_owed_is_reckoned_anew_each_time() -> None:
    attentive, peer = Attentive(), Peer()
    endpoint = server(attentive)
    endpoint.receive_datagram(peer.datagram(Ping()), CLIENT, now=1.0)
    attentive.wanting = 1
    endpoint.datagrams_to_send(now=1.0)
    for now in (1.1, 1.3):
        endpoint.next_wakeup(now=now)
        endpoint.datagrams_to_send(now=now + 0.1)
        assert attentive.links[-1].silence == pytest.approx(now + 0.1 - 1.0)


def acknowledged_at(*datagrams: tuple[float, bytes]) -> float:
    """Return when an endpoint acknowledges some datagrams, each of which comes at a moment; nothing was owed before."""
    endpoint = server(deliver=lambda frames, now: None)
    endpoint.receive_datagram(Peer().datagram(Ping()), CLIENT, now=0.0)
    assert endpoint.datagrams_to_send(now=0.0)
    for now, datagram in datagrams:
        endpoint.receive_datagram(datagram, CLIENT, now=now)
    moment = endpoint._receipts.due_at()
    assert moment is not None
    return moment


def test_an_acknowledgement_waits_where_the_datagram_says_so() -> None:
    peer = Peer()
    peer.number = 0
    assert acknowledged_at((1.0, peer.datagram(Ping(), AckMayWait()))) == 1.0 + ACK_WAIT_GRANTED


def test_it_does_not_wait_for_one_of_two_questions_nor_across_a_gap_nor_with_another() -> None:
    def granted(*, number: int) -> bytes:
        peer = Peer()
        peer.number = number - 1
        return peer.datagram(Ping(), AckMayWait())

    peer = Peer()
    peer.number = 0
    assert acknowledged_at((1.0, peer.datagram(Ping(), Window(1, 24, 80), AckMayWait()))) == 1.0
    assert acknowledged_at((1.0, granted(number=2))) == 1.0
    assert acknowledged_at((1.0, granted(number=1)), (1.05, granted(number=2))) == 1.05
    peer.number = 1
    assert acknowledged_at((1.0, granted(number=1)), (1.05, peer.datagram(Ping()))) == 1.05


class Unhurried(Chatter):
    """Bears that its PING is answered late."""

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        return [load._replace(answer_may_wait=True) for load in super().loads(room, link, now=now)]


@pytest.mark.parametrize("is_hurried", [False, True])
def test_a_datagram_says_so_where_all_that_asks_in_it_bears_that(is_hurried: bool) -> None:
    unhurried, hurried = Unhurried(), Chatter()
    endpoint, peer = server(unhurried, hurried), Peer()
    endpoint.receive_datagram(peer.datagram(Ping()), CLIENT, now=1.0)
    unhurried.wanting, hurried.wanting = 1, int(is_hurried)
    (datagram,) = endpoint.datagrams_to_send(now=1.0)
    _, plaintext = peer.opener.open(datagram.data, now=1.0)
    frames = FRAMES.decode(plaintext)
    assert (AckMayWait() in frames) is not is_hurried
    assert endpoint.silence(now=1.0 + ACK_WAIT_GRANTED) == pytest.approx(ACK_WAIT_GRANTED if is_hurried else 0.0)
