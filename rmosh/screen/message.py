"""The message that a SCREEN_SYMBOL frame carries: one change, and how much input the PTY had been given by then."""

from rmosh.compression import Compression
from rmosh.lazy_dataclass import replace
from rmosh.screen.change import apply
from rmosh.screen.codec import decode, encode
from rmosh.screen.diff import diff
from rmosh.screen.limits import TooLarge
from rmosh.terminal.cells import Cell, Frame, Row
from rmosh.wire import Reader, encode_varint


def encode_change(
    base: Frame, target: Frame, *, input_offset: int, compression: Compression = Compression.LAYOUT
) -> bytes:
    """Return the message that makes `target` out of `base`.

    A screen too large for a message (a million cells, each of its own colours) is sent plain, and
    stays so where it does not change again.

    Args:
        input_offset: how many bytes of input the PTY had been given when `target` was taken.
    """
    try:
        change = encode(diff(base, target), compression)
    except TooLarge:
        change = encode(diff(base, replace(_plain(target), clipboard=base.clipboard)), compression)
    return encode_varint(input_offset) + change


def apply_change(base: Frame, untrusted: bytes) -> tuple[Frame, int]:
    """Return the frame that a message makes out of `base`, and its input offset in bytes.

    Raises:
        Malformed: the message does not follow the format, or does not fit the base.
    """
    reader = Reader(untrusted)
    input_offset = reader.varint()
    return apply(base, decode(reader.rest())), input_offset


def _plain(frame: Frame) -> Frame:
    """Return the frame without styles, and with no more than a code point in each cell."""
    rows = (Row(tuple(Cell(cell.text[:1]) for cell in row.cells), row.wrapped) for row in frame.rows)
    return replace(frame, rows=tuple(rows))
