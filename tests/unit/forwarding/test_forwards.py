"""Forwards at the client: real sockets here, a far side that the test plays."""

import os
import resource
import select
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.datagram_stream import framed
from rmosh.forwarding.answers import AnswerStatus, parse_answer
from rmosh.forwarding.first_message import MAX_ANSWER_TO_REQUEST, FirstMessage
from rmosh.forwarding.requests import (
    Accepted,
    AgentConnection,
    ConnectTcp,
    ConnectUdp,
    ConnectUnix,
    ListenTcp,
    ListenUdp,
    ListenUnix,
    RunProgram,
    encode_request,
)
from rmosh_client.forwarding import running_forward
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_client.forwarding.specification import Flag, Tcp, Unix, parse_forward
from tests.patience import PATIENCE
from tests.unit.forwarding.far_side import FarSide
from tests.unit.forwarding.streams import FakeStream

L, R, D = Flag.LOCAL, Flag.REMOTE, Flag.DYNAMIC

Begun = Callable[..., FarSide]

#: What a far side may open, and must not.
HOSTILE = [
    encode_request(Accepted(99, "x", 1)),
    encode_request(ConnectTcp("127.0.0.1", 22)),
    encode_request(RunProgram("id")),
    encode_request(ListenTcp("", 0)),
]


@pytest.fixture
def begun() -> Iterator[Begun]:
    """Forwards that have begun with some settings; ended at the end."""
    made: list[FarSide] = []

    def begin(*, is_spoken: bool = True, **settings: object) -> FarSide:
        far = FarSide(ForwardSettings(**settings), is_spoken=is_spoken)  # type: ignore[arg-type]
        made.append(far)
        far.forwards.begin()
        return far

    yield begin
    for far in made:
        far.forwards.close()


def port_of(far: FarSide) -> int:
    listen = far.forwards.figures[0].forward.listen
    assert isinstance(listen, Tcp) or not isinstance(listen, Unix)
    return listen.port


def program(far: FarSide) -> socket.socket:
    """A program of this machine, connected to the forward."""
    connected = socket.create_connection(("127.0.0.1", port_of(far)), timeout=PATIENCE)
    far.turn()
    return connected


def answered(stream: FakeStream) -> AnswerStatus:
    untrusted = FirstMessage(limit=MAX_ANSWER_TO_REQUEST).take(stream)
    assert untrusted is not None
    return parse_answer(untrusted).status


