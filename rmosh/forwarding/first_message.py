"""The message that each direction of a stream begins with: its length, then so many bytes; data may follow at once."""

from typing import Final

from rmosh.errors import Malformed, UsageError
from rmosh.forwarding.byte_stream import ByteStream
from rmosh.wire import MAX_VARINT, Reader, append_bytes, append_varint, encode_varint

#: Longest request and longest answer, in bytes. Reason: a command line of a few kB fits, and an answer's line; what is
#: not understood yet is kept for thousands of streams. Source: PROTOCOL.md.
MAX_REQUEST: Final = 16384
MAX_ANSWER_TO_REQUEST: Final = 4096

#: Largest port. Source: RFC 768, RFC 9293.
_MAX_PORT: Final = 65535


class FirstMessage:
    """Takes the message off a stream, and no byte more: what follows stays there, and keeps the window shut."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._length = bytearray()
        self._message = bytearray()
        self._size: int | None = None

    def take(self, stream: ByteStream) -> bytes | None:
        """Return the message, None while some of it is to come.

        Raises:
            Malformed: it is longer than allowed, or the stream ends within it.
        """
        while self._missing and (untrusted := stream.read(self._missing)):
            if self._size is None:
                self._take_length(untrusted)
            else:
                self._message += untrusted
        if not self._missing:
            return bytes(self._message)
        if stream.at_end:
            raise Malformed("a stream ended within its first message")
        return None

    @property
    def _missing(self) -> int:
        if self._size is not None:
            return self._size - len(self._message)
        return (1 << (self._length[0] >> 6)) - len(self._length) if self._length else 1

    def _take_length(self, untrusted: bytes) -> None:
        self._length += untrusted
        if not self._missing:
            self._size = Reader(bytes(self._length)).varint(limit=self._limit)


def counted_message(message: bytes) -> bytes:
    """Return a message behind its length."""
    return encode_varint(len(message)) + message


def append_text(buffer: bytearray, text: str) -> None:
    """Append a text in UTF-8; what Python read from other bytes becomes those bytes again."""
    append_bytes(buffer, text.encode("utf-8", "surrogateescape"))


def append_texts(buffer: bytearray, texts: tuple[str, ...]) -> None:
    """Append how many texts there are, and each."""
    append_varint(buffer, len(texts))
    for text in texts:
        append_text(buffer, text)


def take_text(reader: Reader) -> str:
    """Take a text; bytes that are no UTF-8 are kept as Python keeps those of a file's name.

    Raises:
        Malformed: it is longer than what is left.
    """
    return reader.counted_bytes(limit=MAX_VARINT).decode("utf-8", "surrogateescape")


def take_texts(reader: Reader) -> tuple[str, ...]:
    """Take several texts.

    Raises:
        Malformed: they are more or longer than what is left.
    """
    return tuple([take_text(reader) for _ in range(reader.varint(limit=reader.remaining))])


def append_port(buffer: bytearray, port: int) -> None:
    """Append a port, 0 for none.

    Raises:
        UsageError: it is none.
    """
    if not 0 <= port <= _MAX_PORT:
        raise UsageError(f"ports go up to {_MAX_PORT}, this is {port}")
    append_varint(buffer, port)


def take_port(reader: Reader) -> int:
    """Take a port.

    Raises:
        Malformed: it is above the largest.
    """
    return reader.varint(limit=_MAX_PORT)
