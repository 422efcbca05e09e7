"""The page in view becomes screen rows: matches and marks are highlighted, lines not here are stood in for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from rmosh.terminal.cells import Attribute, Cell, Row, Style, Underline
from rmosh_client.viewing.layout import PLACEHOLDER_STYLE, LaidRow, fitted
from rmosh_client.viewing.marks import Marks
from rmosh_client.viewing.passage import Passage, Spot
from rmosh_client.viewing.seeker import Seeker
from rmosh_client.viewing.transcript import Transcript
from rmosh_client.viewing.window import PageRow

#: How a match looks, and the one the user stands on. Reason: black on yellow stands out on dark and light screens.
_MATCH_COLOURS: Final = (0, 11)
_CURRENT_COLOURS: Final = (15, 5)

_Restyle = Callable[[Style], Style]


@dataclass(frozen=True, slots=True)
class Highlights:
    """The matches in view.

    Attributes:
        spans: for each line, what is to be restyled: from one offset of its text to another.
        count: how many matches begin in view.
    """

    spans: Mapping[int, Sequence[tuple[int, int, _Restyle]]] = field(default_factory=dict)
    count: int = 0


def highlights(transcript: Transcript, seeker: Seeker, *, in_view: range) -> Highlights:
    """Find all matches that lie in view, in part at least."""
    pattern = seeker.pattern
    if pattern is None or not in_view:
        return Highlights()
    first = max(in_view.start - len(pattern), transcript.oldest)
    last = min(in_view.stop + len(pattern), transcript.end)
    passage = Passage(transcript.lines(first, last), first=first)
    spans: dict[int, list[tuple[int, int, _Restyle]]] = {}
    count = 0
    for spot in passage.matches(pattern, start=first, stop=in_view.stop):
        count += spot.line in in_view
        for line, start, stop in passage.spans(spot, len(pattern)):
            spans.setdefault(line, []).append((start, stop, _restyle(spot, seeker.current)))
    return Highlights(spans, count)


def drawn(
    page: Sequence[PageRow], found: Highlights, marks: Marks | None, *, columns: int, reachable: bool
) -> list[Row]:
    """Return the page's rows."""
    rows = []
    for row in page:
        if row.laid is None:
            cells = fitted(_placeholder(row.number, reachable=reachable), PLACEHOLDER_STYLE, columns=columns)
        else:
            cells = _with_matches(row.laid, found.spans.get(row.number, ()))
        if marks is not None and row.number in marks.lines:
            restyle = _moving if marks.growing and row.number == marks.moving else _marked
            cells = tuple([Cell(cell.text, restyle(cell.style)) for cell in cells])
        rows.append(Row(cells))
    return rows


def _placeholder(number: int, *, reachable: bool) -> str:
    return f"line {number + 1:,} is on its way" if reachable else "~"


def _with_matches(laid: LaidRow, spans: Sequence[tuple[int, int, _Restyle]]) -> tuple[Cell, ...]:
    if not spans:
        return laid.cells
    cells = list(laid.cells)
    # The current match is laid last: where matches overlap it is the one to be seen.
    for start, stop, restyle in sorted(spans, key=lambda span: span[2] is _current):
        for place, offset in enumerate(laid.offsets):
            if start <= offset < stop:
                cells[place] = Cell(cells[place].text, restyle(laid.cells[place].style))
    return tuple(cells)


def _restyle(spot: Spot, current: Spot | None) -> _Restyle:
    return _current if spot == current else _match


@lru_cache(maxsize=256)
def _match(style: Style) -> Style:
    foreground, background = _MATCH_COLOURS
    return Style(foreground, background, link=style.link)


@lru_cache(maxsize=256)
def _current(style: Style) -> Style:
    foreground, background = _CURRENT_COLOURS
    return Style(foreground, background, int(Attribute.BOLD), link=style.link)


@lru_cache(maxsize=256)
def _marked(style: Style) -> Style:
    return replace(style, attributes=style.attributes ^ int(Attribute.REVERSE))


@lru_cache(maxsize=256)
def _moving(style: Style) -> Style:
    """The line that the keys move is told apart by an underline: reverse it is already."""
    return replace(_marked(style), underline=int(Underline.SINGLE))
