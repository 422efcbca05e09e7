"""A room with a client at the other end of its streams, and a clock that only the test moves; sockets are real."""

import selectors
import time
from collections.abc import Callable

from rmosh.forwarding.answers import RequestAnswer, parse_answer
from rmosh.forwarding.byte_stream import ByteStream
from rmosh.forwarding.first_message import MAX_ANSWER_TO_REQUEST, MAX_REQUEST, FirstMessage
from rmosh.forwarding.requests import Request, encode_request, parse_request
from rmosh_server.forwarding.permissions import Permissions
from rmosh_server.forwarding.room import Forwarding
from rmosh_server.sockets.asking import Door
from tests.patience import PATIENCE
from tests.unit.forwarding.streams import FakeStream, stream_pair


class FakeStreams:
    """The server's end of a client's streams."""

    is_spoken = True

    def __init__(self) -> None:
        self.from_client: list[FakeStream] = []
        self.to_client: list[FakeStream] = []
        self._unseen: list[FakeStream] = []
        self.all: list[FakeStream] = []
        self.error: Exception | None = None
        self.window = 1 << 20

    def open(self) -> FakeStream:
        if self.error is not None:
            raise self.error
        ours, theirs = stream_pair(number=2 * len(self.all) + 1, window=self.window)
        self.all.append(ours)
        self.to_client.append(theirs)
        return ours

    def opened(self) -> list[ByteStream]:
        unseen, self._unseen = self._unseen, []
        return [*unseen]

    def changed(self) -> list[ByteStream]:
        return [*self.all]

    def client_opens(self) -> FakeStream:
        ours, theirs = stream_pair(number=2 * len(self.all), window=self.window)
        self.all.append(ours)
        self._unseen.append(ours)
        return theirs


class Client:
    """One client of the room, at the far end of its streams."""

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.streams = FakeStreams()
        self.unheard = 0.0

    def ask(self, request: Request, data: bytes = b"") -> FakeStream:
        stream = self.streams.client_opens()
        stream.write(encode_request(request) + data)
        return stream


class Room:
    """A `Forwarding` and its clients."""

    def __init__(
        self,
        *,
        permissions: Permissions | None = None,
        neighbours: Callable[[], list[Door]] = list,
        own_program: tuple[str, ...] = (),
    ) -> None:
        self.clients = [Client(b"client 1")]
        self.now = 1000.0
        self.complaints: list[str] = []
        self.forwarding = Forwarding(
            lambda: [(client.name, client.streams) for client in self.clients],
            unheard=lambda name: next(client.unheard for client in self.clients if client.name == name),
            complain=self.complaints.append,
            permissions=lambda: permissions or Permissions(),
            own_program=own_program,
            neighbours=neighbours,
            clock=lambda: self.now,
        )
        self._selector = selectors.SelectSelector()
        self._selector.register(self.forwarding, selectors.EVENT_READ)

    @property
    def client(self) -> Client:
        return self.clients[0]

    def turn(self) -> None:
        self.forwarding.turn(now=self.now)

    def until(self, happened: Callable[[], object]) -> None:
        """Turn until something has happened."""
        give_up = time.monotonic() + PATIENCE
        self.turn()
        while not happened():
            assert time.monotonic() < give_up, f"it did not happen within {PATIENCE} s"
            self._selector.select(0.01)
            self.turn()
        assert self.complaints == []

    def answer(self, stream: FakeStream) -> RequestAnswer:
        """Return the answer to a request."""
        first = FirstMessage(limit=MAX_ANSWER_TO_REQUEST)
        taken: list[bytes] = []

        def came() -> bool:
            message = first.take(stream)
            taken.extend([] if message is None else [message])
            return message is not None

        self.until(came)
        return parse_answer(taken[0])

    def next_offered(self) -> tuple[FakeStream, Request]:
        """Return the next stream that the server opened, and what for."""
        self.until(lambda: self.client.streams.to_client)
        stream = self.client.streams.to_client.pop(0)
        message = FirstMessage(limit=MAX_REQUEST).take(stream)
        assert message is not None
        return stream, parse_request(message)

    def close(self) -> None:
        self._selector.close()
        self.forwarding.close()
