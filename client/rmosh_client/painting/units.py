"""A row cut into what is written at once: a terminal may draw a unit in other columns than the program counted.

Cells that some terminal draws as one sign (an emoji joined of two, a consonant and its vowel sign) and words of scripts
with such signs are one unit, so that no part of it is ever written without the others. Where the terminal is known to
draw one wider or narrower, the unit goes on up to blanks that make up for that.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final

from rmosh.terminal.cells import Attribute, Cell, Style, blank_cell
from rmosh.terminal.width_table import EMOJI_PRESENTATION
from rmosh_client.painting.doubt import (
    HALF_FLAGS,
    Doubt,
    Drawing,
    bond,
    doubts_about,
    may_be_wide,
    most_columns,
    shift_behind,
)
from rmosh_client.painting.glyphs import REPLACEMENT, glyph, kinds_of, where_halves, where_in_question, where_sure

#: Attributes that show on a blank.
_SHOWN_ON_BLANKS: Final = int(Attribute.REVERSE | Attribute.STRIKE | Attribute.OVERLINE)


@dataclass(frozen=True, slots=True)
class Unit:
    """Columns of a row that are written at once.

    Attributes:
        start, stop: its columns as the program counted them, half-open.
        parts: its texts with their styles, left to right.
        under: the styles of its columns up to `end`, and in how many each of them is.
        sure: the terminal draws it in just these columns.
        end: where the blanks right of it end that it may be drawn over; `stop` where it is sure.
        reach: the column before which any terminal's picture of it ends.
        shifts: columns of signs in it that the terminal is known to draw wider or narrower, and by how many columns
            what follows is shifted right.
        ends_row: nothing but blanks is right of it.
    """

    start: int
    stop: int
    parts: tuple[tuple[bytes, Style], ...]
    under: tuple[tuple[Style, int], ...]
    sure: bool
    end: int
    reach: int
    shifts: tuple[tuple[int, int], ...] = ()
    ends_row: bool = False


_NO_UNITS: Final[Mapping[int, "Unit"]] = {}
_NO_TABS: Final[Mapping[int, int]] = {}

#: Most layouts that are kept, of rows. Reason: those of some screens; each takes the client about 1 KB.
_MOST_KEPT: Final = 256


class Layout:
    """How the cells of one row are to be written.

    Attributes:
        cells: those of the row.
        sure: 1 for each column that every terminal draws alike, whatever stands beside it, and 0 for others.
        units: what is of several cells or doubtful, by where it starts; any other cell is written by itself.
        tied: 1 for each column that must not be written without the one to its left.
        tabs: the first column of each tab that is to be printed, and the one behind it.
    """

    __slots__ = ("cells", "sure", "tabs", "tied", "units")

    def __init__(self, cells: Sequence[Cell], drawing: Drawing) -> None:
        texts = [cell.text for cell in cells]
        kinds = kinds_of(texts)
        self.cells = cells
        self.sure, self.tied = where_sure(kinds), where_halves(kinds)
        self.units: Mapping[int, Unit] = _NO_UNITS
        self.tabs: Mapping[int, int] = _NO_TABS
        in_question = where_in_question(kinds)
        if 1 in in_question:
            self._take([*_units(cells, texts, in_question, drawing)])

    def _take(self, units: Sequence[Unit]) -> None:
        sure, tied = bytearray(self.sure), bytearray(self.tied)
        for unit in units:
            sure[unit.start : unit.stop] = bytes(unit.stop - unit.start)
            tied[unit.start + 1 : unit.end] = b"\1" * (unit.end - unit.start - 1)
        self.sure, self.tied = bytes(sure), bytes(tied)
        self.units = {unit.start: unit for unit in units}

    def with_tabs(self, tabs: Mapping[int, int]) -> "Layout":
        """Return the same with tabs printed instead of the blanks that they move over."""
        if not tabs:
            return self
        layout = copy(self)
        layout.tabs = tabs
        layout.sure = bytes([is_sure and column not in tabs for column, is_sure in enumerate(self.sure)])
        return layout


class Layouts:
    """The layouts of rows on a terminal that draws in one way; a row that is shown again is not laid out again."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self._kept: dict[int, Layout] = {}

    def of(self, cells: Sequence[Cell]) -> Layout:
        """Return the layout of a row's cells, which never change; they are known again by identity."""
        layout = self._kept.get(id(cells))
        if layout is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            layout = Layout(cells, self.drawing)
            self._kept[id(cells)] = layout  # it has the cells: no others are of this identity as long as it is kept
        return layout


def _units(cells: Sequence[Cell], texts: Sequence[str], in_question: bytes, drawing: Drawing) -> Iterator[Unit]:
    column = in_question.find(1)
    stop = 0
    while column >= 0:
        column = _start_of_run(texts, column, stop)
        stop, doubts = _run(texts, column)
        if not doubts <= drawing.agreed:
            is_known = doubts <= drawing.known
            unit = (is_known and _flowing(cells, texts, column, stop, drawing)) or _doubtful(cells, column, stop)
            stop = unit.stop
            yield unit
        elif _begins_flag(texts, column):
            yield Unit(column, stop, _parts(cells[column:stop]), (), True, stop, stop)
        column = in_question.find(1, stop)


