"""History as the client has it: what came so far, what the server keeps, and what is asked of it."""

from collections.abc import Callable, Sequence

from rmosh.channels.history.frames import HISTORY_WANT, History, HistoryCleared, HistoryKept, HistoryShown, HistoryWant
from rmosh.channels.history.policy import NEWEST_FIRST
from rmosh.errors import Malformed
from rmosh.history.archive import Archive
from rmosh.history.cleared_lines import ClearedLines
from rmosh.history.line_codec import decode_lines
from rmosh.history.recent_rows import RecentRows
from rmosh.lazy_dataclass import replace
from rmosh.rangeset import RangeSet
from rmosh.terminal.cells import Frame, Row
from rmosh.terminal.clears import Clear, Cleared
from rmosh.terminal.scrolled import scrolled_row
from rmosh.transport.newest import NewestSender

#: Most lines and bytes that a client keeps. Reason: all that a generously set server keeps; what is read offline.
MAX_LINES = 1_000_000
MAX_BYTES = 64 * 1024 * 1024

#: Most lines that are put together from several datagrams at once; pieces of more are refused, and come again later.
#: Reason: bounds memory to 4 MB.
MAX_LONG_LINES = 64

#: Most gaps between lines that are measured one by one. Reason: bounds what a server can make us do.
_MOST_GAPS = 100

#: Bytes of lines that wait to be packed, from which on each block that comes packs one. Reason: 0.2 to 2 ms of work,
#: which most backfills end without.
_UNPACKED = 1 << 22


class _LongLine:
    """One line whose block takes several datagrams."""

    def __init__(self, length: int) -> None:
        self._block = bytearray(length)
        self._arrived = RangeSet()

    def add(self, frame: History) -> bytes | None:
        """Take a piece; return the block once it is whole."""
        if frame.length != len(self._block):
            raise Malformed(f"line {frame.start} is {frame.length} bytes long, and was {len(self._block)}")
        self._block[frame.offset : frame.offset + len(frame.data)] = frame.data
        self._arrived.add(frame.offset, frame.offset + len(frame.data))
        whole = self._arrived.newest_first() == ((0, len(self._block)),)
        return bytes(self._block) if whole else None


