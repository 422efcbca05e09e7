"""Which frame brings some lines of history to a client in the fewest bytes.

Lines that the client's screen shows are told by their place there, a few bytes for many; others are sent as packed
blocks of what fits a datagram, each readable by itself. A line too long for one goes in pieces of its block.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from rmosh.channels.history.frames import (
    HISTORY,
    HISTORY_CLEARED,
    HISTORY_SHOWN,
    MAX_HISTORY_BLOCK,
    History,
    HistoryCleared,
    HistoryShown,
)
from rmosh.history.archive import Archive
from rmosh.history.blocks import packed_line, packed_lines
from rmosh.history.cleared_lines import ClearedLines
from rmosh.history.recent_rows import RecentRows
from rmosh.terminal.cells import Frame
from rmosh.terminal.scrolled import EMPTY_LINE, ScrolledLine, without_tabs

#: Most bytes that a HISTORY frame spends before its data: type, its own length, start, count, block length, offset.
HISTORY_OVERHEAD: Final = 1 + 4 + 8 + 2 + 4 + 4

#: Most bytes of a HISTORY_CLEARED frame, which goes ahead of its lines: type, its own length, start, count, how.
_CLEARED_SIZE: Final = 1 + 1 + 8 + 2 + 1

#: Most bytes of a HISTORY_SHOWN frame, after which another may follow in the datagram: type, start, count, frame.
_SHOWN_SIZE: Final = _CLEARED_SIZE + 1 + 8 + 2 + 8

#: Fewest bytes in which some of a line fits.
LEAST_ROOM: Final = _CLEARED_SIZE + HISTORY_OVERHEAD + 1

#: Bytes of a line taken for usual before any was sent.
_USUAL_LINE: Final = 30


class FramedLines(NamedTuple):
    """A frame, and what of the history it holds.

    Attributes:
        piece: which bytes of the line's block, where it does not hold all of them.
        rest: those after them, for another frame.
    """

    encoded: bytes
    lines: range
    piece: range | None = None
    rest: range = range(0)

    @property
    def leaves_room(self) -> bool:
        """Whether the frame is so small that another may follow in its datagram."""
        return len(self.encoded) <= _SHOWN_SIZE


class HistoryFraming:
    """Makes frames for one client, which may have some of the lines on its screen.

    Attributes:
        with_tabs: the client knows tabs in lines.
        bytes_a_line: how many a line took lately.
    """

    def __init__(
        self,
        archive: Archive,
        recent: RecentRows,
        cleared: ClearedLines,
        shown: Callable[[], tuple[int, Frame]],
        *,
        deflate: bool,
    ) -> None:
        """Begin.

        Args:
            shown: the frame that the client shows, and its number.
            deflate: blocks may be deflated, although they are nearly all text.
        """
        self._archive = archive
        self._recent = recent
        self._cleared = cleared
        self._shown = shown
        self._deflate = deflate
        self.with_tabs = False
        self.bytes_a_line = float(_USUAL_LINE)

    def first(self, wanted: range, limit: int, *, cuts: bool) -> FramedLines | None:
        """Return a frame of at most `limit` bytes with the first of some lines; None if not even one fits.

        Args:
            cuts: a line too long for it may be cut.
        """
        mark = self._mark(wanted.start)
        wanted = self._cleared.alike(wanted)
        framed = self._told_as_shown(wanted) or self._block(wanted, limit - len(mark), cuts=cuts)
        return framed and _behind(mark, framed)

    def piece(self, number: int, piece: range, limit: int) -> FramedLines:
        """Return a frame of at most `limit` bytes with the first bytes of a piece of one line's block."""
        mark = self._mark(number)
        return _behind(mark, self._first_piece(number, piece, limit - len(mark)))

    def _mark(self, number: int) -> bytes:
        """Return what tells that a line was cleared; b"" where it scrolled off."""
        cleared = self._cleared.clear_of(number)
        return (
            b""
            if cleared is None
            else HISTORY_CLEARED.encode(HistoryCleared(cleared.start, cleared.count, cleared.how))
        )

    def _told_as_shown(self, wanted: range) -> FramedLines | None:
        """Return the first lines as places on the client's screen; None where the first is not there."""
        number, frame = self._shown()
        shown = 0
        while number and shown < len(wanted) and self._recent.shown_by(frame, wanted[shown]):
            shown += 1
        if not shown:
            return None
        return FramedLines(HISTORY_SHOWN.encode(HistoryShown(wanted.start, shown, number)), wanted[:shown])

    def _block(self, wanted: range, limit: int, *, cuts: bool) -> FramedLines | None:
        """Return the first lines packed, up to one that the client's screen shows."""
        count = max(1, min(len(wanted), int(1.2 * limit / self.bytes_a_line)))
        _, frame = self._shown()
        lines = self._lines(wanted.start, wanted.start + count)
        for place in range(1, count):
            if self._recent.shown_by(frame, wanted[place]):
                count = place
                break
        room = limit - HISTORY_OVERHEAD
        count, block = _largest_block(lines[:count], room, deflate=self._deflate)
        self.bytes_a_line = len(block) / count
        if len(block) > room:
            return self._first_piece(wanted.start, range(len(block)), limit) if cuts else None
        return FramedLines(HISTORY.encode(History(wanted.start, count, len(block), 0, block)), wanted[:count])

    def _lines(self, start: int, stop: int) -> list[ScrolledLine]:
        """Return lines as the client can read them, empty ones for those that are gone."""
        lines = [line or EMPTY_LINE for line in self._archive.lines(start, stop)]
        return lines if self.with_tabs else list(map(without_tabs, lines))

    def _first_piece(self, number: int, piece: range, limit: int) -> FramedLines:
        (line,) = self._lines(number, number + 1)
        block = packed_line(line, limit=MAX_HISTORY_BLOCK, deflate=self._deflate)
        sent, rest = piece[: limit - HISTORY_OVERHEAD], piece[limit - HISTORY_OVERHEAD :]
        frame = History(number, 1, len(block), sent.start, block[sent.start : sent.stop])
        return FramedLines(HISTORY.encode(frame), range(number, number + 1), sent, rest)


def _behind(mark: bytes, framed: FramedLines) -> FramedLines:
    return framed._replace(encoded=mark + framed.encoded) if mark else framed


def _largest_block(lines: Sequence[ScrolledLine], room: int, *, deflate: bool) -> tuple[int, bytes]:
    """Return a block of the first lines, as many as fit in `room` bytes, or of the first alone; and how many."""
    count = len(lines)
    while count > 1:
        block = packed_lines(lines[:count], deflate=deflate)
        if block is not None and len(block) <= room:
            return count, block
        share = 0.5 if block is None else 0.95 * room / len(block)
        count = max(1, min(count - 1, int(count * share)))
    return 1, packed_line(lines[0], limit=MAX_HISTORY_BLOCK, deflate=deflate)
