"""Find out how rows moved between two screens, from which row objects are found again elsewhere."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from rmosh.terminal.cells import Row

#: Fewest rows a scroll must save from being painted anew. Reason: it costs up to 20 bytes.
_WORTHWHILE: Final = 2


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
    sources = [place + distance for place in places]
    scroll = Scroll(min(*places, *sources), max(*places, *sources), distance)
    return scroll if _saved_rows(old, new, scroll) >= _WORTHWHILE else None


def scrolled(rows: Sequence[Row], scroll: Scroll, blank: Row) -> list[Row]:
    """Return the rows after a scroll, blank where rows came in; a row parted from the next one goes on no more."""
    region = rows[scroll.top : scroll.bottom + 1]
    blanks = [blank] * abs(scroll.distance)
    moved = (*region, *blanks)[scroll.distance :] if scroll.distance > 0 else (*blanks, *region)[: len(region)]
    after = [*rows[: scroll.top], *moved, *rows[scroll.bottom + 1 :]]
    for seam in _seams(scroll, last_row=len(rows) - 1) & set(range(len(after))):
        if after[seam].wrapped:
            after[seam] = replace(after[seam], wrapped=False)
    return after


def below_first_row(scroll: Scroll) -> Scroll | None:
    """Return as much of a scroll as leaves the screen's first row where it is; None where nothing moves then."""
    if scroll.top > 0:
        return scroll
    moves = abs(scroll.distance) < scroll.bottom
    return replace(scroll, top=1) if moves else None


def _seams(scroll: Scroll, *, last_row: int) -> set[int]:
    """Return where rows are that a terminal may have forgotten to go on in the next one.

    Those are the rows parted from it. And when tmux (3.3a) inserts rows, it parts as well what stood above the row
    that the first moved one comes to, and the row so many above the screen's last one.
    """
    count = abs(scroll.distance)
    inserted_at_top = {scroll.top + 2 * count - 1, scroll.bottom}
    inserted_below = {scroll.bottom + count, scroll.bottom - count}
    return {scroll.top - 1, last_row - count, *(inserted_below if scroll.distance > 0 else inserted_at_top)}


def _moved_rows(old: Sequence[Row], new: Sequence[Row]) -> list[tuple[int, int]]:
    """Return (new place, old place) of each row object that stands once in each screen, elsewhere."""
    changed = [place for place, row in enumerate(new) if row is not old[place]]
    if len(changed) < _WORTHWHILE:
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
    places = range(scroll.top, scroll.bottom + 1)
    right_before = sum(old[place] is new[place] for place in places)
    sources = (place + scroll.distance for place in places)
    right_after = sum(
        scroll.top <= source <= scroll.bottom and old[source] is new[place]
        for place, source in zip(places, sources, strict=True)
    )
    return right_after - right_before
