"""The lines of a session that scrolled off, by number: as many as the bounds allow, most of them as packed blocks.

Both ends have one. Lines are numbered from 0 since the session began; ranges are half open. A server's has no holes;
a client's has what arrived so far. Encoding is put off, and deflating more so: a flood drops most lines unseen.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice
from typing import Final

from rmosh.history import DEFAULT_MAX_BYTES, DEFAULT_MAX_LINES
from rmosh.history.blocks import blocks_of
from rmosh.history.line_codec import MAX_BLOCK, MAX_BLOCK_LINES, MAX_BLOCK_RUNS, decode_lines, deflated, pack
from rmosh.lazy_dataclass import dataclass
from rmosh.rangeset import RangeSet
from rmosh.screen.compression import inflated
from rmosh.terminal.history import Entry, Unfinished, UnseenLines, height_of, lines_of
from rmosh.terminal.lines import Line
from rmosh.terminal.scrolled import ScrolledLine

#: Newest lines that are not made blocks yet. Reason: they are the ones that are read at once.
_TAIL: Final = MAX_BLOCK_LINES

#: What a block costs beside its content, in bytes: some objects and places in lists. Source:
#: tests/benchmarks/chosen_numbers.py, block-overhead, rounded up.
_BLOCK_OVERHEAD: Final = 200

#: Blocks whose lines are kept after they were read. Reason: whoever follows, and whoever pages, reads on nearby.
_READ_KEPT: Final = 3


@dataclass(slots=True)
class _Block:
    """`count` lines from number `start` on.

    Attributes:
        content: as `rmosh.history.line_codec` writes it, or that of unseen lines, deflated once it is packed.
        unseen: what else there is of these; None for lines that are written as blocks are.
    """

    start: int
    count: int
    content: bytes
    packed: bool = False
    unseen: UnseenLines | None = None

    @property
    def stop(self) -> int:
        return self.start + self.count

    def pack(self) -> None:
        """Deflate its content."""
        self.content = pack(self.content) if self.unseen is None else deflated(self.content)
        self.packed = True

    def lines(self) -> list[ScrolledLine]:
        """Return its lines."""
        if self.unseen is None:
            return decode_lines(self.content)
        content = inflated(self.content, limit=MAX_BLOCK) if self.packed else self.content
        return lines_of([self.unseen._replace(content=content)])


class Archive:
    """Keeps lines; the oldest are dropped first.

    Attributes:
        oldest: number of the first line that is not given up.
        end: number after the newest line.
        unpacked: bytes of blocks that `pack_some` would make smaller.
    """

    def __init__(self, *, max_lines: int = DEFAULT_MAX_LINES, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._max_lines = max_lines
        self._max_bytes = max_bytes
        self.start_over(0)

    def start_over(self, number: int) -> None:
        """Give up all lines, whatever state they are in; the next one to come has this number."""
        self._blocks: list[_Block] = []
        self._starts: list[int] = []
        self._tail: list[Entry] = []
        self._tail_runs = 0
        self._here = RangeSet(self._max_lines)
        self._bytes = 0
        self.unpacked = 0
        self._first_unpacked = 0
        self._read: dict[int, list[ScrolledLine]] = {}
        self.oldest = self.end = number

    # --- taking lines ----------------------------------------------------------------------------------------

    def append(self, entries: Sequence[Entry], *, end: int) -> None:
        """Take what scrolled off since the last time, the newest line being number `end` - 1."""
        count = sum(map(height_of, entries))
        if end - count > self.end:
            self.forget_below(end - count)
        first = 0
        for place, entry in enumerate(entries):
            if isinstance(entry, UnseenLines):
                self._extend(_flat(entries[first:place]))
                self._take_unseen(entry)
                first = place + 1
        self._extend(_flat(entries[first:]))
        self._keep_bounds()

    def insert(self, start: int, lines: Sequence[ScrolledLine]) -> None:
        """Take lines that arrived, wherever they belong; those that are here already are left alone."""
        if start < self.oldest:
            lines = lines[self.oldest - start :]
            start = self.oldest
        older = max(0, min(len(lines), self.end - start))
        position = start
        while (gap := self.missing(position, start + older)) is not None:
            first, position = gap
            for begin in range(first, position, MAX_BLOCK_LINES):
                block = lines[begin - start : min(position, begin + MAX_BLOCK_LINES) - start]
                self._insert_blocks(begin, block, packs=True)
            self._here.add(first, position)
        if older < len(lines):
            if start > self.end:
                self._make_blocks(len(self._tail))
                self.end = start
            self._extend(lines[older:])
            self._tail_runs += sum(len(line.runs) for line in lines[older:])
            if self._tail_runs > MAX_BLOCK_RUNS:  # a server may send lines that take far more memory than their bytes
                self._make_blocks(len(self._tail))
        self._keep_bounds()

    def _extend(self, entries: Sequence[Entry]) -> None:
        """Take the lines that follow the newest one."""
        self._tail += entries
        self._here.add(self.end, self.end + len(entries))
        self.end += len(entries)
        if len(self._tail) >= 2 * _TAIL:
            stop = len(self._tail) - _TAIL
            self._make_blocks(stop - stop % MAX_BLOCK_LINES)

    def _take_unseen(self, lines: UnseenLines) -> None:
        """Take lines that follow the newest one, nothing being made of them."""
        self._make_blocks(len(self._tail))
        self._insert_block(_Block(self.end, lines.height, lines.content, unseen=lines._replace(content=b"")))
        self._here.add(self.end, self.end + lines.height)
        self.end += lines.height

    def _make_blocks(self, stop: int) -> None:
        """Make blocks of so many of the tail's lines, but for those that would be dropped at once."""
        start = self.end - len(self._tail)
        first = max(0, stop - self._max_lines)
        for begin in range(first - first % MAX_BLOCK_LINES, stop, MAX_BLOCK_LINES):
            self._insert_blocks(start + begin, self._tail[begin : min(stop, begin + MAX_BLOCK_LINES)])
        del self._tail[:stop]
        self._tail_runs = 0

    def _insert_blocks(self, start: int, entries: Sequence[Entry], *, packs: bool = False) -> None:
        for count, content in blocks_of(entries):
            self._insert_block(_Block(start, count, pack(content) if packs else content, packs))
            start += count

    def _insert_block(self, block: _Block) -> None:
        place = bisect_right(self._starts, block.start)
        self._blocks.insert(place, block)
        self._starts.insert(place, block.start)
        self._bytes += len(block.content) + _BLOCK_OVERHEAD
        if not block.packed:
            self.unpacked += len(block.content)
            self._first_unpacked = min(self._first_unpacked, place)

    # --- giving them up --------------------------------------------------------------------------------------

    def forget_below(self, number: int) -> None:
        """Give up all lines before a number."""
        self.oldest = max(self.oldest, number)
        self.end = max(self.end, number)
        self._here.forget_below(number)
        dropped = 0
        while dropped < len(self._blocks) and self._blocks[dropped].stop <= number:
            self._forget(self._blocks[dropped])
            dropped += 1
        del self._blocks[:dropped], self._starts[:dropped]
        self._first_unpacked = max(0, self._first_unpacked - dropped)
        tail_start = self.end - len(self._tail)
        if tail_start < number:
            del self._tail[: number - tail_start]

    def _forget(self, block: _Block) -> None:
        self._bytes -= len(block.content) + _BLOCK_OVERHEAD
        self.unpacked -= 0 if block.packed else len(block.content)
        self._read.pop(block.start, None)

    def _keep_bounds(self) -> None:
        if self.end - self._max_lines > self.oldest:
            self.forget_below(self.end - self._max_lines)
        while self._bytes > self._max_bytes and self._blocks:
            self.forget_below(self._blocks[0].stop)

    def pack_some(self) -> bool:
        """Deflate one block, some milliseconds of work; False if there was none left."""
        for place, block in enumerate(islice(self._blocks, self._first_unpacked, None), self._first_unpacked):
            if not block.packed:
                before = len(block.content)
                block.pack()
                self.unpacked -= before
                self._bytes += len(block.content) - before
                self._first_unpacked = place + 1
                return True
        self._first_unpacked = len(self._blocks)
        return False

    # --- reading ---------------------------------------------------------------------------------------------

    def missing(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the first range between two numbers that is not here; None if all is."""
        return self._here.missing(start, stop)

    def missing_within(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the smallest range that holds all between two numbers that is not here; None if all is."""
        return self._here.missing_within(start, stop)

    def lines(self, start: int, stop: int) -> list[ScrolledLine | None]:
        """Return the lines between two numbers; None for each that is not here."""
        found: list[ScrolledLine | None] = [None] * max(0, stop - start)
        begin, start = start, max(start, self.oldest)
        for block in islice(self._blocks, max(0, bisect_right(self._starts, start) - 1), None):
            if block.start >= stop:
                break
            first, last = max(start, block.start), min(stop, block.stop)
            if first < last:
                found[first - begin : last - begin] = self._lines_of(block)[first - block.start : last - block.start]
        tail_start = self.end - len(self._tail)
        first, last = max(start, tail_start), min(stop, self.end)
        if first < last:
            found[first - begin : last - begin] = lines_of(self._tail[first - tail_start : last - tail_start])
        return found

    def _lines_of(self, block: _Block) -> list[ScrolledLine]:
        lines = self._read.pop(block.start, None)
        if lines is None:
            lines = block.lines()
            while self._read and (len(self._read) >= _READ_KEPT or self._runs_read() > MAX_BLOCK_RUNS):
                del self._read[next(iter(self._read))]
        self._read[block.start] = lines
        return lines

    def _runs_read(self) -> int:
        return sum([len(line.runs) for lines in self._read.values() for line in lines])

    @property
    def first_here(self) -> int:
        """The first line that is here; `end` where none is."""
        first = self._blocks[0].start if self._blocks else self.end - len(self._tail)
        return max(first, self.oldest)

    @property
    def size(self) -> int:
        """Bytes that the blocks take."""
        return self._bytes


def _flat(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return entries of which each is one line, plain text where it is nothing else, and none keeps cells."""
    if set(map(type, entries)) <= {str}:
        return entries
    flat: list[Entry] = []
    for entry in entries:
        if type(entry) is str:
            flat.append(entry)
        elif type(entry) is Line and not entry.is_read:
            text = entry.plain_text
            flat.append(entry if text is None else Unfinished(text) if entry.wrapped else text)
        else:
            flat += lines_of([entry])
    return flat
