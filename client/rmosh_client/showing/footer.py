"""A line of rmosh's own under the session's screen, which has a row less for it: the demo's meter."""

from typing import Final, Protocol

from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus

#: Fewest rows of a terminal that one of them is taken from. Reason: a prompt, a command and two lines of its output.
_LEAST_ROWS: Final = 5


class Footer(Protocol):
    """What says the line."""

    def line(self, status: LinkStatus, prediction: PredictionStatistics, *, columns: int, now: float) -> str:
        """Return what it says now, no longer than so many columns."""


def rows_for_session(rows: int, footer: Footer | None) -> int:
    """Return how many of a terminal's rows show the session."""
    return rows if footer is None else rows_above_footer(rows)


def rows_above_footer(rows: int) -> int:
    """Return how many of a terminal's rows a footer leaves to the session."""
    return rows if rows < _LEAST_ROWS else rows - 1
