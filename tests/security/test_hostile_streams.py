"""A client that opens streams and says anything on them: each such stream is refused or reset, and the room goes on."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.first_message import MAX_REQUEST
from rmosh.forwarding.requests import (
    ConnectTcp,
    ConnectUdp,
    ConnectUnix,
    ListenTcp,
    ListenUdp,
    ListenUnix,
    Request,
)
from rmosh.wire import encode_varint
from rmosh_server.forwarding import services
from rmosh_server.forwarding.permissions import Directions, Permissions, Rules
from tests.unit.server.forwarding.room import Room

NOTHING = Directions(outward=False, inward=False)
CLOSED = Permissions([Rules("this test", ports=NOTHING, sockets=NOTHING)])

#: Whatever is said, it is about what the room asks permission for: no test runs a program that it made up.
KINDS = (ConnectTcp, ConnectUdp, ConnectUnix, ListenTcp, ListenUdp, ListenUnix)
ASKING = {shape: services.SERVICES[shape] for shape in KINDS}

TEXTS = st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("utf-8", "surrogateescape"))
REQUESTS = st.one_of(
    *[st.builds(shape, TEXTS, st.integers(0, 65535)) for shape in (ConnectTcp, ConnectUdp, ListenTcp, ListenUdp)],
    *[st.builds(shape, TEXTS) for shape in (ConnectUnix, ListenUnix)],
)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr(services, "SERVICES", ASKING)
    monkeypatch.setattr("rmosh_server.forwarding.room.SERVICES", ASKING)
    room = Room(permissions=CLOSED)
    yield room
    room.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.binary(max_size=60), max_size=6), ends=st.sampled_from(["finish", "reset", "nothing"]))
def test_any_bytes_end_their_own_stream_at_most(room: Room, said: list[bytes], ends: str) -> None:
    stream = room.client.streams.client_opens()
    for untrusted in said:
        stream.write(untrusted)
        room.turn()
    if ends == "finish":
        stream.finish()
    elif ends == "reset":
        stream.reset(12345, "\x1b[2J")
    room.turn()
    room.turn()
    assert room.complaints == []
    if ends == "finish":
        assert stream.was_reset is not None or stream.at_end or stream.readable


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=REQUESTS)
def test_any_host_and_path_is_refused_in_one_printable_line(room: Room, request: Request) -> None:
    answer = room.answer(room.client.ask(request))
    assert answer.status is AnswerStatus.NOT_ALLOWED
    assert answer.text.isprintable()
    assert room.complaints == []


@pytest.mark.parametrize("shape", [ConnectUnix, ListenUnix])
@given(path=TEXTS)
def test_no_path_is_a_fault_of_ours_where_all_is_allowed(shape: type[ConnectUnix | ListenUnix], path: str) -> None:
    room = Room()
    assert not room.answer(room.client.ask(shape(f"/dev/null/{path}"))).is_done  # nothing can be below a file
    assert room.complaints == []
    room.close()


def test_a_request_that_never_ends_is_kept_up_to_its_bound_and_no_more_is_read_than_it_has(room: Room) -> None:
    stream = room.client.streams.client_opens()
    stream.write(encode_varint(MAX_REQUEST) + bytes(MAX_REQUEST - 1))
    room.turn()
    assert stream.was_reset is None
    longer = room.client.streams.client_opens()
    longer.write(encode_varint(MAX_REQUEST + 1) + bytes(5000))
    room.turn()
    assert longer.was_reset is not None


def test_what_follows_a_refusal_is_dropped_for_as_long_as_it_comes(room: Room) -> None:
    stream = room.client.ask(ConnectTcp("a", 1))
    room.turn()
    for _ in range(50):
        assert stream.write(bytes(1 << 16)) == 1 << 16
        room.turn()
