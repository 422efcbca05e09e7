"""The lines that scrolled off, on the wire (`rmosh/PROTOCOL.md`, Frames)."""

from typing import Final

from rmosh.channels.newest.frames import MAX_WINDOW
from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.frame_type import FrameType, WireFrame, fits, varint_from_1
from rmosh.wire import MAX_VARINT, Reader, append_varint, append_varints

#: Most lines that one frame of history tells of, and the largest block of them in bytes. Source: PROTOCOL.md.
MAX_HISTORY_LINES: Final = 256
MAX_HISTORY_BLOCK: Final = 65535

#: Highest parameter of ED that erases what the screen shows.
_LAST_ED: Final = 2


@dataclass(frozen=True, slots=True)
class History(WireFrame):
    """A piece of a block of lines that scrolled off; lines count from 0 since the session began.

    Attributes:
        start, count: which lines the block holds.
        length: bytes of the whole block.
        offset: where in it `data` belongs.
    """

    start: int
    count: int
    length: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class HistoryShown(WireFrame):
    """`count` lines from `start` on that scrolled off as screen frame `frame` showed them."""

    start: int
    count: int
    frame: int


@dataclass(frozen=True, slots=True)
class HistoryCleared(WireFrame):
    """`count` lines from `start` on did not scroll off: a program erased them with the whole screen.

    Attributes:
        how: the parameter of ED, 0 to 2.
    """

    start: int
    count: int
    how: int


@dataclass(frozen=True, slots=True)
class HistoryKept(WireFrame):
    """What the server has of history, and tells unasked; none of it ever decreases.

    Attributes:
        oldest: the first line that it keeps.
        began: the first line that came by itself, or was to come, when the client came.
        following: lines from here on come by themselves; of those before, what did not arrive does not.
        erased: lines before this one were erased by the program (ED 3).
    """

    oldest: int
    began: int
    following: int
    erased: int


@dataclass(frozen=True, slots=True)
class HistoryWant(WireFrame):
    """What a client wants of history; the highest serial is the newest.

    Attributes:
        depth: how many of the lines that scrolled off before it was let in shall come by themselves.
        start, count: which lines to send now; a count of 0 wants none.
    """

    serial: int
    depth: int
    start: int
    count: int


def _write_lines(buffer: bytearray, frame: History | HistoryShown) -> None:
    count = fits(frame.count, lowest=1, highest=MAX_HISTORY_LINES, what="the number of lines")
    append_varint(buffer, fits(frame.start, highest=MAX_VARINT - count, what="the first line"))
    append_varint(buffer, count)


def _read_lines(reader: Reader) -> tuple[int, int]:
    start = reader.varint(limit=MAX_VARINT - MAX_HISTORY_LINES)
    return start, varint_from_1(reader, highest=MAX_HISTORY_LINES, what="the number of lines")


def _write_history(buffer: bytearray, frame: History) -> None:
    _write_lines(buffer, frame)
    append_varint(buffer, fits(frame.length, lowest=1, highest=MAX_HISTORY_BLOCK, what="the block's length"))
    size = fits(len(frame.data), lowest=1, highest=frame.length, what="the length of a piece of it")
    append_varint(buffer, fits(frame.offset, highest=frame.length - size, what="the offset of a piece of it"))
    buffer += frame.data


def _read_history(reader: Reader) -> History:
    start, count = _read_lines(reader)
    length = varint_from_1(reader, highest=MAX_HISTORY_BLOCK, what="the block's length")
    offset = reader.varint(limit=length - 1)
    data = reader.rest()
    if not 1 <= len(data) <= length - offset:
        raise Malformed(f"a piece of {len(data)} bytes at offset {offset} of a block of {length}")
    return History(start, count, length, offset, data)


def _write_history_shown(buffer: bytearray, frame: HistoryShown) -> None:
    _write_lines(buffer, frame)
    append_varint(buffer, fits(frame.frame, lowest=1, highest=MAX_VARINT, what="the number of a screen frame"))


def _read_history_shown(reader: Reader) -> HistoryShown:
    start, count = _read_lines(reader)
    return HistoryShown(start, count, varint_from_1(reader, highest=MAX_VARINT, what="the number of a screen frame"))


def _write_history_cleared(buffer: bytearray, frame: HistoryCleared) -> None:
    count = fits(frame.count, lowest=1, highest=MAX_WINDOW, what="the number of rows cleared")
    append_varint(buffer, fits(frame.start, highest=MAX_VARINT - count, what="the first line"))
    append_varints(buffer, (count, fits(frame.how, highest=_LAST_ED, what="the parameter of ED")))


def _read_history_cleared(reader: Reader) -> HistoryCleared:
    start = reader.varint(limit=MAX_VARINT - MAX_WINDOW)
    count = varint_from_1(reader, highest=MAX_WINDOW, what="the number of rows cleared")
    return HistoryCleared(start, count, reader.varint(limit=_LAST_ED))


def _write_history_kept(buffer: bytearray, frame: HistoryKept) -> None:
    append_varints(buffer, (frame.oldest, frame.began, frame.following, frame.erased))


def _read_history_kept(reader: Reader) -> HistoryKept:
    return HistoryKept(reader.varint(), reader.varint(), reader.varint(), reader.varint())


def _write_history_want(buffer: bytearray, frame: HistoryWant) -> None:
    fits(frame.start + frame.count, highest=MAX_VARINT, what="the end of the lines wanted")
    append_varints(buffer, (frame.serial, frame.depth, frame.start, frame.count))


def _read_history_want(reader: Reader) -> HistoryWant:
    serial, depth, start = reader.varint(), reader.varint(), reader.varint()
    return HistoryWant(serial, depth, start, reader.varint(limit=MAX_VARINT - start))


HISTORY: Final = FrameType(0x48, "HISTORY", History, True, _write_history, _read_history)
HISTORY_SHOWN: Final = FrameType(0x49, "HISTORY_SHOWN", HistoryShown, True, _write_history_shown, _read_history_shown)
HISTORY_KEPT: Final = FrameType(0x4A, "HISTORY_KEPT", HistoryKept, True, _write_history_kept, _read_history_kept)
HISTORY_WANT: Final = FrameType(0x4B, "HISTORY_WANT", HistoryWant, True, _write_history_want, _read_history_want)
HISTORY_CLEARED: Final = FrameType(
    0x4C, "HISTORY_CLEARED", HistoryCleared, True, _write_history_cleared, _read_history_cleared
)
