"""`rmosh -W` between a stream and pipes: the request, the bytes both ways, and how it ends."""

import os
from collections.abc import Iterator, Sequence

import pytest

from rmosh.forwarding.answers import AnswerStatus, RequestAnswer, encode_answer
from rmosh.forwarding.first_message import MAX_REQUEST, FirstMessage
from rmosh.forwarding.requests import ConnectTcp, ConnectUnix, Request, parse_request
from rmosh_client.forwarding.specification import Place, Tcp, Unix
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.reaching.ending import Ending
from rmosh_client.tunnel.direct import DirectConnection
from rmosh_client.tunnel.standard_streams import StandardStreams
from tests.unit.forwarding.streams import FakeStream, stream_pair

TARGET = Tcp("db", 5432)


class FakeStreams:
    """Opens one stream, and has the far end of it."""

    is_spoken = True

    def __init__(self) -> None:
        self.near, self.far = stream_pair(window=1000)
        self.unasked: list[FakeStream] = []

    def open(self) -> FakeStream:
        return self.near

    def opened(self) -> Sequence[FakeStream]:
        unasked, self.unasked = self.unasked, []
        return unasked

    def changed(self) -> Sequence[FakeStream]:
        return ()


class Sitting:
    """A connection on an event loop, with somebody at its standard streams and a far side."""

    def __init__(self, target: Place = TARGET) -> None:
        self.streams = FakeStreams()
        self.loop = EventLoop()
        reading, self.to_us = os.pipe()
        self.from_us, writing = os.pipe()
        self.ends = StandardStreams(reading, writing)
        self.direct = DirectConnection(self.streams, target, self.ends, self.loop, guarded=lambda action: action)
        self._open = {reading, writing, self.to_us, self.from_us}

    def turn(self, times: int = 3) -> None:
        for _ in range(times):
            self.direct.turn(now=0.0)
            self.loop.turn(within=0)
        self.direct.turn(now=0.0)

    def request(self) -> Request:
        untrusted = FirstMessage(limit=MAX_REQUEST).take(self.streams.far)
        assert untrusted is not None
        return parse_request(untrusted)

    def answer(self, status: AnswerStatus = AnswerStatus.DONE, text: str = "") -> None:
        self.streams.far.write(encode_answer(RequestAnswer(status, text)))

    def close(self, *descriptors: int) -> None:
        for descriptor in descriptors:
            self._open.remove(descriptor)
            os.close(descriptor)

    def finish(self) -> None:
        self.close(*list(self._open))


@pytest.fixture
def sitting() -> Iterator[Sitting]:
    made = Sitting()
    yield made
    made.finish()


@pytest.mark.parametrize(
    ("target", "request_"), [(TARGET, ConnectTcp("db", 5432)), (Unix("/run/s"), ConnectUnix("/run/s"))]
)
def test_the_far_side_is_asked_for_it(target: Place, request_: Request) -> None:
    sitting = Sitting(target)
    sitting.turn()
    assert sitting.request() == request_
    sitting.finish()


def test_what_was_typed_follows_the_request_before_it_is_answered(sitting: Sitting) -> None:
    os.write(sitting.to_us, b"SSH-2.0-mine\r\n")
    sitting.turn()
    sitting.request()
    assert sitting.streams.far.read() == b"SSH-2.0-mine\r\n"


def test_bytes_go_both_ways_until_both_have_ended(sitting: Sitting) -> None:
    sitting.turn()
    sitting.request()
    sitting.answer()
    sitting.streams.far.write(b"theirs")
    os.write(sitting.to_us, b"ours")
    sitting.turn()
    assert os.read(sitting.from_us, 100) == b"theirs"
    assert sitting.streams.far.read() == b"ours"
    sitting.close(sitting.to_us)
    sitting.turn()
    assert sitting.streams.far.at_end
    assert sitting.direct.ending is None
    sitting.streams.far.write(b"and more")
    sitting.streams.far.finish()
    sitting.turn()
    assert os.read(sitting.from_us, 100) == b"and more"
    assert os.read(sitting.from_us, 100) == b""
    assert sitting.direct.ending == Ending(0)


def test_it_ends_with_what_the_far_side_says_though_somebody_could_go_on_typing(sitting: Sitting) -> None:
    """As OpenSSH 9.2's `ssh -W` does: what was read before still goes there, and nothing more is read."""
    sitting.turn()
    sitting.request()
    sitting.answer()
    os.write(sitting.to_us, b"ours")
    sitting.turn()
    sitting.streams.far.write(b"the last words")
    sitting.streams.far.finish()
    sitting.turn()
    assert os.read(sitting.from_us, 100) == b"the last words"
    assert os.read(sitting.from_us, 100) == b""
    assert sitting.streams.far.read() == b"ours"
    assert sitting.streams.far.at_end
    sitting.turn()
    assert sitting.direct.ending == Ending(0)


def test_nothing_is_read_that_the_stream_has_no_room_for(sitting: Sitting) -> None:
    sitting.turn()
    os.write(sitting.to_us, bytes(5000))
    sitting.turn(10)
    assert sitting.streams.near.room == 0
    assert len(os.read(sitting.ends.reading, 10_000)) >= 4000


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "db:5432: connection refused"), ("db:5432: nobody is at home", "db:5432: nobody is at home")],
)
def test_a_target_that_refuses_is_one_line(sitting: Sitting, text: str, told: str) -> None:
    sitting.turn()
    sitting.request()
    sitting.answer(AnswerStatus.REFUSED, text)
    sitting.turn()
    assert sitting.direct.ending == Ending(255, told)


def test_a_connection_that_breaks_there_is_told_with_what_can_be_shown_of_the_reason(sitting: Sitting) -> None:
    sitting.turn()
    sitting.request()
    sitting.answer()
    sitting.turn()
    sitting.streams.far.reset(1, "reset\x1b[2J by peer")
    sitting.turn()
    assert sitting.direct.ending == Ending(255, "db:5432: reset[2J by peer")


def test_it_ends_without_a_word_of_the_far_side_once_nobody_is_at_either_end(sitting: Sitting) -> None:
    sitting.turn()
    sitting.close(sitting.to_us)
    sitting.turn()
    assert sitting.direct.ending is None
    assert sitting.direct.next_wakeup is not None
    sitting.close(sitting.from_us)
    sitting.turn()
    assert sitting.direct.ending == Ending(0)


def test_a_stream_that_the_far_side_opens_is_given_up(sitting: Sitting) -> None:
    ours, theirs = stream_pair(number=1)
    sitting.streams.unasked.append(ours)
    sitting.turn()
    assert theirs.was_reset is not None
