"""Blocks of scrolled-off lines as bytes, and back from a stranger's bytes: what history is kept as, and sent as.

A block is a flags byte and its content, which may be deflated. That of plain lines, in the default style, is their
text and little more. A tab stands for the first of the blanks that it moved over, so that whoever does not know it can
have a blank there. It knows no numbers of lines and no datagrams.
"""

import zlib
from collections.abc import Sequence
from typing import Final

from rmosh.errors import Malformed, UsageError
from rmosh.screen.compression import inflated
from rmosh.screen.limits import MAX_STYLES, TooLarge
from rmosh.screen.styles import append_styles, read_styles
from rmosh.screen.text import append_text, checked_text, encoded_text, read_text
from rmosh.terminal.cells import DEFAULT_STYLE, MAX_COLUMNS, Style
from rmosh.terminal.scrolled import ScrolledLine, plain_line
from rmosh.terminal.style_table import INDEXED_BIT, PROTECTED, PackedStyle, unpack
from rmosh.terminal.style_table import pack as pack_style
from rmosh.wire import Reader, append_varint, append_varints

#: Most lines of a block. Reason: what one answer of the viewer or one step of a backfill handles, some 10 kB of logs.
MAX_BLOCK_LINES: Final = 256

#: Most bytes of a block, deflated or not. Reason: MAX_BLOCK_LINES lines of 1000 wide characters in clusters.
MAX_BLOCK: Final = 1 << 22

#: Most runs of one style in a block. Reason: a run takes 100 bytes of memory once it is read, and 3 of a block.
MAX_BLOCK_RUNS: Final = 1 << 16

#: Deflate effort. Unit: zlib's, 1 to 9. Reason: history is written once and mostly never read.
_LEVEL: Final = 6

#: Largest number that is a byte of its own as a varint. Source: RFC 9000 section 16.
MAX_SHORT: Final = 63

#: Flags.
_DEFLATED: Final = 1
_PLAIN: Final = 2

_WRAPPED: Final = 1

#: What stands behind a plain line that ends, and behind one that goes on in the next: no text has them. Source: ASCII,
#: line feed and vertical tabulation.
_ENDS: Final = "\n"
_GOES_ON: Final = "\v"

#: Most code points of a line: a cluster of 32 in each cell. Source: `rmosh.screen.limits.MAX_SENT_CLUSTER`.
MAX_LINE_LENGTH: Final = 32 * MAX_COLUMNS


def encode_lines(lines: Sequence[ScrolledLine]) -> bytes:
    """Return a block of at most MAX_BLOCK_LINES lines as bytes, not deflated.

    Raises:
        UsageError: there are more.
        TooLarge: they are larger than a block may be; `rmosh.history.blocks` makes several of them.
    """
    if len(lines) > MAX_BLOCK_LINES:
        raise UsageError(f"a block has at most {MAX_BLOCK_LINES} lines, not {len(lines)}")
    if all(map(_is_plain, lines)):
        return encode_plain([line.text_with_tabs + (_GOES_ON if line.wrapped else _ENDS) for line in lines])
    writer = BlockWriter()
    for line in lines:
        writer.line(line)
    return writer.finish()


def _is_plain(line: ScrolledLine) -> bool:
    if len(line.runs) != 1:
        return not line.runs
    style = line.runs[0][1]
    return style is DEFAULT_STYLE or style == DEFAULT_STYLE


def encode_plain(ended: Sequence[str]) -> bytes:
    """Return a block of plain lines, each with the character behind it that says whether it goes on in the next.

    Blanks at the end of one that does not mean nothing.

    Raises:
        TooLarge: they are larger than a block may be.
    """
    content = bytearray((_PLAIN,))
    append_varint(content, len(ended))
    text = "".join(ended)
    content += text.encode("ascii") if text.isascii() else b"".join(map(_encoded_line, ended))
    if len(content) > MAX_BLOCK or max(map(len, ended), default=0) > MAX_LINE_LENGTH + len(_ENDS):
        raise TooLarge(f"a block of {len(content)} bytes of plain text is above the bounds, or one of its lines is")
    return bytes(content)


def _encoded_line(ended: str) -> bytes:
    return encoded_text(ended[:-1], with_tabs=True) + ended[-1].encode()


def ended(text: str, *, wrapped: bool = False) -> str:
    """Return a plain line's text with what `encode_plain` wants behind it."""
    return text + (_GOES_ON if wrapped else _ENDS)


#: What is sent of a packed style.
_SENT: Final = ~(INDEXED_BIT | PROTECTED)


