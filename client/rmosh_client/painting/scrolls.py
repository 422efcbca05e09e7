"""Find out how rows moved between two screens, from which row objects are found again elsewhere."""

from collections import Counter
from collections.abc import Sequence
from operator import is_
from typing import Final, TypeVar

from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.cells import Row

#: Fewest rows a scroll must save from being painted anew. Reason: it costs up to 20 bytes.
_WORTHWHILE: Final = 2

#: Stands for the place where blank rows come from: none.
_NOWHERE: Final = -1

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Scroll:
    """Rows top to bottom (both included) moved up by `distance`, down where it is negative."""

    top: int
    bottom: int
    distance: int


def find_scroll(old: Sequence[Row], new: Sequence[Row]) -> Scroll | None:
    """Return the one scroll that saves most rows, None where none saves enough.

    Goes by identity: a row that moved is the same object in both (see `rmosh.terminal.cells`). A row object
    that stands in several places, as blank ones do, says nothing.
    """
    moved = _moved_rows(old, new)
    if len(moved) < _WORTHWHILE:
        return None
    distance, _ = Counter(source - place for place, source in moved).most_common(1)[0]
    places = [place for place, source in moved if source - place == distance]
    scroll = Scroll(places[0] + min(0, distance), places[-1] + max(0, distance), distance)
    return scroll if _saved_rows(old, new, scroll) >= _WORTHWHILE else None


def scrolled(rows: Sequence[_Row], scroll: Scroll, blank: _Row) -> list[_Row]:
    """Return the rows after a scroll, blank where rows came in."""
    region = rows[scroll.top : scroll.bottom + 1]
    blanks = [blank] * abs(scroll.distance)
    moved = (*region, *blanks)[scroll.distance :] if scroll.distance > 0 else (*blanks, *region)[: len(region)]
    return [*rows[: scroll.top], *moved, *rows[scroll.bottom + 1 :]]


def seams(rows: Sequence[Row], scroll: Scroll) -> frozenset[int]:
    """Return after which rows, -1 for the scrollback's last, the terminal may be wrong about what goes on in the next.

    Those are rows that have another neighbour after the scroll: some terminals remember with a row that it goes on,
    others with the next one that it is the rest. And when tmux (3.3a) inserts rows, it parts as well what stood above
    the row that the first moved one comes to, and the row so many above the screen's last one.
    """
    count = abs(scroll.distance)
    edge = scroll.bottom - count if scroll.distance > 0 else scroll.top + count - 1
    in_tmux = scroll.bottom + count if scroll.distance > 0 else scroll.top + 2 * count - 1
    sources = [*scrolled(range(len(rows)), scroll, _NOWHERE), _NOWHERE]
    wrapped = {place for place, row in enumerate(rows) if row.wrapped}
    candidates = {scroll.top - 1, edge, scroll.bottom, in_tmux, len(rows) - 1 - count}
    return frozenset(
        place
        for place in candidates & set(range(-1, len(rows)))
        if (place >= 0 and sources[place] in wrapped) or sources[place + 1] - 1 in wrapped
    )


def below_first_row(scroll: Scroll) -> Scroll | None:
    """Return as much of a scroll as leaves the screen's first row where it is; None where nothing moves then."""
    if scroll.top > 0:
        return scroll
    moves = abs(scroll.distance) < scroll.bottom
    return replace(scroll, top=1) if moves else None


def _moved_rows(old: Sequence[Row], new: Sequence[Row]) -> list[tuple[int, int]]:
    """Return (new place, old place) of each row object that stands once in each screen, elsewhere."""
    changed = [place for place, row in enumerate(new) if row is not old[place]]
    if len(changed) < _WORTHWHILE or set(map(id, old)).isdisjoint([id(new[place]) for place in changed]):
        return []
    old_places = _single_places(old)
    new_places = _single_places(new)
    moved = []
    for place in changed:
        identity = id(new[place])
        source = old_places.get(identity, -1)
        if source >= 0 and new_places[identity] == place:
            moved.append((place, source))
    return moved


def _single_places(rows: Sequence[Row]) -> dict[int, int]:
    """Map each row object's identity to its place, -1 where it has several."""
    places: dict[int, int] = {}
    for place, row in enumerate(rows):
        identity = id(row)
        places[identity] = -1 if identity in places else place
    return places


def _saved_rows(old: Sequence[Row], new: Sequence[Row], scroll: Scroll) -> int:
    """Return how many rows more are right after the scroll than before it."""
    top, end, distance = scroll.top, scroll.bottom + 1, scroll.distance
    right_before = sum(map(is_, old[top:end], new[top:end]))
    stayed = old[top + max(0, distance) : end + min(0, distance)]
    right_after = sum(map(is_, stayed, new[top + max(0, -distance) : end]))
    return right_after - right_before
