"""Who uses which stream: news go to its user, and what the far side opens to whoever is there for it."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeAlias

from rmosh.errors import Malformed
from rmosh.forwarding.answers import AnswerStatus, RequestAnswer, encode_answer
from rmosh.forwarding.byte_stream import ByteStream, ResetCode
from rmosh.forwarding.first_message import MAX_REQUEST, FirstMessage
from rmosh.forwarding.requests import Request, parse_request

#: Bytes that are read of a stream that was refused, before it is given up. Reason: what was under way by then.
_MOST_IN_VAIN: Final = 1 << 20


class CountedStream(ByteStream, Protocol):
    """A stream that knows how much went over it."""

    @property
    def bytes_sent(self) -> int: ...
    @property
    def bytes_received(self) -> int: ...


class CountedStreams(Protocol):
    """The streams of one connection; `rmosh.channels.streams.streams.Streams` has its docstrings."""

    def open(self) -> CountedStream: ...
    def opened(self) -> Sequence[CountedStream]: ...
    def changed(self) -> Sequence[CountedStream]: ...

    @property
    def is_spoken(self) -> bool: ...


class StreamUser(Protocol):
    """Who uses one."""

    def stream_changed(self) -> None:
        """Look at it: there is something to read, room to write, or its end."""


#: Takes a stream that the far side opened for a request; it answers, and names the stream's user.
Taker: TypeAlias = Callable[[CountedStream, Any], None]


class StreamUsers:
    """All of a connection.

    Attributes:
        takers: kind of request -> who takes what the far side opens for it; all else is refused.
    """

    def __init__(self, streams: CountedStreams) -> None:
        self._streams = streams
        self._users: dict[int, StreamUser] = {}
        self.takers: dict[type[Request], Taker] = {}

    @property
    def is_spoken(self) -> bool:
        """Whether the far side knows streams."""
        return self._streams.is_spoken

    def open(self) -> CountedStream:
        """Open a stream; `use` says whose it is.

        Raises:
            NoStreams: the far side knows none.
            TooManyStreams: no more are allowed until one is over.
        """
        return self._streams.open()

    def use(self, stream: ByteStream, user: StreamUser) -> None:
        """Let a user hear of a stream, instead of whoever did before."""
        self._users[stream.number] = user

    def leave(self, stream: ByteStream, code: ResetCode = ResetCode.CANCELLED, reason: str = "") -> None:
        """Use a stream no more; it is given up unless it is over by itself."""
        self.let_end(stream)
        if not stream.is_over:
            stream.reset(code.value, reason)

    def part(self, stream: ByteStream, *, has_ended: bool) -> None:
        """Use a stream no more: let it end where what used it has, else give it up."""
        if has_ended:
            self.let_end(stream)
        else:
            self.leave(stream)

    def let_end(self, stream: ByteStream) -> None:
        """Use a stream no more: both ways are finished, and what was written is still on its way."""
        self._users.pop(stream.number, None)

    def turn(self) -> None:
        """Give everybody the news."""
        for stream in self._streams.opened():
            self._users[stream.number] = _Arrival(self, stream)
            self._users[stream.number].stream_changed()
        for stream in self._streams.changed():
            user = self._users.get(stream.number)
            if user is not None:
                user.stream_changed()
            if stream.is_over:
                self._users.pop(stream.number, None)


class _Arrival:
    """A stream that the far side opened, until it is known what for."""

    def __init__(self, users: StreamUsers, stream: CountedStream) -> None:
        self._users = users
        self._stream = stream
        self._message = FirstMessage(limit=MAX_REQUEST)

    def stream_changed(self) -> None:
        try:
            untrusted = self._message.take(self._stream)
            request = None if untrusted is None else parse_request(untrusted)
        except Malformed as fault:
            self._users.leave(self._stream, ResetCode.MALFORMED, str(fault))
            return
        if request is not None:
            self._users.takers.get(type(request), self._refuse)(self._stream, request)

    def _refuse(self, stream: CountedStream, request: Request) -> None:
        refuse(self._users, stream, AnswerStatus.NOT_UNDERSTOOD, f"nothing here takes a {type(request).__name__}")


def accept(stream: ByteStream) -> None:
    """Answer that what a stream was opened for is there."""
    stream.write(encode_answer(RequestAnswer(AnswerStatus.DONE)))


def refuse(users: StreamUsers, stream: ByteStream, status: AnswerStatus, text: str) -> None:
    """Answer why what a stream was opened for is not to be had, and let it end."""
    stream.write(encode_answer(RequestAnswer(status, text)))
    stream.finish()
    users.use(stream, _Leaving(stream))


class _Leaving:
    """A stream that was refused: what the far side still says is read, so that it comes to its end."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._read = 0
        self.stream_changed()

    def stream_changed(self) -> None:
        while data := self._stream.read():
            self._read += len(data)
        if self._read > _MOST_IN_VAIN and not self._stream.is_over:
            self._stream.reset(ResetCode.CANCELLED.value)
