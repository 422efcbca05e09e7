"""The bytes of the frames that carry the lines that scrolled off."""

from collections.abc import Sequence
from typing import Final

from rmosh.errors import Malformed
from rmosh.transport.frame_type import FrameType, fits, varint_from_1
from rmosh.transport.frames import (
    MAX_HISTORY_BLOCK,
    MAX_HISTORY_LINES,
    MAX_WINDOW,
    History,
    HistoryCleared,
    HistoryKept,
    HistoryShown,
    HistoryWant,
)
from rmosh.wire import MAX_VARINT, Reader, append_varint, append_varints

#: Highest parameter of ED that erases what the screen shows.
_LAST_ED: Final = 2


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


#: In the order of PROTOCOL.md's table.
HISTORY_FRAMES: Final[Sequence[FrameType]] = (
    FrameType(0x48, "HISTORY", History, True, _write_history, _read_history),
    FrameType(0x49, "HISTORY_SHOWN", HistoryShown, True, _write_history_shown, _read_history_shown),
    FrameType(0x4A, "HISTORY_KEPT", HistoryKept, True, _write_history_kept, _read_history_kept),
    FrameType(0x4B, "HISTORY_WANT", HistoryWant, True, _write_history_want, _read_history_want),
    FrameType(0x4C, "HISTORY_CLEARED", HistoryCleared, True, _write_history_cleared, _read_history_cleared),
)
