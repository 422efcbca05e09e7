"""One stream with a client: what serves it, what is said on it first, and how it ends."""

from collections.abc import Callable
from typing import Protocol

from rmosh.forwarding.answers import AnswerStatus, RequestAnswer, encode_answer
from rmosh.forwarding.byte_stream import ByteStream, ByteStreams, ResetCode
from rmosh.forwarding.requests import Request, encode_request


class Service(Protocol):
    """What serves a stream: a connection, a listener, a program."""

    def stream_changed(self) -> None:
        """Look at the stream: there is something to read, room to write, or its end."""

    def close(self) -> None:
        """Let go of everything; the stream is over, or its client has left."""


class Conversation:
    """A stream and what serves it.

    Attributes:
        client: session id of the client whose stream it is.
        stream: the stream itself.
        served: what serves it; None before its request was understood.
    """

    def __init__(
        self,
        client: bytes,
        streams: ByteStreams,
        stream: ByteStream,
        *,
        begin: Callable[["Conversation"], None],
        end: Callable[["Conversation"], None],
    ) -> None:
        """Take over a stream.

        Args:
            begin: told of a further conversation with the client.
            end: told when this one is over.
        """
        self.client = client
        self.stream = stream
        self.served: Service | None = None
        self._streams = streams
        self._begin = begin
        self._end = end

    @property
    def is_given_up(self) -> bool:
        """Whether nobody at the other side wants the stream any more."""
        stream = self.stream
        return stream.was_reset is not None or (stream.is_over and not stream.at_end)

    def open(self, request: Request) -> "Conversation":
        """Open a stream to the same client with a request; the caller serves it.

        Raises:
            RmoshError: there are too many streams, or none can be.
        """
        stream = self._streams.open()
        stream.write(encode_request(request))
        another = Conversation(self.client, self._streams, stream, begin=self._begin, end=self._end)
        self._begin(another)
        return another

    def done(self, text: str = "", *, port: int = 0) -> None:
        """Answer that what was asked for is there."""
        self._answer(RequestAnswer(AnswerStatus.DONE, text, port))

    def refuse(self, status: AnswerStatus, text: str) -> None:
        """Answer why not, and end."""
        self._answer(RequestAnswer(status, text))
        self.end()

    def reset(self, code: ResetCode, reason: str) -> None:
        """Give the stream up, and end."""
        if not self.stream.is_over:
            self.stream.reset(code.value, reason)
        self.end()

    def end(self) -> None:
        """Let go of what serves the stream, and say no more on it."""
        served, self.served = self.served, None
        if served is not None:
            served.close()
        if not self.stream.is_over:
            self.stream.finish()
        self._end(self)

    def _answer(self, answer: RequestAnswer) -> None:
        told = encode_answer(answer)
        if self.stream.write(told) < len(told) and not self.stream.is_over:  # a client that gives a stream no room
            self.stream.reset(ResetCode.CANCELLED.value, "there is no room for an answer")
