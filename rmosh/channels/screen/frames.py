"""The screen on the wire (`rmosh/PROTOCOL.md`, Frames): one symbol of a message, and which frame is shown."""

from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh.transport.erasure import MAX_SYMBOL, BlockLayout
from rmosh.transport.frame_type import FrameType, WireFrame, fits, varint_from_1
from rmosh.wire import Reader, append_varint


@dataclass(frozen=True, slots=True)
class ScreenSymbol(WireFrame):
    """One symbol of the message that turns frame `base` into frame `number`.

    Attributes:
        length: bytes of the whole message.
        symbol_size: bytes of each of its symbols, of `data` too.
    """

    number: int
    base: int
    length: int
    symbol_size: int
    block: int
    symbol: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ScreenAck(WireFrame):
    """The newest frame that the client shows."""

    number: int


def _write_screen(buffer: bytearray, frame: ScreenSymbol) -> None:
    layout = BlockLayout.of(frame.length, frame.symbol_size)
    distance = frame.number - frame.base
    append_varint(buffer, frame.number)
    append_varint(buffer, fits(distance, lowest=1, highest=frame.number, what="the distance to the base"))
    append_varint(buffer, frame.length)
    append_varint(buffer, frame.symbol_size)
    append_varint(buffer, fits(frame.block, highest=layout.block_count - 1, what="the block"))
    append_varint(buffer, fits(frame.symbol, highest=MAX_SYMBOL, what="the symbol"))
    size = layout.symbol_size
    fits(len(frame.data), lowest=size, highest=size, what="the symbol's length")
    buffer += frame.data


def _read_screen(reader: Reader) -> ScreenSymbol:
    number = reader.varint()
    distance = varint_from_1(reader, highest=number, what="the distance to the base frame")
    length, size = reader.varint(), reader.varint()
    layout = BlockLayout.claimed(length, size)
    block = reader.varint(limit=layout.block_count - 1)
    symbol = reader.varint(limit=MAX_SYMBOL)
    return ScreenSymbol(number, number - distance, length, size, block, symbol, reader.bytes(size))


def _write_screen_ack(buffer: bytearray, frame: ScreenAck) -> None:
    append_varint(buffer, frame.number)


def _read_screen_ack(reader: Reader) -> ScreenAck:
    return ScreenAck(reader.varint())


SCREEN_SYMBOL: Final = FrameType(0x0A, "SCREEN_SYMBOL", ScreenSymbol, True, _write_screen, _read_screen)
SCREEN_ACK: Final = FrameType(0x0B, "SCREEN_ACK", ScreenAck, False, _write_screen_ack, _read_screen_ack)
