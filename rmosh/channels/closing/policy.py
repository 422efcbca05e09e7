"""The end's policy: what a close waits for, and how long. Units are seconds."""

from typing import Final

#: How long a client waits for the last frame before it believes the close that came with it.
CLOSE_WAITS_FOR_FRAME: Final = 1.0

#: How long either side then waits for the lines that scrolled off before. Reason: `rmosh host -- cat log` shall leave
#: the log in the scrollback, as ssh does; who does not want to wait ends it by a key.
CLOSE_WAITS_FOR_HISTORY: Final = 20.0

#: How long a client waits for them in order before it asks for so many of the newest first. Reason: on a fast link all
#: come sooner; a wait that is ended early must not leave out some screens of the newest.
CLOSE_FETCHES_NEWEST_AFTER: Final = 0.5

#: How long a client's goodbye is answered, or ours repeated, before it is forgotten. Reason: three round trips of the
#: slowest link.
GOODBYE_PATIENCE: Final = 3.0

#: A patience without end: whoever owns the process gives up.
NEVER: Final = float("inf")


def end_of_wait(closed_at: float, *, now: float) -> float | None:
    """Return when the next of the waits that follow a close is over; None where all are."""
    waits = (CLOSE_FETCHES_NEWEST_AFTER, CLOSE_WAITS_FOR_FRAME, CLOSE_WAITS_FOR_HISTORY)
    return min((closed_at + wait for wait in waits if closed_at + wait > now), default=None)
