"""Two ends of a connection's streams without a transport, and a far side that the test plays."""

from rmosh.errors import NoStreams
from rmosh.forwarding.answers import AnswerStatus, RequestAnswer, encode_answer
from rmosh.forwarding.first_message import MAX_REQUEST, FirstMessage
from rmosh.forwarding.requests import Request, encode_request, parse_request
from rmosh_client.forwarding.forwards import Forwards
from rmosh_client.forwarding.settings import ForwardSettings
from tests.unit.forwarding.streams import FakeStream


class CountingStream(FakeStream):
    """One that knows how much went over it."""

    bytes_sent = 0
    bytes_received = 0

    def write(self, data: bytes, /) -> int:
        taken = super().write(data)
        self.bytes_sent += taken
        return taken

    def read(self, limit: int = 65536, /) -> bytes:
        data = super().read(limit)
        self.bytes_received += len(data)
        return data


class FakeStreams:
    """One end; all that are open count as changed."""

    other: "FakeStreams"

    def __init__(self, *, side: int, is_spoken: bool = True) -> None:
        self._side = side
        self._count = 0
        self._new: list[CountingStream] = []
        self._all: list[CountingStream] = []
        self.is_spoken = is_spoken

    def open(self) -> CountingStream:
        if not self.is_spoken:
            raise NoStreams("the other end speaks none")
        number = 2 * self._count + self._side
        self._count += 1
        ours, theirs = CountingStream(number, window=1 << 16), CountingStream(number, window=1 << 16)
        ours.other, theirs.other = theirs, ours
        self._all.append(ours)
        self.other._new.append(theirs)
        self.other._all.append(theirs)
        return ours

    def opened(self) -> list[CountingStream]:
        opened, self._new = self._new, []
        return opened

    def changed(self) -> list[CountingStream]:
        return list(self._all)


def fake_streams(*, is_spoken: bool = True) -> tuple[FakeStreams, FakeStreams]:
    """Return the client's end and the server's."""
    here, there = FakeStreams(side=0, is_spoken=is_spoken), FakeStreams(side=1)
    here.other, there.other = there, here
    return here, there


class FarSide:
    """The client's forwards, and what the test says for the far side."""

    def __init__(self, settings: ForwardSettings | None = None, *, is_spoken: bool = True) -> None:
        here, self.streams = fake_streams(is_spoken=is_spoken)
        self.now = 1000.0
        self.told: list[str] = []
        self.forwards = Forwards(
            here, settings or ForwardSettings(), tell=self.told.append, clock=lambda: self.now, host="box"
        )

    def turn(self, times: int = 5) -> None:
        for _ in range(times):
            self.forwards.turn(now=self.now)

    def asked(self) -> tuple[CountingStream, Request]:
        """Return the stream that was opened here, and what for."""
        self.turn()
        [stream] = self.streams.opened()
        untrusted = FirstMessage(limit=MAX_REQUEST).take(stream)
        assert untrusted is not None
        return stream, parse_request(untrusted)

    def answer(
        self, stream: FakeStream, text: str = "", *, status: AnswerStatus = AnswerStatus.DONE, port: int = 0
    ) -> None:
        stream.write(encode_answer(RequestAnswer(status, text, port)))
        self.turn()

    def open(self, request: Request) -> CountingStream:
        """Open a stream from there."""
        stream = self.streams.open()
        stream.write(encode_request(request))
        self.turn()
        return stream
