"""What a client reaches through the real `rmosh-server`: ports, listeners, and what becomes of them at the end."""

import contextlib
import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path as FilePath

import pytest

from rmosh.announce import parse_announce
from rmosh.channels.streams.stream import Stream
from rmosh.forwarding.answers import AnswerStatus, RequestAnswer, encode_answer, parse_answer
from rmosh.forwarding.first_message import MAX_ANSWER_TO_REQUEST, MAX_REQUEST, FirstMessage
from rmosh.forwarding.requests import Accepted, ConnectTcp, ListenTcp, Request, encode_request, parse_request
from rmosh.hello import format_hello, new_hello
from rmosh_server.desk.places import Places
from rmosh_server.desk.sessions import Sessions
from rmosh_server.sockets.asking import ask
from tests.e2e import test_server_process as servers
from tests.e2e.test_server_process import Client, run_server

pytestmark = pytest.mark.slow

#: Marks every process of a test, all of which are ended with it.
environment = servers.environment

DONE = encode_answer(RequestAnswer(AnswerStatus.DONE))

#: What the web server has, in bytes: several windows of a stream.
PAGE = os.urandom(3 << 19)


class ForwardingClient(Client):
    """A client that opens streams."""

    def ask(self, request: Request, data: bytes = b"") -> Stream:
        stream = self.core.streams.open()
        stream.write(encode_request(request) + data)
        return stream

    def answer(self, stream: Stream) -> RequestAnswer:
        return parse_answer(self._first_message(stream, limit=MAX_ANSWER_TO_REQUEST))

    def next_offered(self) -> tuple[Stream, Request]:
        opened: list[Stream] = []

        def is_offered() -> bool:
            opened.extend(self.core.streams.opened())
            return bool(opened)

        self.pump_until(is_offered)
        return opened[0], parse_request(self._first_message(opened[0], limit=MAX_REQUEST))

    def _first_message(self, stream: Stream, *, limit: int) -> bytes:
        first = FirstMessage(limit=limit)
        taken: list[bytes] = []

        def came() -> bool:
            message = first.take(stream)
            taken.extend([] if message is None else [message])
            return message is not None

        self.pump_until(came)
        return taken[0]

    def read_all(self, stream: Stream) -> bytes:
        data = bytearray()

        def is_over() -> bool:
            while piece := stream.read():
                data.extend(piece)
            return stream.at_end or stream.was_reset is not None

        self.pump_until(is_over)
        return bytes(data)


@pytest.fixture
def client(environment: dict[str, str]) -> Iterator[ForwardingClient]:
    hello = format_hello(new_hello(entropy=os.urandom(16), streams=True))
    done = run_server("new", "--hello", "--port", "0", "--", "cat", environment=environment, said=hello)
    assert done.returncode == 0, done.stderr
    client = ForwardingClient(parse_announce(done.stdout.lstrip(b"\n")), rows=24, columns=80)
    yield client
    client.socket.close()


@pytest.fixture
def web() -> Iterator[int]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()


def test_pages_come_whole_through_several_streams_at_once(client: ForwardingClient, web: int) -> None:
    streams = [client.ask(ConnectTcp("localhost", web), b"GET / HTTP/1.0\r\n\r\n") for _ in range(2)]
    for stream in streams:
        assert client.answer(stream).is_done
        _, _, page = client.read_all(stream).partition(b"\r\n\r\n")
        assert hashlib.sha256(page).digest() == hashlib.sha256(PAGE).digest()


def test_who_comes_to_a_listener_is_offered_until_the_session_ends(
    client: ForwardingClient,
    environment: dict[str, str],
    tmp_path: FilePath,
) -> None:
    stream = client.ask(ListenTcp("", 0))
    port = client.answer(stream).port
    with socket.create_connection(("127.0.0.1", port)) as program:
        program.sendall(b"hello")
        offered, request = client.next_offered()
        assert request == Accepted(stream.number, *program.getsockname())
        offered.write(DONE + b"welcome")
        client.pump_until(lambda: offered.readable == 5)
        client.pump_for(0.1)
        assert program.recv(100) == b"welcome"
        (door,) = Sessions(Places(environment["RMOSH_RUNTIME_DIR"], "", ())).doors()
        answer = ask(door, {"do": "release", "listener": f"tcp {port}"})
        assert isinstance(answer, dict) and answer["released"] is False and answer["unheard"] < 10
        client.type("\x04")  # `cat` ends, and with it the session
        client.wait_for_close()
        with pytest.raises(ConnectionError):
            program.sendall(b"x")
            while program.recv(100):
                pass
            raise ConnectionResetError
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        pytest.fail("it still listens")
