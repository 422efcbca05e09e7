"""Blocks within the bounds, whatever scrolled off: too many lines make several, and one line goes plainer.

Pictures made of cells have a style a cell, and a program may print links as long as it likes: both are more than a
block may hold, and no reason to stop a session.
"""

from collections.abc import Iterator, Sequence

from rmosh.history.entry_codec import encode_entries
from rmosh.history.line_codec import MAX_BLOCK, MAX_LINE_LENGTH, encode_lines, pack
from rmosh.lazy_dataclass import replace
from rmosh.screen.limits import TooLarge
from rmosh.terminal.history import Entry, lines_of
from rmosh.terminal.scrolled import ScrolledLine, plain_line


def blocks_of(entries: Sequence[Entry]) -> Iterator[tuple[int, bytes]]:
    """Yield at most MAX_BLOCK_LINES entries that are one line each as blocks, each behind its number of lines."""
    try:
        block = encode_entries(entries)
    except TooLarge:
        if len(entries) > 1:
            middle = len(entries) // 2
            yield from blocks_of(entries[:middle])
            yield from blocks_of(entries[middle:])
            return
        (line,) = lines_of(entries)
        block = packed_line(line)
    yield len(entries), block


def packed_lines(lines: Sequence[ScrolledLine], *, deflate: bool = True) -> bytes | None:
    """Return several lines as one block, packed if it may be deflated; None where no block may hold them."""
    try:
        block = encode_lines(lines)
    except TooLarge:
        return None
    return pack(block) if deflate else block


def packed_line(line: ScrolledLine, *, limit: int = MAX_BLOCK, deflate: bool = True) -> bytes:
    """Return one line as a block of at most `limit` bytes: without links if it must, without styles, cut."""
    for version in (line, _without_links(line)):
        block = packed_lines([version], deflate=deflate)
        if block is not None and len(block) <= limit:
            return block
    longest = min(MAX_LINE_LENGTH, limit // 4 - 16)  # four bytes are the longest UTF-8 of a character
    block = encode_lines([plain_line(line.text[:longest], wrapped=line.wrapped)])
    return pack(block) if deflate else block


def _without_links(line: ScrolledLine) -> ScrolledLine:
    return ScrolledLine(tuple([(text, replace(style, link="")) for text, style in line.runs]), line.wrapped)