class HistoryReceiver:
    """Takes what comes, in any order.

    Attributes:
        archive: the lines that are here.
        recent: the rows that some of the newest were on the screen.
        cleared: which of them were cleared instead of scrolled off.
        kept: what the server said it has; None before it did.
        want: tells the server what is wanted; a traffic class.
    """

    def __init__(self, frame_shown: Callable[[int], Frame | None], *, depth: int) -> None:
        """Begin.

        Args:
            frame_shown: the screen frame of a number, if it is here still.
            depth: how many of the lines that scrolled off before are wanted.
        """
        self._frame_shown = frame_shown
        self._long_lines: dict[int, _LongLine] = {}
        self._depth = depth
        self._serial = 0
        self._fetching = (0, 0)
        self.archive = Archive(max_lines=MAX_LINES, max_bytes=MAX_BYTES)
        self.recent = RecentRows()
        self.cleared = ClearedLines()
        self.kept: HistoryKept | None = None
        self.want = NewestSender(HISTORY_WANT)
        self.fetch(0, 0)

    def start_over(self, *, deep: bool) -> None:
        """Go on after a fault.

        Args:
            deep: without the lines that are here; those before the newest do not come any more.
        """
        self._long_lines.clear()
        self.recent.forget()
        if deep:
            self.archive.start_over(self.archive.end)
            if self.kept is not None:
                self.kept = replace(self.kept, following=max(self.kept.following, self.archive.end))

    def fetch(self, start: int, stop: int) -> None:
        """Ask for the lines between two numbers, instead of those asked for before."""
        if self._serial and (start, stop) == self._fetching:
            return
        self._fetching = start, stop
        self._serial += 1
        self.want.tell(HistoryWant(self._serial, self._depth, start, stop - start))

    def fetch_newest(self, end: int) -> None:
        """Ask for the newest lines before a number ahead of the others, if more are missing than those."""
        if not self.is_complete(end - 2 * NEWEST_FIRST):
            self.fetch(end - NEWEST_FIRST, end)

    def is_complete(self, end: int) -> bool:
        """Tell whether all lines before a number that come by themselves are here."""
        return end <= 0 or (self.kept is not None and self.archive.missing(self.kept.following, end) is None)

    def missing(self, end: int) -> int:
        """Return how many lines before a number come by themselves and are not here; at most, where many gaps are."""
        if self.kept is None:
            return end
        count, start = 0, self.kept.following
        for _ in range(_MOST_GAPS):
            gap = self.archive.missing(start, end)
            if gap is None:
                return count
            first, start = gap
            count += start - first
        return count + end - start

    # --- what the server says --------------------------------------------------------------------------------

    def check(self, frame: HistoryShown) -> None:
        """Refuse lines of a screen that is not here; the server will send them another way.

        Raises:
            Malformed: the frame is long gone, or never had such lines.
        """
        self._rows_shown(frame)

    def shown(self, frame: HistoryShown) -> None:
        """Take lines that the screen showed.

        Raises:
            Malformed: as `check` does.
        """
        rows = self._rows_shown(frame)
        self.recent.add([(frame.start + place, row) for place, row in enumerate(rows)])
        self.archive.insert(frame.start, [scrolled_row(row) for row in rows])

    def _rows_shown(self, frame: HistoryShown) -> Sequence[Row]:
        shown = self._frame_shown(frame.frame)
        if shown is None:
            raise Malformed(f"lines as frame {frame.frame} shows them, which is long gone")
        first = frame.start - shown.history
        if not 0 <= first <= first + frame.count <= len(shown.rows):
            raise Malformed(f"lines in rows {first} to {first + frame.count} of {len(shown.rows)}")
        return shown.rows[first : first + frame.count]

    def receive(self, frame: History) -> None:
        """Take a block of lines, or a piece of one.

        Raises:
            Malformed: it does not follow the format.
        """
        block: bytes | None = frame.data
        if frame.length > len(frame.data):
            block = self._add_piece(frame)
        if block is None:
            return
        lines = decode_lines(block)
        if len(lines) != frame.count:
            raise Malformed(f"{frame.count} lines were announced, {len(lines)} came")
        self.archive.insert(frame.start, lines)
        if self.archive.unpacked > _UNPACKED:
            self.archive.pack_some()

    def _add_piece(self, frame: History) -> bytes | None:
        long_line = self._long_lines.get(frame.start)
        if long_line is None:
            if len(self._long_lines) >= MAX_LONG_LINES:
                raise Malformed(f"pieces of {len(self._long_lines)} other lines wait for the rest of them already")
            long_line = self._long_lines[frame.start] = _LongLine(frame.length)
        try:
            block = long_line.add(frame)
        except Malformed:
            del self._long_lines[frame.start]
            raise
        if block is not None:
            del self._long_lines[frame.start]
        return block

    def take_cleared(self, frame: HistoryCleared) -> None:
        """Take which lines were cleared; they come behind this in the same datagram."""
        self.cleared.add(Cleared(frame.start, frame.count, Clear(frame.how)))

    def take_kept(self, kept: HistoryKept) -> None:
        """Take what the server has; an older word changes nothing."""
        before = self.kept or kept
        self.kept = HistoryKept(
            oldest=max(before.oldest, kept.oldest),
            began=before.began,
            following=max(before.following, kept.following),
            erased=max(before.erased, kept.erased),
        )
        if self.kept.erased > self.archive.oldest:
            self.archive.forget_below(self.kept.erased)
        for number in [number for number in self._long_lines if number < self.kept.oldest]:
            del self._long_lines[number]
