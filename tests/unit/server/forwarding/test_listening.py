"""Where this host listens for a client: who comes is offered to it, and what it held is given back when it is gone."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh.datagram_stream import DatagramStream, framed
from rmosh.errors import RmoshError
from rmosh.forwarding.answers import AnswerStatus, RequestAnswer, encode_answer
from rmosh.forwarding.requests import Accepted, ListenTcp, ListenUdp, ListenUnix
from rmosh_server.forwarding.held_places import YIELDING_SLACK, YIELDS_AFTER
from rmosh_server.forwarding.listening import REST
from rmosh_server.forwarding.permissions import Permissions, Rules
from rmosh_server.forwarding.udp_listening import MOST_SENDERS, SENDER_LIFETIME
from rmosh_server.sockets.asking import Door
from rmosh_server.sockets.control_message import decode_message, encode_message
from tests.patience import PATIENCE
from tests.unit.forwarding.streams import FakeStream
from tests.unit.server.forwarding.room import Client, Room
from tests.unit.server.forwarding.test_connecting import received

DONE = encode_answer(RequestAnswer(AnswerStatus.DONE))


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    room.close()


def listening(room: Room, bind: str = "", port: int = 0, *, client: Client | None = None) -> tuple[FakeStream, int]:
    stream = (client or room.client).ask(ListenTcp(bind, port))
    answer = room.answer(stream)
    assert answer.is_done, answer.text
    return stream, answer.port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
        return True


def test_who_comes_is_offered_with_where_from_and_what_it_says_waits_for_no_answer(room: Room) -> None:
    stream, port = listening(room)
    with socket.create_connection(("127.0.0.1", port)) as program:
        program.sendall(b"hello")
        offered, request = room.next_offered()
        assert request == Accepted(stream.number, *program.getsockname())
        room.until(lambda: offered.readable == 5)
        offered.write(DONE + b"welcome")
        room.turn()
        assert received(program, 7) == b"welcome"


def test_who_is_not_wanted_by_the_client_is_sent_away(room: Room) -> None:
    _, port = listening(room)
    with socket.create_connection(("127.0.0.1", port)) as program:
        offered, _ = room.next_offered()
        offered.write(encode_answer(RequestAnswer(AnswerStatus.REFUSED)))
        room.turn()
        with pytest.raises(ConnectionResetError):
            received(program, 1)


@pytest.mark.parametrize("bind", ["", "localhost"])
def test_a_port_of_this_host_is_one_of_both_families(room: Room, bind: str) -> None:
    _, port = listening(room, bind)
    for host in ("127.0.0.1", "::1"):
        socket.create_connection((host, port)).close()


def test_a_client_gets_no_other_address_than_loopback_where_nothing_allows_it_and_is_told(room: Room) -> None:
    stream = room.client.ask(ListenTcp("*", 0))
    answer = room.answer(stream)
    assert answer.is_done
    assert answer.text.startswith("only this host itself reaches it: GatewayPorts of sshd_config")
    assert is_free(answer.port, "127.0.0.2"), "nothing listens at all addresses"


def test_all_addresses_of_both_families_where_that_is_allowed() -> None:
    room = Room(permissions=Permissions([Rules("a file", gateways="clientspecified")]))
    stream, port = listening(room, "*")
    for host in ("127.0.0.1", "127.0.0.2", "::1"):
        socket.create_connection((host, port)).close()
    stream.finish()
    room.turn()
    _, one = listening(room, "127.0.0.2")
    assert is_free(one, "127.0.0.1")
    room.close()


def test_a_listener_ends_with_its_stream_and_who_came_stays(room: Room) -> None:
    stream, port = listening(room)
    with socket.create_connection(("127.0.0.1", port)) as program:
        offered, _ = room.next_offered()
        offered.write(DONE)
        stream.finish()
        room.turn()
        assert stream.at_end, "both have finished: the stream is over, and its number counts no longer"
        assert is_free(port)
        program.sendall(b"still here")
        room.until(lambda: offered.readable == 10)


def test_a_port_that_a_stranger_holds_is_refused_at_once_and_in_words(room: Room) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        answer = room.answer(room.client.ask(ListenTcp("", port)))
    assert answer == RequestAnswer(AnswerStatus.IN_USE, f"port localhost:{port} is in use")


def test_a_listener_of_a_client_that_is_gone_is_let_go_of_for_another(room: Room) -> None:
    first, port = listening(room)
    another = Client(b"client 2")
    room.clients.append(another)
    room.client.unheard = YIELDS_AFTER
    listening(room, port=port, client=another)
    assert first.was_reset is not None
    assert first.was_reset.reason == f"another client asked for tcp {port}, and this one was not heard"


def test_a_listener_of_a_client_that_was_heard_just_now_is_waited_for_once(room: Room) -> None:
    first, port = listening(room)
    another = Client(b"client 2")
    room.clients.append(another)
    room.client.unheard = YIELDS_AFTER - 3
    waiting = another.ask(ListenTcp("", port))
    room.turn()
    assert waiting.readable == 0
    assert room.forwarding.next_wakeup == pytest.approx(room.now + 3 + YIELDING_SLACK)
    room.now += 3 + YIELDING_SLACK
    room.client.unheard = 0.0  # it was there all the time
    assert room.answer(waiting).text == f"port localhost:{port} is in use by another client of yours"
    assert first.was_reset is None


class OtherSession(threading.Thread):
    """Another session of the user's: it holds a port, and says in its own words whether it let go of it."""

    def __init__(self, folder: Path, answer: dict[str, object], held: socket.socket) -> None:
        super().__init__(daemon=True)
        self.door = Door(str(folder), "other.sock")
        self.asked: dict[str, object] = {}
        self._answer = answer
        self._held = held
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / "other.sock"))
        self._listening.listen()
        self.start()

    def run(self) -> None:
        with self._listening, self._listening.accept()[0] as asking:
            self.asked = decode_message(asking.recv(4096))
            if self._answer.get("released"):
                self._held.close()
            asking.sendall(encode_message(self._answer))


