"""The page in view becomes screen rows, and the last row words.

Matches and marks are highlighted, lines not here are stood in for; of the words as much as fits.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Final

from rmosh.lazy_dataclass import dataclass, field, replace
from rmosh.terminal.cells import Attribute, Cell, Row, Style, Underline
from rmosh_client.viewing.layout import PLACEHOLDER_STYLE, LaidRow, fitted
from rmosh_client.viewing.page import MarkedLines, PageRow
from rmosh_client.viewing.search import Passage, Seeker, Spot
from rmosh_client.viewing.transcript import Transcript
from rmosh_client.words import lines_in_words

_HINT: Final = "h: keys, q: leave"

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
    page: Sequence[PageRow], found: Highlights, marks: MarkedLines | None, *, columns: int, reachable: bool
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


def as_before(rows: Sequence[Row], before: Sequence[Row]) -> list[Row]:
    """Return rows, each that has the cells of the one before it in its place as that very row: it is not painted."""
    olds = chain(before, repeat(None))
    return [row if old is None or old.cells != row.cells else old for row, old in zip(rows, olds, strict=False)]


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
        (3, _words_for_place(status)),
        (1, status.under_way),
        (4, _words_for_search(status)),
        (2, _words_for_marks(status)),
        (1, _words_for_gaps(status)),
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


def _words_for_place(status: Status) -> tuple[str, ...]:
    if not status.in_view:
        return ("no lines yet",)
    first, last = status.in_view.start + 1, status.in_view.stop
    return f"lines {first:,}-{last:,} of {status.end:,}", f"{last:,} of {status.end:,}", f"{last:,}"


def _words_for_search(status: Status) -> tuple[str, ...]:
    return (f"/{status.pattern}: {status.matches:,} in view", f"/{status.pattern}") if status.pattern else ()


def _words_for_marks(status: Status) -> tuple[str, ...]:
    if not status.marked:
        return ()
    return f"{lines_in_words(status.marked)} marked", f"{status.marked:,} marked"


def _words_for_gaps(status: Status) -> tuple[str, ...]:
    if not status.is_missing:
        return ()
    if status.is_reachable:
        return "not fetched: waiting for the server", "waiting for server"
    return "the server cannot be reached: lines received are shown", "server out of reach"