class BlockWriter:
    """Writes a block of styled lines.

    Attributes:
        count: lines so far.
        numbers: of the runs' styles, as they are sent, the default one being 0.
        texts: of all runs.
        shape: for each line twice the number of its runs, and 1 if it is wrapped; then each run's style and length.
    """

    def __init__(self) -> None:
        self.count = 0
        self.numbers: dict[PackedStyle, int] = {0: 0}
        self.texts: list[str] = []
        self.shape: list[int] = []

    def number(self, style: PackedStyle) -> int:
        """Return a style's number, a new one if it was not met before; not every peer reads `Attribute.INDEXED`."""
        return self.numbers.setdefault(style & _SENT, len(self.numbers))

    def line(self, line: ScrolledLine) -> None:
        """Add a line.

        Raises:
            TooLarge: it is longer than a line may be.
        """
        self.count += 1
        self.shape.append(len(line.runs) << 1 | line.wrapped)
        length = 0
        for text, style in line.runs:
            self.texts.append(text)
            self.shape += (self.number(pack_style(style)), len(text))
            length += len(text)
        if length > MAX_LINE_LENGTH:
            raise TooLarge(f"a line of {length} code points is longer than {MAX_LINE_LENGTH}")

    def finish(self) -> bytes:
        """Return the block.

        Raises:
            TooLarge: it is larger than a block may be.
        """
        runs = (len(self.shape) - self.count) // 2
        _, *styles = self.numbers
        if len(styles) > MAX_STYLES or runs > MAX_BLOCK_RUNS:
            raise TooLarge(f"a block of {runs} runs in {len(styles)} styles is above the bounds")
        content = bytearray(b"\0")
        append_varint(content, self.count)
        append_styles(content, styles, limit=MAX_BLOCK)
        append_text(content, "".join(self.texts), with_tabs=True)
        if max(self.shape, default=0) <= MAX_SHORT:
            content += bytes(self.shape)
        else:
            append_varints(content, self.shape)
        if len(content) > MAX_BLOCK:
            raise TooLarge(f"a block of {len(content)} bytes is above the bounds")
        return bytes(content)


def pack(block: bytes) -> bytes:
    """Return a block deflated, if that makes it smaller."""
    if block[0] & _DEFLATED:
        return block
    content = deflated(block[1:])
    return bytes((block[0] | _DEFLATED,)) + content if len(content) < len(block) - 1 else block


def deflated(content: bytes) -> bytes:
    """Return bytes deflated as a block's content is."""
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


def decode_lines(untrusted: bytes) -> list[ScrolledLine]:
    """Read a block.

    Raises:
        Malformed: it does not follow the format, or is above a bound.
    """
    reader = Reader(untrusted)
    flags = reader.varint(limit=_DEFLATED | _PLAIN)
    if flags & _DEFLATED:
        reader = Reader(inflated(reader.rest(), limit=MAX_BLOCK))
    count = reader.varint(limit=MAX_BLOCK_LINES)
    return _read_plain(reader, count) if flags & _PLAIN else _read_styled(reader, count)


def _read_plain(reader: Reader, count: int) -> list[ScrolledLine]:
    *paragraphs, unended = [paragraph.split(_GOES_ON.encode()) for paragraph in reader.rest().split(_ENDS.encode())]
    lines: list[ScrolledLine] = []
    for *wrapped, last in paragraphs:
        lines += [plain_line(checked_text(text, with_tabs=True), wrapped=True) for text in wrapped]
        lines.append(plain_line(checked_text(last, with_tabs=True)))
    lines += [plain_line(checked_text(text, with_tabs=True), wrapped=True) for text in unended[:-1]]
    if unended[-1]:
        raise Malformed("the last plain line has no end")
    if len(lines) != count:
        raise Malformed(f"{count} plain lines were due, {len(lines)} came")
    for line in lines:
        _check_length(len(line.text))
    return lines


def _read_styled(reader: Reader, count: int) -> list[ScrolledLine]:
    styles = [unpack(style) for style in read_styles(reader)]
    text = read_text(reader, limit=MAX_BLOCK, with_tabs=True)
    lines = []
    position = 0
    runs = MAX_BLOCK_RUNS
    for _ in range(count):
        line, position = _read_line(reader, styles, text, position, limit=runs)
        runs -= len(line.runs)
        lines.append(line)
    reader.end()
    if position != len(text):
        raise Malformed(f"the lines have {position} code points, their text has {len(text)}")
    return lines


def _read_line(
    reader: Reader, styles: Sequence[Style], text: str, position: int, *, limit: int
) -> tuple[ScrolledLine, int]:
    head = reader.varint(limit=limit << 1 | _WRAPPED)
    runs: list[tuple[str, Style]] = []
    start = position
    for _ in range(head >> 1):
        style = styles[reader.varint(limit=len(styles) - 1)]
        length = reader.varint(limit=MAX_LINE_LENGTH)
        if length == 0 or position + length > len(text):
            raise Malformed(f"a run of {length} code points at {position} of {len(text)}")
        if runs and runs[-1][1] is style:
            runs[-1] = runs[-1][0] + text[position : position + length], style
        else:
            runs.append((text[position : position + length], style))
        position += length
    _check_length(position - start)
    return ScrolledLine(tuple(runs), bool(head & _WRAPPED)), position


def _check_length(length: int) -> None:
    if length > MAX_LINE_LENGTH:
        raise Malformed(f"a line has {length} code points, {MAX_LINE_LENGTH} at most")