@pytest.mark.parametrize(("released", "is_done"), [(True, True), (False, False)])
def test_another_session_is_asked_to_let_go(tmp_path: Path, released: bool, is_done: bool) -> None:
    held = socket.create_server(("127.0.0.1", 0))
    port = held.getsockname()[1]
    other = OtherSession(tmp_path, {"released": released, "unheard": None}, held)
    room = Room(neighbours=lambda: [other.door, Door(str(tmp_path), "nobody.sock")])
    answer = room.answer(room.client.ask(ListenTcp("", port)))
    assert answer.is_done == is_done, answer.text
    assert other.asked == {"do": "release", "listener": f"tcp {port}"}
    other.join()
    held.close()
    room.close()


def test_another_session_is_asked_again_when_its_client_is_gone_though_it_rounds_what_it_tells(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        told = YIELDS_AFTER - 3
        other = OtherSession(tmp_path, {"released": False, "unheard": told}, held)
        room = Room(neighbours=lambda: [other.door])
        waiting = room.client.ask(ListenTcp("", held.getsockname()[1]))
        room.until(lambda: (room.forwarding.next_wakeup or 0.0) > room.now + 2.5)
        assert waiting.readable == 0
        assert room.forwarding.next_wakeup is not None
        assert room.forwarding.next_wakeup - room.now + told - 0.05 > YIELDS_AFTER
        other.join()
        room.close()


def test_a_listener_whose_client_has_no_stream_left_rests_and_goes_on(room: Room) -> None:
    _, port = listening(room)
    room.client.streams.error = RmoshError("too many streams")
    with socket.create_connection(("127.0.0.1", port)) as program:
        room.until(lambda: room.forwarding.next_wakeup == room.now + REST)
        assert received(program, 1) == b""
    room.client.streams.error = None
    with socket.create_connection(("127.0.0.1", port)):
        room.now += REST
        room.next_offered()


def test_a_socket_at_a_path_is_the_users_alone_and_is_removed_with_its_stream(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "here"
    stream = room.client.ask(ListenUnix(str(path)))
    assert room.answer(stream).is_done
    assert path.stat().st_mode & 0o777 == 0o600
    with socket.socket(socket.AF_UNIX) as program:
        program.connect(str(path))
        offered, request = room.next_offered()
        assert request == Accepted(stream.number)
        offered.write(DONE + b"welcome")
        room.turn()
        assert received(program, 7) == b"welcome"
    stream.finish()
    room.turn()
    assert not path.exists()


def test_a_path_is_the_one_that_the_system_finds_and_all_its_names_are_one_place(room: Room, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not room.answer(room.client.ask(ListenUnix(str(tmp_path / "file" / ".." / "here")))).is_done
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    first = room.client.ask(ListenUnix(str(tmp_path / "folder" / "here")))
    assert room.answer(first).is_done
    room.client.unheard = YIELDS_AFTER
    assert room.answer(room.client.ask(ListenUnix(str(tmp_path / "link" / "here")))).is_done
    assert first.was_reset is not None


def test_a_path_that_another_took_meanwhile_is_left_to_it(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "here"
    stream = room.client.ask(ListenUnix(str(path)))
    room.answer(stream)
    path.unlink()
    with socket.socket(socket.AF_UNIX) as another:
        another.bind(str(path))
        stream.finish()
        room.turn()
        assert path.is_socket()


def test_a_socket_at_which_nobody_listens_any_more_is_taken_over(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "here"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    assert room.answer(room.client.ask(ListenUnix(str(path)))).is_done


@pytest.mark.parametrize("kind", ["file", "link", "live"])
def test_what_is_something_else_or_lives_is_left_alone(room: Room, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "here"
    with socket.socket(socket.AF_UNIX) as live:
        if kind == "file":
            path.write_text("kept")
        elif kind == "link":
            path.symlink_to(tmp_path / "elsewhere")
        else:
            live.bind(str(path))
            live.listen()
        answer = room.answer(room.client.ask(ListenUnix(str(path))))
    assert answer.status is AnswerStatus.IN_USE
    assert os.path.lexists(path)


@pytest.mark.parametrize("path", ["", "/", "a\0b", "/nowhere/at/all"])
def test_a_path_that_cannot_be_is_refused(room: Room, path: str) -> None:
    assert not room.answer(room.client.ask(ListenUnix(path))).is_done


def test_each_sender_of_datagrams_is_a_stream_that_answers_it(room: Room) -> None:
    stream = room.client.ask(ListenUdp("", 0))
    port = room.answer(stream).port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket(socket.AF_INET6, 2) as two:
        for sender, host in ((one, "127.0.0.1"), (two, "::1")):
            sender.settimeout(PATIENCE)
            sender.connect((host, port))
            sender.send(b"from " + host.encode())
            offered, request = room.next_offered()
            assert request == Accepted(stream.number, *sender.getsockname()[:2])
            room.until(lambda offered=offered: offered.readable)  # type: ignore[misc]
            assert DatagramStream().feed(offered.read()) == [b"from " + host.encode()]
            offered.write(DONE + framed(b"to you"))
            room.turn()
            assert sender.recv(100) == b"to you"


def test_a_sender_that_is_silent_for_long_is_forgotten_and_so_is_the_oldest_of_too_many(room: Room) -> None:
    port = room.answer(room.client.ask(ListenUdp("", 0))).port
    streams = []
    with contextlib.ExitStack() as stack:
        for _ in range(MOST_SENDERS + 1):
            sender = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sender.sendto(b"x", ("127.0.0.1", port))
            streams.append(room.next_offered()[0])
            streams[-1].read()
    assert [stream.at_end for stream in streams] == [True] + MOST_SENDERS * [False]
    room.now += SENDER_LIFETIME
    room.turn()
    assert all(stream.at_end for stream in streams)