def until(far: FarSide, holds: Callable[[], bool]) -> None:
    """Take turns until something holds that a thread or the kernel does."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        far.turn()


def accepted(far: FarSide, server: socket.socket) -> socket.socket:
    """Return who connects to a server of this machine."""
    server.setblocking(False)
    until(far, lambda: bool(select.select([server], [], [], 0.01)[0]))
    return server.accept()[0]


def test_a_connection_is_asked_for_there_and_carries_bytes_both_ways(begun: Begun) -> None:
    far = begun(local=("0:db:5432",))
    with program(far) as here:
        here.sendall(b"early")
        stream, request = far.asked()
        assert request == ConnectTcp("db", 5432)
        far.turn()
        assert stream.read() == b"early"
        far.answer(stream)
        stream.write(b"hello")
        far.turn()
        assert here.recv(100) == b"hello"
        here.shutdown(socket.SHUT_WR)
        until(far, lambda: stream.at_end)
        stream.write(b"after its end")
        stream.finish()
        far.turn()
        assert here.recv(100) == b"after its end"
        assert here.recv(100) == b""
    [figures] = far.forwards.figures
    assert figures.connections == 0
    assert figures.received == len(b"hello" + b"after its end") + 4  # and the answer
    assert figures.sent > len(b"early")


def test_nothing_reaches_the_program_before_the_answer(begun: Begun) -> None:
    far = begun(local=("0:db:5432",))
    with program(far) as here:
        stream, _ = far.asked()
        here.setblocking(False)
        far.answer(stream)
        with pytest.raises(BlockingIOError):
            here.recv(1)


@pytest.mark.parametrize(
    ("status", "text", "told"),
    [
        (AnswerStatus.REFUSED, "connection to db:5432 refused", ": connection to db:5432 refused"),
        (AnswerStatus.NO_SUCH_HOST, "", ": no such host"),
        (AnswerStatus.NOT_UNDERSTOOD, "", ": the rmosh-server there is too old for it"),
    ],
)
def test_a_target_that_refuses_is_told_once_and_hurts_nothing_else(
    begun: Begun, status: AnswerStatus, text: str, told: str
) -> None:
    far = begun(local=("0:db:5432",))
    for _ in range(2):
        with program(far) as here:
            stream, _ = far.asked()
            far.answer(stream, text, status=status)
            assert here.recv(10) == b""
    assert far.told == [f"-L 0:db:5432: port {port_of(far)} of this machine", f"-L {port_of(far)}:db:5432{told}"]
    with program(far):
        far.asked()


def test_a_stream_that_breaks_breaks_its_connection(begun: Begun) -> None:
    far = begun(local=("0:db:5432",))
    with program(far) as here:
        stream, _ = far.asked()
        far.answer(stream)
        stream.reset(1, "broken pipe")
        far.turn()
        with pytest.raises(ConnectionResetError):
            here.recv(10)


def test_a_port_in_use_is_told_in_one_line_and_the_rest_goes_on(begun: Begun) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        far = begun(local=(f"{port}:db:80", "0:a:80"))
        assert far.told[0] == f"-L {port}:db:80: address already in use"
        assert len(far.forwards.figures) == 1
        assert far.forwards.failure == ""


def test_with_exit_on_forward_failure_the_session_is_not_wanted(begun: Begun) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        far = begun(local=(f"{port}:db:80",), exits_on_failure=True)
    assert far.forwards.failure == f"-L {port}:db:80: address already in use"
    far = begun(remote=("80:db:80",), exits_on_failure=True)
    stream, _ = far.asked()
    assert far.forwards.failure == ""
    far.answer(stream, status=AnswerStatus.IN_USE)
    assert far.forwards.failure == "-R 80:db:80: address in use"


def test_both_families_have_the_same_port(begun: Begun) -> None:
    far = begun(local=("0:db:5432",))
    with socket.create_connection(("::1", port_of(far)), timeout=PATIENCE):
        assert far.asked()[1] == ConnectTcp("db", 5432)


def test_a_server_without_streams_is_told_of_in_one_line(begun: Begun) -> None:
    far = begun(local=("0:db:5432", "0:db:1"), remote=("0:a:1",), is_spoken=False)
    assert len(far.told) == 1
    assert "too old" in far.told[0]
    assert far.forwards.figures == []
    assert begun(is_spoken=False).told == []


# --- SOCKS ---------------------------------------------------------------------------------------------------


def test_names_given_by_socks_are_looked_up_there(begun: Begun) -> None:
    far = begun(dynamic=("0",))
    with program(far) as here:
        here.sendall(b"\x05\x01\x00")
        far.turn()
        assert here.recv(2) == b"\x05\x00"
        here.sendall(b"\x05\x01\x00\x03\x02db\x00\x50GET")
        stream, request = far.asked()
        assert request == ConnectTcp("db", 80)
        assert stream.read() == b"GET"
        far.answer(stream)
        assert here.recv(10) == b"\x05\x00\x00\x01" + bytes(6)
        stream.write(b"page")
        far.turn()
        assert here.recv(10) == b"page"


def test_what_came_of_it_is_told_by_socks_too(begun: Begun) -> None:
    far = begun(dynamic=("0",))
    with program(far) as here:
        here.sendall(b"\x04\x01\x00\x50\x0a\x00\x00\x01\x00")
        stream, _ = far.asked()
        far.answer(stream, status=AnswerStatus.REFUSED)
        assert here.recv(8) == b"\x00\x5b" + bytes(6)
    with program(far) as here:
        here.sendall(b"\x05\x01\x00\x05\x03\x00\x01" + bytes(6))
        far.turn()
        assert here.recv(20) == b"\x05\x00\x05\x07\x00\x01" + bytes(6)
    with program(far) as here:
        here.sendall(b"GET / HTTP/1.0\r\n\r\n")
        far.turn()
        assert here.recv(10) == b""
    port = port_of(far)
    assert [line.removeprefix(f"-D {port}: ").split(":")[0] for line in far.told[1:]] == [
        "10.0.0.1", "the program asks for more than CONNECT (BIND, or UDP)", "a program speaks no SOCKS here",
    ]  # fmt: skip


# --- what listens there --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("0:a:1", ListenTcp("", 0)),
        (":80:a:1", ListenTcp("*", 80)),
        ("*:80:a:1", ListenTcp("*", 80)),
        ("localhost:80:a:1", ListenTcp("localhost", 80)),
        ("1080", ListenTcp("", 1080)),
        ("/run/s:a:1", ListenUnix("/run/s")),
    ],
)
def test_the_far_side_is_asked_to_listen(begun: Begun, text: str, request_: object) -> None:
    assert begun(remote=(text,)).asked()[1] == request_


def test_the_port_that_the_far_side_chose_is_told(begun: Begun) -> None:
    far = begun(remote=("0:localhost:80",))
    stream, _ = far.asked()
    assert not far.forwards.figures[0].is_listening
    far.answer(stream, port=43211)
    assert far.told == ["-R 0:localhost:80: port 43211 of box"]
    assert str(far.forwards.figures[0].forward) == "-R 43211:localhost:80"
    stream.reset(0, "the session ended its listeners")
    far.turn()
    assert far.told[1:] == ["-R 43211:localhost:80: the session ended its listeners"]
    assert not far.forwards.figures[0].is_listening


def test_who_comes_there_is_connected_here(begun: Begun) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        far = begun(remote=(f"0:localhost:{server.getsockname()[1]}",))
        listener, _ = far.asked()
        far.answer(listener, port=9)
        stream = far.open(Accepted(listener.number, "10.9.8.7", 1))
        stream.write(b"hello")
        connected = accepted(far, server)
        with connected:
            until(far, lambda: stream.readable > 0)
            assert answered(stream) is AnswerStatus.DONE
            far.turn()
            assert connected.recv(10) == b"hello"
            connected.sendall(b"back")
            until(far, lambda: stream.readable > 0)
            assert stream.read() == b"back"
        until(far, lambda: stream.at_end)


def test_a_target_here_that_refuses_is_told_on_both_sides(begun: Begun) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    far = begun(remote=(f"7:127.0.0.1:{port}",))
    listener, _ = far.asked()
    far.answer(listener, port=7)
    stream = far.open(Accepted(listener.number, "", 0))
    until(far, lambda: stream.readable > 0)
    assert answered(stream) is AnswerStatus.REFUSED
    assert stream.at_end
    assert far.told == [f"-R 7:127.0.0.1:{port}: connection refused"]


def test_what_nobody_here_asked_for_is_refused(begun: Begun) -> None:
    far = begun(remote=("7:localhost:1",))
    listener, _ = far.asked()
    far.answer(listener, port=7)
    assert answered(far.open(Accepted(listener.number + 2, "", 0))) is AnswerStatus.NOT_ALLOWED
    assert answered(far.open(AgentConnection("git"))) is AnswerStatus.NOT_UNDERSTOOD
    assert far.forwards.cancel(R, Tcp(None, 7))
    assert answered(far.open(Accepted(listener.number, "", 0))) is AnswerStatus.NOT_ALLOWED
    assert listener.was_reset is not None
    nonsense = far.streams.open()
    nonsense.write(b"\x01\x40")
    far.turn()
    assert nonsense.was_reset is not None


def test_socks_from_there_goes_where_it_is_permitted(begun: Begun) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        far = begun(remote=("1080",), permitted=(f"127.0.0.1:{port}",))
        listener, _ = far.asked()
        far.answer(listener, port=1080)
        stream = far.open(Accepted(listener.number, "", 0))
        assert answered(stream) is AnswerStatus.DONE
        stream.write(b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01" + port.to_bytes(2, "big") + b"hi")
        connected = accepted(far, server)
        with connected:
            far.turn()
            assert stream.read() == b"\x05\x00\x05\x00\x00\x01" + bytes(6)
            assert connected.recv(10) == b"hi"
        stream = far.open(Accepted(listener.number, "", 0))
        stream.write(b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x01")
        far.turn()
        assert answered(stream) is AnswerStatus.DONE
        assert stream.read() == b"\x05\x00\x05\x02\x00\x01" + bytes(6)
        assert far.told == ["-R 1080: PermitRemoteOpen does not allow 127.0.0.1:1"]


# --- Unix sockets and datagrams ------------------------------------------------------------------------------


def test_a_unix_socket_is_there_for_its_owner_and_goes_with_the_forward(begun: Begun, tmp_path: Path) -> None:
    path = tmp_path / "sock"
    far = begun(local=(f"{path}:/run/d.sock",))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with socket.socket(socket.AF_UNIX) as here:
        here.connect(str(path))
        assert far.asked()[1] == ConnectUnix("/run/d.sock")
    assert far.forwards.cancel(L, Unix(str(path)))
    assert not path.exists()


def test_a_socket_that_is_somebody_elses_by_now_is_left_alone(begun: Begun, tmp_path: Path) -> None:
    path = tmp_path / "sock"
    far = begun(local=(f"{path}:a:1",), bind_mask=0o111)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666
    other = begun(local=(f"{path}:a:1",))
    assert other.told == [f"-L {path}:a:1: address already in use"]
    third = begun(local=(f"{path}:a:1",), unlinks=True)
    far.forwards.close()
    assert path.exists()
    third.forwards.close()
    assert not path.exists()
    path.write_text("precious")
    assert begun(local=(f"{path}:a:1",), unlinks=True).told == [f"-L {path}:a:1: address already in use"]
    assert path.read_text() == "precious"


def test_datagrams_go_through_a_stream_for_each_who_sends(begun: Begun) -> None:
    far = begun(local=("udp/0:ns:53",))
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        for here in (one, two):
            here.settimeout(PATIENCE)
            here.connect(("127.0.0.1", port_of(far)))
        one.send(b"who is a?")
        stream, request = far.asked()
        assert request == ConnectUdp("ns", 53)
        assert stream.read() == framed(b"who is a?")
        far.answer(stream)
        stream.write(framed(b"nobody"))
        two.send(b"who is b?")
        other, _ = far.asked()
        assert other.read() == framed(b"who is b?")
        assert one.recv(100) == b"nobody"
        far.now += 400
        far.turn()
        assert stream.was_reset is not None
        assert far.forwards.figures[0].connections == 0


# --- one at a time -------------------------------------------------------------------------------------------


def test_forwards_are_begun_and_ended_one_by_one(begun: Begun) -> None:
    far, settled = begun(), []
    far.forwards.add(parse_forward(L, "0:a:1"), settled=lambda line, listens: settled.append((line, listens)))
    far.forwards.add(parse_forward(R, "0:a:1"), settled=lambda line, listens: settled.append((line, listens)))
    port = port_of(far)
    assert settled == [(f"-L 0:a:1: port {port} of this machine", True)]
    stream, _ = far.asked()
    far.answer(stream, status=AnswerStatus.NOT_ALLOWED, text="AllowTcpForwarding is off")
    assert settled[1:] == [("-R 0:a:1: AllowTcpForwarding is off", False)]
    assert stream.is_over
    assert len(far.forwards.figures) == 1
    assert not far.forwards.cancel(D, Tcp(None, port))
    with program(far) as here:
        stream, _ = far.asked()
        far.answer(stream)
        assert far.forwards.cancel(L, Tcp(None, port))
        stream.write(b"goes on")
        far.turn()
        assert here.recv(10) == b"goes on"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def test_a_reader_that_never_reads_holds_up_itself_alone(begun: Begun) -> None:
    far = begun(local=("0:a:1",))
    with program(far) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        held, _ = far.asked()
        far.answer(held)
        for _ in range(200):
            held.write(bytes(1 << 16))
            far.turn(1)
        assert held.room < 1 << 16
        before = os.times().user
        for _ in range(100):
            far.turn(1)
        assert os.times().user - before < 0.5  # nobody turns in vain
        with program(far) as quick:
            stream, _ = far.asked()
            far.answer(stream)
            stream.write(b"x")
            far.turn()
            assert quick.recv(1) == b"x"


def test_a_hundred_connections_wait_behind_one_descriptor(begun: Begun) -> None:
    far = begun(local=("0:a:1",))
    here = [socket.create_connection(("127.0.0.1", port_of(far)), timeout=PATIENCE) for _ in range(100)]
    try:
        far.turn(30)
        there = far.streams.opened()
        assert len(there) == 100
        assert far.forwards.figures[0].connections == 100
    finally:
        for each in here:
            each.close()
    until(far, lambda: all(stream.at_end for stream in there if not stream.read() and not stream.readable))


def test_more_connections_than_files_may_be_open_at_first_are_accepted(begun: Begun) -> None:
    far = begun(local=("0:a:1",))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    here = [socket.create_connection(("127.0.0.1", port_of(far)), timeout=PATIENCE) for _ in range(20)]
    lowest = max(each.fileno() for each in here) + 4
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
        far.turn(20)
        assert far.forwards.figures[0].connections == 20
        assert far.told[1:] == []
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for each in here:
            each.close()


def test_where_no_more_files_may_be_open_connections_wait(begun: Begun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_forward, "allow_more", lambda: False)
    far = begun(local=("0:a:1",))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    here = socket.create_connection(("127.0.0.1", port_of(far)), timeout=PATIENCE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (here.fileno() + 1, before[1]))
        far.turn()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert far.told[1:] == [f"-L {port_of(far)}:a:1: too many open files; new connections wait"]
    assert far.forwards.figures[0].connections == 0
    far.now += 2
    far.turn()
    assert far.forwards.figures[0].connections == 1
    here.close()


def test_datagrams_from_there_come_to_a_port_here(begun: Begun) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(PATIENCE)
        far = begun(remote=(f"udp/53:127.0.0.1:{server.getsockname()[1]}",))
        listener, request = far.asked()
        assert request == ListenUdp("", 53)
        far.answer(listener, port=53)
        stream = far.open(Accepted(listener.number, "10.9.8.7", 1))
        stream.write(framed(b"who is a?"))
        far.turn()
        question, asker = server.recvfrom(100)
        assert question == b"who is a?"
        assert answered(stream) is AnswerStatus.DONE
        server.sendto(b"nobody", asker)
        until(far, lambda: stream.readable > 0)
        assert stream.read() == framed(b"nobody")


@given(st.lists(st.binary(max_size=60) | st.sampled_from(HOSTILE), max_size=6))
def test_whatever_the_far_side_opens_nothing_here_is_reached_that_was_not_asked_for(parts: list[bytes]) -> None:
    far = FarSide(ForwardSettings(remote=("7:127.0.0.1:9",)))
    far.forwards.begin()
    try:
        listener, _ = far.asked()
        far.answer(listener, port=7)
        for part in parts:
            stream = far.streams.open()
            stream.write(part)
            far.turn(2)
        assert far.forwards.figures[0].connections == 0
    finally:
        far.forwards.close()


def test_connections_that_come_to_nothing_at_once_are_not_counted_as_open(begun: Begun, tmp_path: Path) -> None:
    far = begun(remote=(f"7:{tmp_path}/nobody",), local=("0:a:1",))
    listener, _ = far.asked()
    far.answer(listener, port=7)
    assert answered(far.open(Accepted(listener.number, "", 0))) is AnswerStatus.NOT_THERE
    far.forwards.users._streams.is_spoken = False  # type: ignore[misc]  # as a connection that was lost for good
    with socket.create_connection(("127.0.0.1", port_of(far)), timeout=PATIENCE) as here:
        far.turn()
        assert here.recv(1) == b""
    assert [figures.connections for figures in far.forwards.figures] == [0, 0]
