"""The measurements where a key paints a whole screen of many colours: when the terminal shows its last cell."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Final

import pyte

from .figures import latencies
from .laboratory import Laboratory
from .measurement import Findings, Plan, Workload
from .pages import PAGES
from .staged_typing import cells_of

#: Seconds without output after which a screen is looked at; looking any earlier would delay reading.
_QUIET: Final = 0.3

#: Seconds between a screen shown and the next key, besides a round trip.
_REST: Final = 0.5

_Cells = Sequence[Sequence[pyte.screens.Char]]


def _paint(name: str, lab: Laboratory, plan: Plan) -> Findings:
    """A page at each key: from the key to the screen whole, and the bytes it took."""
    kind = PAGES[name]
    count = max(1, plan.repaints // kind.costs)
    printed = lab.far_side.prepare_pages(name, count)
    shown: list[float | None] = []
    with lab.session("repaint", rows=kind.rows, columns=kind.columns) as session:
        session.watch_for("READY", timeout=plan.start_timeout)
        _, down = lab.link.wire_bytes()
        for page in printed:
            wanted = _as_shown(page, rows=kind.rows, columns=kind.columns)
            session.record_until(time.monotonic() + _REST + plan.profile.mean_rtt)
            press = session.type(b"n")
            session.record_until(press + plan.profile.mean_rtt + _QUIET)
            session.record_until_quiet(quiet=_QUIET, at_most=plan.patience)
            seen = session.watch(partial(_shows, wanted), timeout=plan.patience)
            shown.append(None if seen is None else seen - press)
        _, down_after = lab.link.wire_bytes()
    figures = latencies(shown)
    figures["bytes_each"] = round((down_after - down) / count)
    return Findings(figures, {"shown": shown})


#: A workload for each kind of page.
PAINTING: Final[dict[str, Workload]] = {name: partial(_paint, name) for name in PAGES}


def _as_shown(page: str, *, rows: int, columns: int) -> _Cells:
    """Return the cells that a page leaves on a terminal."""
    screen = pyte.Screen(columns, rows)
    pyte.Stream(screen).feed(page)
    return cells_of(screen)


def _shows(wanted: _Cells, _: float, screen: pyte.Screen) -> bool:
    """Say whether the screen has these characters in these colours; the last row comes last as a rule."""
    return all(
        _is_like(screen.buffer[row][column], cell)
        for row, cells in reversed(list(enumerate(wanted)))
        for column, cell in enumerate(cells)
    )


def _is_like(shown: pyte.screens.Char, wanted: pyte.screens.Char) -> bool:
    return (shown.data, shown.fg, shown.bg) == (wanted.data, wanted.fg, wanted.bg)
