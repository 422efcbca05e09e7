"""What a client connects to from here: ports and sockets, and what it is told when that fails."""

import contextlib
import os
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh.datagram_stream import DatagramStream, framed
from rmosh.forwarding.answers import AnswerStatus, RequestAnswer, encode_answer
from rmosh.forwarding.byte_stream import ResetCode
from rmosh.forwarding.junction import Junction
from rmosh.forwarding.requests import ConnectTcp, ConnectUdp, ConnectUnix
from rmosh.wire import encode_varint
from rmosh_server.forwarding.connecting import CONNECT_TIMEOUT, NEXT_ADDRESS_AFTER
from rmosh_server.process.descriptors import SPARE
from tests.patience import PATIENCE
from tests.unit.server.forwarding.room import Room


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    room.close()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        yield server


def port_of(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


def received(connected: socket.socket, count: int) -> bytes:
    connected.settimeout(PATIENCE)
    data = b""
    while len(data) < count and (more := connected.recv(count - len(data))):
        data += more
    return data


def test_a_port_is_connected_to_and_what_came_with_the_request_arrives_first(
    room: Room, listening: socket.socket
) -> None:
    stream = room.client.ask(ConnectTcp("127.0.0.1", port_of(listening)), b"hello")
    assert room.answer(stream) == RequestAnswer(AnswerStatus.DONE)
    connected, _ = listening.accept()
    with connected:
        assert received(connected, 5) == b"hello"
        connected.sendall(b"and you")
        room.until(lambda: stream.readable == 7)
        assert stream.read() == b"and you"


def test_each_way_has_its_own_end(room: Room, listening: socket.socket) -> None:
    stream = room.client.ask(ConnectTcp("127.0.0.1", port_of(listening)), b"the question")
    stream.finish()
    room.answer(stream)
    connected, _ = listening.accept()
    with connected:
        assert received(connected, 100) == b"the question"
        connected.sendall(b"the answer")
    room.until(lambda: stream.readable == 10)
    assert stream.read() == b"the answer"
    room.until(lambda: stream.at_end)


def test_a_name_is_found_and_all_its_addresses_are_tried(room: Room, listening: socket.socket) -> None:
    stream = room.client.ask(ConnectTcp("localhost", port_of(listening)))
    assert room.answer(stream).is_done  # [::1] refuses where it comes first
    listening.accept()[0].close()


def test_a_target_that_refuses_is_told_in_words(room: Room, listening: socket.socket) -> None:
    port = port_of(listening)
    listening.close()
    stream = room.client.ask(ConnectTcp("127.0.0.1", port))
    assert room.answer(stream) == RequestAnswer(AnswerStatus.REFUSED, f"127.0.0.1:{port}: connection refused")
    assert stream.at_end


@pytest.mark.parametrize("host", ["nowhere.invalid", "", "a" * 300, "x\0y", "::zz", "a..b", "bücher..x"])
def test_a_host_that_there_is_not_is_told_in_words(room: Room, host: str) -> None:
    answer = room.answer(room.client.ask(ConnectTcp(host, 80)))
    assert answer.status is AnswerStatus.NO_SUCH_HOST
    assert "the host is not found: " in answer.text


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """Have a port whose queue of connections is full: it answers no SYN."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield port_of(server)


def test_a_target_that_says_nothing_is_given_up_in_time_and_holds_up_nobody(
    room: Room, listening: socket.socket
) -> None:
    with black_hole() as port:
        silent = room.client.ask(ConnectTcp("127.0.0.1", port))
        other = room.client.ask(ConnectTcp("127.0.0.1", port_of(listening)))
        assert room.answer(other).is_done
        assert silent.readable == 0
        assert room.now < room.forwarding.next_wakeup <= room.now + CONNECT_TIMEOUT
        room.now += CONNECT_TIMEOUT
        assert room.answer(silent) == RequestAnswer(
            AnswerStatus.TIMED_OUT, f"127.0.0.1:{port}: it does not answer after 30 s"
        )


def test_an_address_that_says_nothing_is_joined_by_the_next_after_a_moment(
    room: Room, listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with black_hole() as port:
        places = [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port)), (socket.AF_INET, 1, 6, "", listening.getsockname())]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
        stream = room.client.ask(ConnectTcp("both.example", 80))
        room.turn()
        assert stream.readable == 0
        room.now += NEXT_ADDRESS_AFTER
        assert room.answer(stream).is_done


def test_a_client_that_gives_up_a_connection_that_is_not_made_yet_is_asked_nothing_more(room: Room) -> None:
    with black_hole() as port:
        stream = room.client.ask(ConnectTcp("127.0.0.1", port))
        room.turn()
        stream.reset(0)
        room.turn()
        assert room.forwarding.next_wakeup == float("inf")


def test_a_connection_that_is_reset_resets_its_stream_and_the_other_way_round(
    room: Room, listening: socket.socket
) -> None:
    streams = [room.client.ask(ConnectTcp("127.0.0.1", port_of(listening))) for _ in range(2)]
    ends = []
    for stream in streams:
        room.answer(stream)
        ends.append(listening.accept()[0])
    ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    ends[0].close()
    room.until(lambda: streams[0].was_reset)
    streams[1].reset(3)
    room.turn()
    with pytest.raises(ConnectionResetError):
        received(ends[1], 1)
    ends[1].close()


def test_all_of_a_client_ends_at_once_when_it_is_forgotten_and_nothing_of_another(
    room: Room, listening: socket.socket
) -> None:
    first = room.client.ask(ConnectTcp("127.0.0.1", port_of(listening)))
    room.answer(first)
    connected, _ = listening.accept()
    room.clients[0].unheard = 3600.0
    room.turn()
    connected.sendall(b"silent is not gone")
    room.until(lambda: first.readable == 18)
    room.clients.pop(0)
    room.forwarding.client_left(b"another")
    room.forwarding.client_left(b"client 1")
    with pytest.raises(ConnectionResetError):
        received(connected, 1)
    connected.close()


def test_a_reader_that_never_reads_holds_up_itself_alone(room: Room, listening: socket.socket) -> None:
    stuck, lively = (room.client.ask(ConnectTcp("127.0.0.1", port_of(listening))) for _ in range(2))
    for stream in (stuck, lively):
        room.answer(stream)
    never_reading, reading = listening.accept()[0], listening.accept()[0]
    with never_reading, reading:
        sent = 0
        for _ in range(200):
            sent += stuck.write(bytes(1 << 18))
            room.turn()
        assert stuck.room == 0, "the stream's window is shut"
        assert sent < 32 << 20
        lively.write(b"and yet")
        room.turn()
        assert received(reading, 7) == b"and yet"


def test_a_socket_is_connected_to_by_its_path_and_one_that_is_not_there_is_told(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("here")
        server.listen()
        stream = room.client.ask(ConnectUnix(str(folder / "here")), b"hello")
        assert room.answer(stream).is_done
        with server.accept()[0] as connected:
            assert received(connected, 5) == b"hello"
    assert room.answer(room.client.ask(ConnectUnix(str(folder / "here")))).status is AnswerStatus.REFUSED
    missing = str(folder / "missing")
    assert room.answer(room.client.ask(ConnectUnix(missing))) == RequestAnswer(
        AnswerStatus.NOT_THERE, f"{missing}: no such file or directory"
    )
    assert room.answer(room.client.ask(ConnectUnix("a\0b"))).status is AnswerStatus.NOT_THERE
    assert os.getcwd() == str(folder)


def test_datagrams_are_exchanged_with_a_port(room: Room) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(PATIENCE)
        stream = room.client.ask(ConnectUdp("localhost", port_of(server)), framed(b"one") + framed(b"two"))
        assert room.answer(stream).is_done
        (one, sender), (two, _) = server.recvfrom(100), server.recvfrom(100)
        assert (one, two) == (b"one", b"two")
        server.sendto(b"three", sender)
        room.until(lambda: stream.readable)
        assert DatagramStream().feed(stream.read()) == [b"three"]
        stream.finish()
        room.turn()
        assert stream.at_end


def test_a_request_that_is_unknown_is_answered_and_one_that_is_malformed_resets_its_stream(room: Room) -> None:
    for message in (encode_varint(3) + encode_varint(5000) + b"x", b"\x02\x0c\x00"):
        stream = room.client.streams.client_opens()
        stream.write(message)
        assert room.answer(stream).status is AnswerStatus.NOT_UNDERSTOOD
    stream = room.client.streams.client_opens()
    stream.write(b"\x01\x01")
    room.until(lambda: stream.was_reset)


def test_the_last_descriptors_are_left_to_the_session_and_that_is_told(
    room: Room, listening: socket.socket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    room.answer(room.client.ask(ConnectTcp("127.0.0.1", port_of(listening))))
    monkeypatch.setattr(resource, "getrlimit", lambda _: (listening.fileno() + SPARE, 4096))
    refused = room.answer(room.client.ask(ConnectTcp("127.0.0.1", port_of(listening))))
    assert refused == RequestAnswer(AnswerStatus.TOO_MANY, f"127.0.0.1:{port_of(listening)}: too many open files")
    assert room.answer(room.client.ask(ConnectUnix(str(tmp_path / "x")))).status is AnswerStatus.TOO_MANY
    assert room.answer(room.client.ask(ConnectUdp("127.0.0.1", 53))).status is AnswerStatus.TOO_MANY


@pytest.mark.slow
def test_a_thousand_connections_at_once_are_one_descriptor_to_wait_on(room: Room, listening: socket.socket) -> None:
    listening.listen(1024)
    listening.setblocking(False)
    streams = [room.client.ask(ConnectTcp("127.0.0.1", port_of(listening)), b"%04d" % each) for each in range(1000)]
    with contextlib.ExitStack() as stack:
        ends: list[socket.socket] = []

        def all_have_come() -> bool:
            with contextlib.suppress(BlockingIOError):
                while True:
                    ends.append(stack.enter_context(listening.accept()[0]))
            return len(ends) == 1000

        room.until(all_have_come)
        for end in ends:
            end.sendall(received(end, 4))
        told = encode_answer(RequestAnswer(AnswerStatus.DONE))
        room.until(lambda: all(stream.readable == len(told) + 4 for stream in streams))
        assert [stream.read() for stream in streams] == [told + b"%04d" % each for each in range(1000)]


def test_a_fault_of_ours_at_a_socket_gives_its_stream_up_at_once_and_no_other(
    room: Room, listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_moves: Junction) -> None:
        raise ZeroDivisionError

    stream, another = (room.client.ask(ConnectTcp("127.0.0.1", port_of(listening))) for _ in range(2))
    assert room.answer(stream) == room.answer(another) == RequestAnswer(AnswerStatus.DONE)
    connected, _ = listening.accept()
    with connected:
        with monkeypatch.context() as broken:
            broken.setattr(Junction, "receive", fail)
            connected.sendall(b"x")
            with pytest.raises(AssertionError):  # a room that complains
                room.until(lambda: room.complaints)
        assert len(room.complaints) == 1
        given_up = [each for each in (stream, another) if each.was_reset is not None]
        assert [each.was_reset.code for each in given_up if each.was_reset] == [ResetCode.CANCELLED.value]
        with pytest.raises(ConnectionResetError):
            received(connected, 1)
