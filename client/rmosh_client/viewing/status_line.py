"""The viewer's last row in words: what matters most first, as much as fits. Knows no keys and no lines."""

from dataclasses import dataclass
from typing import Final

_HINT: Final = "h: keys, q: leave"


@dataclass(frozen=True, slots=True)
class Status:
    """What there is to say.

    Attributes:
        in_view: numbers of the lines in view, from 0.
        end: number after the newest line.
        message: how something went; "" for nothing.
        under_way: what goes on for longer, such as a search: forms of it, longest first; empty for nothing.
        pattern: what is highlighted, "" for nothing.
        matches: how many matches begin in view.
        marked: how many lines are marked.
        is_missing: some line in view is not here.
        is_reachable: the server answers.
    """

    in_view: range
    end: int
    message: str = ""
    under_way: tuple[str, ...] = ()
    pattern: str = ""
    matches: int = 0
    marked: int = 0
    is_missing: bool = False
    is_reachable: bool = True


def status_line(status: Status, *, columns: int) -> str:
    """Return the line. What does not fit gives way to a shorter form, then is left out, the least important first."""
    # In the order they stand in, each with its forms, longest first. The number is its rank: 0 matters most.
    parts = [
        (0, (status.message,)),
        (3, _position(status)),
        (1, status.under_way),
        (4, _search(status)),
        (2, _marked(status)),
        (1, _missing(status)),
        (5, (_HINT,)),
    ]
    left = columns
    chosen: dict[int, str] = {}
    for place, (_, forms) in sorted(enumerate(parts), key=lambda part: part[1][0]):
        separated = 3 if chosen else 1
        fitting = [form for form in forms if form and len(form) + separated <= left]
        if not fitting and not chosen:
            fitting = [form[: max(left - separated, 0)] for form in forms[-1:] if form]
        if fitting:
            chosen[place] = fitting[0]
            left -= len(fitting[0]) + separated
    return " " + " | ".join(chosen[place] for place in sorted(chosen))


def _position(status: Status) -> tuple[str, ...]:
    if not status.in_view:
        return ("no lines yet",)
    first, last = status.in_view.start + 1, status.in_view.stop
    return f"lines {first:,}-{last:,} of {status.end:,}", f"{last:,} of {status.end:,}", f"{last:,}"


def _search(status: Status) -> tuple[str, ...]:
    return (f"/{status.pattern}: {status.matches:,} in view", f"/{status.pattern}") if status.pattern else ()


def _marked(status: Status) -> tuple[str, ...]:
    if not status.marked:
        return ()
    lines = "1 line" if status.marked == 1 else f"{status.marked:,} lines"
    return f"{lines} marked", f"{status.marked:,} marked"


def _missing(status: Status) -> tuple[str, ...]:
    if not status.is_missing:
        return ()
    if status.is_reachable:
        return "not fetched: waiting for the server", "waiting for server"
    return "the server cannot be reached: lines received are shown", "server out of reach"
