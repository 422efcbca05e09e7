"""The screen frames that a client keeps because the server may start a diff from them, and what they cost it.

Frames share the rows that did not change, and mostly the cells: a few kilobytes each. A server that wants to can make
every cell of every frame a new object, from messages of some kilobytes; so their memory is reckoned, and bounded.
"""

from typing import Final

from rmosh.channels.screen.policy import MAX_RECEIVED_FRAMES
from rmosh.terminal.cells import Frame, Row, blank_frame

#: Most memory of all kept frames, in bytes; of the newest and the one it starts from whatever they take, each at most
#: 56 MB. Reason: a full redraw of 160x48 cells takes 0.1 to 0.4 MB, so that this is far above what an honest server's
#: frames in flight take; twice the largest frame.
MAX_KEPT_BYTES: Final = 96 << 20

#: What a cell takes in its row, and what one that is shared with no other takes beside it, in bytes: the object, and
#: the text of a character above U+00FF. Source: sys.getsizeof and the collector's header, 64 bits.
_PLACE: Final = 8
_CELL: Final = 130

#: What a colour that a program set takes: a pair and two numbers, in bytes. Source: the same.
_COLOUR: Final = 130

#: What a tab takes: a place and a number, in bytes. Source: the same.
_TAB: Final = 36


class _Kept:
    """A frame and what it takes beyond the frame that it was made from, in bytes; at most, or reckoned exactly."""

    __slots__ = ("besides", "bytes", "frame", "is_exact", "rows")

    def __init__(self, frame: Frame, base: Frame) -> None:
        shared = set(map(id, base.rows))
        self.frame = frame
        self.rows: tuple[Row, ...] = tuple([row for row in frame.rows if id(row) not in shared])
        self.besides = _bytes_of_strings(frame, base) + _TAB * sum([len(row.tabs) for row in self.rows])
        self.bytes = self.besides + (_PLACE + _CELL) * sum([len(row.cells) for row in self.rows])
        self.is_exact = False

    def reckon(self) -> None:
        """Count every cell object once."""
        cells = {id(cell) for row in {id(row): row for row in self.rows}.values() for cell in row.cells}
        places = sum([len(row.cells) for row in self.rows])
        self.bytes = self.besides + _PLACE * places + _CELL * len(cells)
        self.is_exact = True


def _bytes_of_strings(frame: Frame, base: Frame) -> int:
    """Return what the clipboard and all texts besides the cells take, those of the base left out."""
    size = 0
    if frame.clipboard is not base.clipboard:
        size += len(frame.clipboard.content)
    texts = [frame.title, frame.icon_name, frame.working_directory]
    shared = [base.title, base.icon_name, base.working_directory]
    if frame.colours is not base.colours:
        size += _COLOUR * len(frame.colours)
    if frame.notification is not base.notification:
        texts += (frame.notification.title, frame.notification.body)
    return size + 4 * sum([len(text) for text in texts if not any(text is other for other in shared)])


class KeptFrames:
    """Frames by number, the oldest given up first.

    Attributes:
        newest: the number of the newest.
    """

    def __init__(self) -> None:
        blank = blank_frame(rows=1, columns=1)
        self._kept: dict[int, _Kept] = {0: _Kept(blank, blank)}
        self._bytes = 0
        self.newest = 0

    def get(self, number: int) -> Frame | None:
        """Return the frame of a number, if it is kept still."""
        kept = self._kept.get(number)
        return None if kept is None else kept.frame

    @property
    def frame(self) -> Frame:
        """The newest frame."""
        return self._kept[self.newest].frame

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, number: int, frame: Frame, *, base: int) -> None:
        """Keep a newer frame, made from the one numbered `base`; none before that is started from any more."""
        kept = _Kept(frame, self._kept[base].frame)
        self._kept[number] = kept
        self.newest = number
        self._bytes += kept.bytes
        for older in [other for other in self._kept if other < base]:
            self._forget(older)
        if self._bytes > MAX_KEPT_BYTES:
            self._reckon()
        spare = [other for other in self._kept if other not in (base, number)]
        while spare and (self._bytes > MAX_KEPT_BYTES or len(self._kept) > MAX_RECEIVED_FRAMES):
            self._forget(spare.pop(0))

    def _forget(self, number: int) -> None:
        self._bytes -= self._kept.pop(number).bytes

    def _reckon(self) -> None:
        for kept in self._kept.values():
            if not kept.is_exact:
                self._bytes -= kept.bytes
                kept.reckon()
                self._bytes += kept.bytes
