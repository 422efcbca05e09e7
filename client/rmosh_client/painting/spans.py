"""What of a row is to be painted, given what the terminal shows: which columns differ, and which go with them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rmosh.terminal.differences import row_differences
from rmosh.terminal.rows import CLUSTER, Row, same_styles
from rmosh_client.painting.layouts import Layout
from rmosh_client.painting.units import Unit

#: Longest run of unchanged cells written again rather than skipped, in cells: a skip costs CSI n C, 4 bytes.
_BRIDGE: Final = 4

#: Changes with no longer runs between them than may be worth writing again.
_CHANGES_NEAR: Final = re.compile(rb"\x01+(?:\x00{1,%d}\x01+)*" % _BRIDGE)


def has_same_cells(old: Row, new: Row) -> bool:
    """Tell whether two rows look the same, wherever they go on."""
    return old.signs == new.signs and old.clusters == new.clusters and same_styles(old, new)


def looks_alike(old: Row | None, new: Row) -> bool:
    """Tell whether a terminal that shows one row shows the other already, and copies it too."""
    if old is new:
        return True
    return (
        old is not None
        and has_same_cells(old, new)
        and new.written in (0, old.written)
        and (not new.tabs or new.tabs == old.tabs)
    )


def blank_tail(row: Row) -> int:
    """Return where the run of equal blanks at the end starts; the number of columns where there is none."""
    styles = row.styles
    return max(len(row.signs.rstrip(" ")), len(styles.rstrip(styles[-1])))


def units_unlike(old: Layout, new: Layout) -> list[Unit]:
    """Return the units of two layouts that only one of them has: what they hold may stand elsewhere on the terminal."""
    if not old.units and not new.units:
        return []
    return [
        unit
        for one, other in ((old.units, new.units), (new.units, old.units))
        for start, unit in one.items()
        if (there := other.get(start)) is None or there != unit
    ]


def spans(
    old: Row | None,
    new: Row,
    tied: bytes,
    *,
    tail: int,
    tabs: Mapping[int, int],
    moved: Sequence[Unit],
    with_first: bool,
) -> Iterator[tuple[int, int]]:
    """Yield half-open column ranges to paint, left to right, never through what is written at once.

    Args:
        tied: 1 for each column that belongs to the one to its left.
        tail: the column from which the new row is erased.
        tabs: those that can be printed.
        moved: what is to be written anew though its cells are the same.
    """
    if old is None:
        yield 0, new.columns
        return
    changes = _changes(old, new, tied, tail=tail, tabs=tabs, moved=moved)
    if with_first:
        changes[0] = 1
    for near in _CHANGES_NEAR.finditer(changes):
        start, stop = near.span()
        gap = changes.find(0, start, stop)
        while gap >= 0:
            following = changes.find(1, gap, stop)
            if not _worth_bridging(new, gap, following):
                yield whole(tied, start, gap)
                start = following
            gap = changes.find(0, following, stop)
        yield whole(tied, start, stop)


def _changes(
    old: Row, new: Row, tied: bytes, *, tail: int, tabs: Mapping[int, int], moved: Sequence[Unit]
) -> bytearray:
    """Return 1 for each column that is to be painted; arguments as of `spans`."""
    changes = bytearray(_with_halves(row_differences(old, new), tied))
    for unit in moved:
        _mark(changes, unit.start, unit.end)
    for column in tabs:
        if column not in old.tabs:
            _mark(changes, column, tabs[column])
    if new.written or tail == 0:
        for column in old.tabs:
            if column not in new.tabs:
                changes[column] = 1
        if tail < old.written:
            _mark(changes, tail, old.written)
    if old.written < tail <= new.written and new.signs[tail - 1] == " ":
        _mark(changes, min(max(old.written, blank_tail(new)), tail - 1), tail)
    return changes


def _with_halves(changes: bytes, tied: bytes) -> bytes:
    """Mark the columns that belong to a changed one left of them, so that wide characters side by side are one run."""
    if 1 not in tied:
        return changes
    marked = int.from_bytes(changes, "little")
    marked |= marked << 8 & int.from_bytes(tied, "little")
    return marked.to_bytes(len(changes), "little")


def _mark(changes: bytearray, start: int, stop: int) -> None:
    """Mark columns as changed: blanks that are erased now and are to be written, or what is to be written anew."""
    changes[start:stop] = b"\1" * (stop - start)


def _worth_bridging(row: Row, stop: int, column: int) -> bool:
    """Tell whether writing the unchanged cells between two changed ones is cheaper than moving over them."""
    signs = row.signs[stop : column + 1]
    if not signs.isascii() or CLUSTER in signs:
        return False
    styles = row.styles[stop - 1 : column + 1]
    return styles == styles[0] * len(styles)


def whole(tied: bytes, start: int, stop: int) -> tuple[int, int]:
    """Return a range with all of what its first and last columns must not be written without."""
    while tied[start]:
        start -= 1
    return start, whole_stop(tied, stop)


def whole_stop(tied: bytes, stop: int) -> int:
    """Return where what is tied to the column before `stop` ends."""
    while stop < len(tied) and tied[stop]:
        stop += 1
    return stop
