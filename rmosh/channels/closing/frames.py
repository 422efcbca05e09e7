"""That a session is over, on the wire (`rmosh/PROTOCOL.md`, Frames)."""

from enum import Enum
from typing import Final

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.frame_type import FrameType, WireFrame, fits
from rmosh.wire import Reader, append_bytes, append_varint

#: Largest exit status or signal number told by CLOSE. Source: PROTOCOL.md.
MAX_CLOSE_VALUE: Final = 65535

#: Longest CLOSE message in bytes of UTF-8: one line for the user. Source: PROTOCOL.md.
MAX_CLOSE_MESSAGE: Final = 256


class CloseKind(Enum):
    """Why a session ended; the value is its byte."""

    EXITED = 0
    SIGNALLED = 1
    CLIENT_QUIT = 2
    SERVER_STOPPED = 3
    FAILED = 4
    DETACHED = 5


@dataclass(frozen=True, slots=True)
class Close(WireFrame):
    """Ends the session.

    Attributes:
        value: the exit status or the signal number, 0-65535; 0 for the other kinds.
        message: one line for the user; what goes beyond 256 bytes of UTF-8 is cut off when sent.
        last_frame: the screen frame to be shown before; 0 from a client.
    """

    kind: CloseKind
    value: int = 0
    message: str = ""
    last_frame: int = 0


def _write_close(buffer: bytearray, frame: Close) -> None:
    buffer.append(frame.kind.value)
    append_varint(buffer, fits(frame.value, highest=MAX_CLOSE_VALUE, what="the exit status or signal"))
    append_varint(buffer, frame.last_frame)
    message = frame.message.encode("utf-8", "replace")[:MAX_CLOSE_MESSAGE]
    append_bytes(buffer, message.decode("utf-8", "ignore").encode())


def _read_close(reader: Reader) -> Close:
    try:
        kind = CloseKind(code := reader.byte())
    except ValueError as error:
        raise Malformed(f"close kind {code} is unknown") from error
    value = reader.varint(limit=MAX_CLOSE_VALUE)
    last_frame = reader.varint()
    try:
        message = reader.counted_bytes(limit=MAX_CLOSE_MESSAGE).decode()
    except UnicodeDecodeError as error:
        raise Malformed("the close message is not UTF-8") from error
    return Close(kind, value, message, last_frame)


CLOSE: Final = FrameType(0x05, "CLOSE", Close, True, _write_close, _read_close)
