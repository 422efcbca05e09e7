"""The screen frames that a client keeps because the server may start a diff from them, and what they cost it.

Frames share the rows that did not change: a few kilobytes each. A server that wants to can make every row of every
frame a new one, and every column of another style, from messages of some kilobytes; so their memory is reckoned, and
bounded.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, compress
from operator import is_not
from typing import Final

from rmosh.channels.screen.policy import MAX_RECEIVED_FRAMES
from rmosh.terminal.cells import Frame, Row, blank_frame
from rmosh.terminal.differences import code_points
from rmosh.terminal.style_table import StyleTable

#: Most memory of all kept frames, in bytes; of the newest and the one it starts from whatever they take, each at most
#: 56 MB. Reason: a full redraw of 160x48 cells takes 0.1 to 0.4 MB, so that this is far above what an honest server's
#: frames in flight take; twice the largest frame.
MAX_KEPT_BYTES: Final = 96 << 20

#: What a row takes without its columns, a column of it in two strings at most, and a text of several characters in it,
#: in bytes: objects with their places. Source: sys.getsizeof and the collector's header, 64 bits.
_ROW: Final = 300
_COLUMN: Final = 8
_CLUSTER: Final = 300

#: What a style that no other frame has takes in its table, and the cell of a column in a row that has been asked for
#: its cells, in bytes. Source: the same.
_STYLE: Final = 300
_CELL: Final = 130

#: What a colour that a program set takes: a pair and two numbers, in bytes. Source: the same.
_COLOUR: Final = 130

#: What a tab takes: a place and a number, in bytes. Source: the same.
_TAB: Final = 36


class _Kept:
    """A frame and what it takes beyond the frame that it was made from, at most, in bytes; 0 until that is reckoned."""

    __slots__ = ("bytes", "frame")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.bytes = 0


def _bytes_of_frame(frame: Frame, base: Frame) -> int:
    rows = {id(row): row for row in _elsewhere(frame.rows, base.rows)}
    if rows:
        for shared in rows.keys() & set(map(id, base.rows)):
            del rows[shared]
    return _bytes_of_strings(frame, base) + sum(map(_bytes_of_row, rows.values())) + _bytes_of_styles(rows)


def _elsewhere(rows: Sequence[Row], base: Sequence[Row]) -> Iterator[Row]:
    """Return the rows that are not the same objects as those of the base in their places."""
    return chain(compress(rows, map(is_not, rows, base)), rows[len(base) :])


def _bytes_of_row(row: Row) -> int:
    size = _ROW + _TAB * len(row.tabs) + _COLUMN * row.columns
    return size + (_CELL * row.columns if row.has_cells else _CLUSTER * len(row.clusters))


def _bytes_of_styles(rows: Mapping[int, Row]) -> int:
    by_table: dict[StyleTable, list[str]] = {}
    for row in rows.values():
        if not row.has_cells:
            by_table.setdefault(row.table, []).append(row.styles)
    return _STYLE * sum([len(set(code_points("".join(styles)))) for styles in by_table.values()])


def _bytes_of_strings(frame: Frame, base: Frame) -> int:
    """Return what the clipboard and all texts besides the cells take, those of the base left out."""
    size = 0
    if frame.clipboard is not base.clipboard:
        size += len(frame.clipboard.content)
    pairs = (
        (frame.title, base.title),
        (frame.icon_name, base.icon_name),
        (frame.working_directory, base.working_directory),
    )
    texts = [text for text, shared in pairs if text is not shared]
    if frame.colours is not base.colours:
        size += _COLOUR * len(frame.colours)
    if frame.notification is not base.notification:
        texts += (frame.notification.title, frame.notification.body)
    return size + 4 * sum(map(len, texts))


class KeptFrames:
    """Frames by number, the oldest given up first.

    Attributes:
        newest: the number of the newest.
    """

    def __init__(self) -> None:
        blank = blank_frame(rows=1, columns=1)
        self._kept: dict[int, _Kept] = {0: _Kept(blank)}
        self._bytes = 0
        self._unreckoned: tuple[_Kept, Frame] | None = None
        self._base = 0
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
        self.reckon()
        kept = _Kept(frame)
        self._unreckoned = kept, self._kept[base].frame
        self._kept[number] = kept
        self.newest, self._base = number, base
        for older in [other for other in self._kept if other < base]:
            self._forget(older)
        self._give_up_spare()

    def reckon(self) -> None:
        """Reckon what the newest frame takes, and give up what is too much: after `add`, as that frame is to be shown.

        Else that is done with the next one.
        """
        if self._unreckoned is None:
            return
        (kept, base), self._unreckoned = self._unreckoned, None
        kept.bytes = _bytes_of_frame(kept.frame, base)
        self._bytes += kept.bytes
        self._give_up_spare()

    def _give_up_spare(self) -> None:
        spare = [other for other in self._kept if other not in (self._base, self.newest)]
        while spare and (self._bytes > MAX_KEPT_BYTES or len(self._kept) > MAX_RECEIVED_FRAMES):
            self._forget(spare.pop(0))

    def _forget(self, number: int) -> None:
        self._bytes -= self._kept.pop(number).bytes
