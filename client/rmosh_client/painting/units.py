"""A row cut into what is written at once: a terminal may draw a unit in other columns than the program counted.

Cells that some terminal draws as one sign (an emoji joined of two, a consonant and its vowel sign) and words of scripts
with such signs are one unit, so that no part of it is ever written without the others. Where the terminal is known to
draw one wider or narrower, the unit goes on up to blanks that make up for that.
"""

from collections.abc import Iterator, Sequence

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.cells import Style
from rmosh.terminal.rows import STYLE_RUN, Row
from rmosh.terminal.style_table import PackedStyle
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
from rmosh_client.painting.glyphs import glyph
from rmosh_client.painting.rendition import SHOWN_ON_BLANKS
from rmosh_client.plain_text import REPLACEMENT


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
    parts: tuple[tuple[bytes, PackedStyle], ...]
    under: tuple[tuple[PackedStyle, int], ...]
    sure: bool
    end: int
    reach: int
    shifts: tuple[tuple[int, int], ...] = ()
    ends_row: bool = False


def units_of(row: Row, texts: Sequence[str], in_question: bytes, drawing: Drawing) -> Iterator[Unit]:
    """Yield a row's units from left to right.

    Args:
        texts: of the row's cells.
        in_question: 1 for each column that terminals may draw otherwise, or as one with the column beside it.
    """
    column = in_question.find(1)
    stop = 0
    while column >= 0:
        column = _start_of_run(texts, column, stop)
        stop, doubts = _run(texts, column)
        if not doubts <= drawing.agreed:
            is_known = doubts <= drawing.known
            unit = (is_known and _flowing(row, texts, column, stop, drawing)) or _doubtful(row, texts, column, stop)
            stop = unit.stop
            yield unit
        elif _begins_flag(texts, column):
            yield Unit(column, stop, _parts(row, texts, column, stop), (), True, stop, stop)
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


def _flowing(row: Row, texts: Sequence[str], start: int, stop: int, drawing: Drawing) -> Unit | None:
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
                parts, under = _parts(row, texts, start, stop), _under(row, start, end)
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


def _doubtful(row: Row, texts: Sequence[str], start: int, stop: int) -> Unit:
    parts = _parts(row, texts, start, stop)
    text = "".join(texts[start:stop])
    reach = max(stop, start + most_columns(text))
    if stop - start == 1 and stop == len(texts) and may_be_wide(text):
        return Unit(start, stop, ((glyph(_narrow(text)).data, parts[0][1]),), (), True, stop, stop)
    reach = min(reach, len(texts))
    end = stop
    while end < reach and _may_be_covered(row, texts, end, by=row.table.style(row.styles[stop - 1])):
        end += 1
    return Unit(start, stop, parts, _under(row, start, end), False, end, reach)


def _may_be_covered(row: Row, texts: Sequence[str], column: int, *, by: Style) -> bool:
    """Tell whether a sign in a style may be drawn over a column: a blank that looks alike and begins nothing."""
    if texts[column] != " " or not _looks_blank(row.table.style(row.styles[column]), by):
        return False
    return column + 1 == len(texts) or not _goes_with(" ", texts[column + 1])


def _narrow(text: str) -> str:
    """Return what is sure to fit the last column of a row: the sign without its colours, or one that stands for it."""
    plain = text.replace(EMOJI_PRESENTATION, "")
    return REPLACEMENT if may_be_wide(plain) else plain


def _looks_blank(blank: Style, style: Style) -> bool:
    """Tell whether a blank in one style looks as one in another does."""
    return blank == style or (blank.background == style.background and not any(map(_shows_on_blanks, (blank, style))))


def _shows_on_blanks(style: Style) -> bool:
    return bool(style.attributes & SHOWN_ON_BLANKS or style.underline or style.link)


def styled_columns(row: Row, start: int, stop: int) -> Iterator[tuple[PackedStyle, int, int]]:
    """Yield the styles of columns, and where each begins and ends."""
    for run in STYLE_RUN.finditer(row.styles, start, stop):
        yield row.table.packed[ord(run[0][0])], run.start(), run.end()


def _under(row: Row, start: int, stop: int) -> tuple[tuple[PackedStyle, int], ...]:
    return tuple([(style, end - first) for style, first, end in styled_columns(row, start, stop)])


def _parts(row: Row, texts: Sequence[str], start: int, stop: int) -> tuple[tuple[bytes, PackedStyle], ...]:
    """Return texts with their styles, joined where the style is the same; a blank where there are none."""
    shown = [
        (b"".join([glyph(text).data for text in texts[first:end] if text]), style)
        for style, first, end in styled_columns(row, start, stop)
    ]
    return tuple([part for part in shown if part[0]]) or ((b" ", shown[0][1]),)