def _start_of_run(texts: Sequence[str], column: int, first: int) -> int:
    """Return where what terminals may draw as one with a column begins, from the column `first` on."""
    while column > first:
        left = column - 1 if texts[column - 1] or column - 1 == first else column - 2
        if not _goes_with(texts[left], texts[column]):
            break
        column = left
    return column


def _run(texts: Sequence[str], start: int) -> tuple[int, frozenset[Doubt]]:
    """Return where the cells end, from a column on, that terminals may draw as one, and the doubts about them."""
    if _begins_flag(texts, start):
        last, stop = start + 1, start + 2
        doubts: frozenset[Doubt] = frozenset()
    else:
        last, stop = start, _end_of_cell(texts, start)
        doubts = doubts_about(texts[start] or " ", stop - start)
    while stop < len(texts) and texts[stop]:
        tie = bond(texts[last] or " ", texts[stop])
        if tie is None:
            break
        last, stop = stop, _end_of_cell(texts, stop)
        doubts |= tie | doubts_about(texts[last], stop - last)
    return stop, doubts


def _begins_flag(texts: Sequence[str], column: int) -> bool:
    return texts[column] in HALF_FLAGS and column + 1 < len(texts) and texts[column + 1] in HALF_FLAGS


def _goes_with(left: str, right: str) -> bool:
    return right == "" or (left != "" and bond(left, right) is not None)


def _end_of_cell(texts: Sequence[str], column: int) -> int:
    return column + (2 if column + 1 < len(texts) and texts[column] and not texts[column + 1] else 1)


def _flowing(cells: Sequence[Cell], texts: Sequence[str], start: int, stop: int, drawing: Drawing) -> Unit | None:
    """Return a sign that the terminal draws wider or narrower with what follows it, up to blanks that make up for that.

    Both keep their distance, as they do without us; what stands in columns of its own, behind several blanks or at the
    row's end, stays there. None where something else is in doubt, or there is no room.
    """
    shifts = _shifts(texts, start, stop, drawing)
    while shifts and stop < len(texts):
        if texts[stop] == " ":
            following = _end_of_blanks(texts, stop)
            ends_row = following == len(texts)
            shift = max(0, sum([by for _, by in shifts]))
            if following - stop >= max(1, shift + (not ends_row), 1 + (not ends_row)):
                end = stop + shift
                parts, under = _parts(cells[start:stop]), _under(cells[start:end])
                return Unit(start, stop, parts, under, False, end, end, tuple(shifts), ends_row)
            stop = following
            continue
        column = stop
        stop, doubts = _run(texts, column)
        if not doubts <= drawing.known:
            return None
        shifts += _shifts(texts, column, stop, drawing)
    return None


def _shifts(texts: Sequence[str], start: int, stop: int, drawing: Drawing) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    left = " "
    for column in range(start, stop):
        if texts[column]:
            by = shift_behind(left, texts[column], _end_of_cell(texts, column) - column, drawing)
            found += [(column, by)] if by else []
            left = texts[column]
    return found


def _end_of_blanks(texts: Sequence[str], column: int) -> int:
    while column < len(texts) and texts[column] == " ":
        column += 1
    return column


def _doubtful(cells: Sequence[Cell], start: int, stop: int) -> Unit:
    parts = _parts(cells[start:stop])
    text = "".join([cell.text for cell in cells[start:stop]])
    reach = max(stop, start + most_columns(text))
    if stop - start == 1 and stop == len(cells) and may_be_wide(text):
        return Unit(start, stop, ((glyph(_narrow(text)).data, cells[start].style),), (), True, stop, stop)
    reach = min(reach, len(cells))
    end = stop
    while end < reach and _may_be_covered(cells, end, cells[stop - 1].style):
        end += 1
    return Unit(start, stop, parts, _under(cells[start:end]), False, end, reach)


def _may_be_covered(cells: Sequence[Cell], column: int, style: Style) -> bool:
    """Tell whether a sign in a style may be drawn over a column: a blank that looks alike and begins nothing."""
    if cells[column].text != " " or not _looks_blank(cells[column], style):
        return False
    return column + 1 == len(cells) or not _goes_with(" ", cells[column + 1].text)


def _narrow(text: str) -> str:
    """Return what is sure to fit the last column of a row: the sign without its colours, or one that stands for it."""
    plain = text.replace(EMOJI_PRESENTATION, "")
    return REPLACEMENT if may_be_wide(plain) else plain


def _looks_blank(blank: Cell, style: Style) -> bool:
    """Tell whether a blank looks as one in another style does."""
    return blank.style == style or (
        blank.style.background == style.background and not any(map(_shows_on_blanks, (blank.style, style)))
    )


def _shows_on_blanks(style: Style) -> bool:
    return bool(style.attributes & _SHOWN_ON_BLANKS or style.underline or style.link)


def _under(cells: Sequence[Cell]) -> tuple[tuple[Style, int], ...]:
    return tuple([(style, len([*run])) for style, run in groupby(cells, key=attrgetter("style"))])


def _parts(cells: Sequence[Cell]) -> tuple[tuple[bytes, Style], ...]:
    """Return texts with their styles, joined where the style is the same."""
    runs = groupby([cell for cell in cells if cell.text] or [blank_cell(cells[0].style)], key=attrgetter("style"))
    return tuple([(b"".join([glyph(cell.text).data for cell in run]), style) for style, run in runs])
