"""Moments at which something is due, in monotonic seconds, and None for never."""

from collections.abc import Iterable


def earliest(moments: Iterable[float | None]) -> float | None:
    """Return the first of them; None where there is none.

    All who have several to tell use this one: a turn runs mostly cold code, and what ran a moment ago is not.
    """
    first: float | None = None
    for moment in moments:
        if moment is not None and (first is None or moment < first):
            first = moment
    return first
