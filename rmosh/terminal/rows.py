"""One line of a screen as an immutable value: two strings, of what stands in its columns and of how it is drawn.

Cells are a view: made of the strings when somebody asks for them, and kept. A row may as well be made of cells, and
has its strings when somebody asks for those.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import add, eq
from typing import Final

from rmosh.terminal.style_table import (
    DEFAULT,
    MOST_TABLES_BEHIND,
    PackedStyle,
    StyleTable,
    current_table,
    table_for_screen,
)
from rmosh.terminal.styles import Cell

#: Columns between the tab stops that a terminal starts with. Source: VT100 manual.
TAB_WIDTH: Final = 8

#: The sign of a column that is the right half of the wide character to its left.
RIGHT_HALF: Final = "\0"

#: The sign of a column whose text is no single character, or one that is a sign of this kind itself.
CLUSTER: Final = "\1"

#: The texts of such columns: column and text, columns ascending.
Clusters = tuple[tuple[int, str], ...]

#: Columns of one style, given a row's styles; `style_runs` of `differences.py` is quicker for all of a screen's.
STYLE_RUN: Final = re.compile(r"(.)\1*", re.DOTALL)


class Row:
    """One screen line: exactly as many cells as the frame has columns. Nothing of it is ever assigned to.

    Attributes:
        wrapped: the text goes on in the row below (a soft wrap, not a newline).
        origin: tells the terminal's lines apart: rows of one origin are states of one line that was not cleared in
            between. No part of what the row looks like.
        written: columns up to the last that was written and not erased since, as far as is known; 0 where nothing is.
            Blanks there are part of what is copied, those behind it are not. No part of what the row looks like.
        tabs: columns in which a tab began that moved over blank cells, to the next of the stops that stand every
            TAB_WIDTH columns or to the last column: many terminals copy it. No part of what the row looks like.
    """

    __slots__ = ("_cells", "_clusters", "_signs", "_styles", "_table", "origin", "tabs", "wrapped", "written")

    def __init__(
        self,
        cells: tuple[Cell, ...],
        wrapped: bool = False,
        origin: object | None = None,
        written: int = 0,
        tabs: tuple[int, ...] = (),
    ) -> None:
        self._cells: tuple[Cell, ...] | None = cells
        self._signs: str | None = None
        self._styles = ""
        self._clusters: Clusters = ()
        self._table: StyleTable | None = None
        self.wrapped = wrapped
        self.origin = origin
        self.written = written
        self.tabs = tabs

    @classmethod
    def of_strings(
        cls,
        signs: str,
        styles: str,
        table: StyleTable | None,
        *,
        clusters: Clusters = (),
        wrapped: bool = False,
        origin: object | None = None,
        written: int = 0,
        tabs: tuple[int, ...] = (),
    ) -> "Row":
        """Return the row of these strings, which have a character for each column.

        Args:
            table: tells what the characters of `styles` stand for; None where all are `DEFAULT`.
        """
        row = cls.__new__(cls)
        row._cells = None
        row._signs = signs
        row._styles = styles
        row._clusters = clusters
        row._table = table
        row.wrapped = wrapped
        row.origin = origin
        row.written = written
        row.tabs = tabs
        return row

    @property
    def columns(self) -> int:
        """How many columns it has."""
        return len(self._cells if self._signs is None else self._signs)  # type: ignore[arg-type]

    @property
    def has_cells(self) -> bool:
        """Whether its cells are made."""
        return self._cells is not None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Its cells, one a column."""
        cells = self._cells
        if cells is None:
            cells = self._cells = self._made_cells()
        return cells

    @property
    def signs(self) -> str:
        """What stands in its columns: a character each, `RIGHT_HALF` or `CLUSTER`."""
        if self._signs is None:
            self._make_strings()
        return self._signs  # type: ignore[return-value]

    @property
    def clusters(self) -> Clusters:
        """The texts of the columns that have the sign `CLUSTER`."""
        if self._signs is None:
            self._make_strings()
        return self._clusters

    @property
    def styles(self) -> str:
        """How its columns are drawn: a character of `table` each."""
        if self._signs is None:
            self._make_strings()
        return self._styles

    @property
    def table(self) -> StyleTable:
        """What the characters of `styles` stand for; a row in the default style belongs to every table."""
        if self._signs is None:
            self._make_strings()
        return current_table() if self._table is None else self._table

    @property
    def is_narrow(self) -> bool:
        """Whether each column is one character by itself."""
        return not self.clusters and RIGHT_HALF not in self.signs

    @property
    def is_plain(self) -> bool:
        """Whether all of it is drawn in the default style."""
        return not self.styles.strip(DEFAULT)

    @property
    def text(self) -> str:
        """The text of all its columns, blanks at its end included."""
        signs = self.signs
        if self._clusters:
            return "".join(texts_of(signs, self._clusters))
        return signs.replace(RIGHT_HALF, "") if RIGHT_HALF in signs else signs

    def packed_styles(self) -> Iterator[PackedStyle]:
        """Return the packed styles of its columns."""
        return map(self.table.packed.__getitem__, map(ord, self.styles))

    def part(self, start: int, end: int) -> "Row":
        """Return the columns from start up to end as a row of their own, wide characters cut where they are."""
        signs, clusters = self.signs, self._clusters
        if clusters:
            first, last = bisect_left(clusters, (start,)), bisect_left(clusters, (end,))
            clusters = tuple([(column - start, text) for column, text in clusters[first:last]])
        return Row.of_strings(signs[start:end], self._styles[start:end], self._table, clusters=clusters)

    def in_table(self, table: StyleTable) -> "Row":
        """Return the row with the characters of a table for its styles; itself where it has these."""
        if self.table is table or self.is_plain:
            return self
        row = self._copy()
        row._styles, row._table = table.translate(self._styles, self.table), table
        return row

    def renewed(self) -> "Row":
        """Return the row in the current table if its own is an old one; rows that stay are to be asked for that."""
        table = self._table
        if table is None:
            return self
        current = current_table()
        return self if current.generation - table.generation < MOST_TABLES_BEHIND else self.in_table(current)

    def replace(
        self,
        *,
        wrapped: bool | None = None,
        origin: object | None = None,
        written: int | None = None,
        tabs: tuple[int, ...] | None = None,
    ) -> "Row":
        """Return the row with some of what it is besides its cells replaced; None leaves a thing as it is."""
        row = self._copy()
        if wrapped is not None:
            row.wrapped = wrapped
        if origin is not None:
            row.origin = origin
        if written is not None:
            row.written = written
        if tabs is not None:
            row.tabs = tabs
        return row

    def restyled(self, styles: str) -> "Row":
        """Return the row drawn in other styles, which have characters of its table."""
        row = Row.of_strings(self.signs, styles, self.table, clusters=self.clusters)
        row.wrapped, row.origin, row.written, row.tabs = self.wrapped, self.origin, self.written, self.tabs
        return row

    def _copy(self) -> "Row":
        row = Row.__new__(Row)
        row._cells, row._signs, row._clusters = self._cells, self._signs, self._clusters
        row._styles, row._table = self._styles, self._table
        row.wrapped, row.origin, row.written, row.tabs = self.wrapped, self.origin, self.written, self.tabs
        return row

    def __eq__(self, other: object) -> bool:
        """Tell whether another row looks the same: the same cells, and wrapped or not alike."""
        if self is other:
            return True
        if not isinstance(other, Row):
            return NotImplemented
        if self.wrapped != other.wrapped:
            return False
        if self._signs is None and other._signs is None:
            return self._cells == other._cells
        return self.signs == other.signs and self.clusters == other.clusters and same_styles(self, other)

    def __hash__(self) -> int:
        return hash((self.signs, self.clusters, self.wrapped))

    def __repr__(self) -> str:
        return f"<row {self.text!r}{', wrapped' if self.wrapped else ''}>"

    def _made_cells(self) -> tuple[Cell, ...]:
        texts: Sequence[str] = self._signs  # type: ignore[assignment]
        if not self.is_narrow:
            texts = texts_of(self.signs, self._clusters)
        return tuple(map(self.table.cells.__getitem__, map(add, self._styles, texts)))

    def _make_strings(self) -> None:
        cells: tuple[Cell, ...] = self._cells  # type: ignore[assignment]
        table = current_table()
        self._styles = _styles_of(cells, table)
        self._table = table if self._styles.strip(DEFAULT) else None
        self._signs, self._clusters = signs_of([cell.text for cell in cells])


def renewed_rows(rows: Sequence[Row], *, columns: int) -> tuple[Row, ...]:
    """Return a screen's rows, those with an old table in the current one: mostly all of them as they are."""
    table = table_for_screen(cells=len(rows) * columns)
    return tuple(rows if table.generation < MOST_TABLES_BEHIND else [row.renewed() for row in rows])


def signs_of_rows(rows: Sequence[Row]) -> list[str]:
    """Return what stands in the columns of each."""
    return [row.signs if row._signs is None else row._signs for row in rows]


def same_styles(row: Row, other: Row) -> bool:
    """Tell whether two rows of one width have the same styles in all columns."""
    if has_comparable_styles(row, other):
        return row.styles == other.styles
    return all(map(eq, row.packed_styles(), other.packed_styles()))


def has_comparable_styles(row: Row, other: Row) -> bool:
    """Tell whether the characters that two rows have for their styles stand for the same ones."""
    return row.table is other.table or row.is_plain or other.is_plain


def side_by_side(*rows: Row) -> Row:
    """Return rows as one, from left to right, in the table that most of them have."""
    signs = "".join([row.signs for row in rows])
    tables = [row._table for row in rows if row._table is not None]
    table = tables[0] if tables else None
    if table is not None and len(set(tables)) > 1:
        table = Counter(tables).most_common(1)[0][0]
        rows = tuple([row.in_table(table) for row in rows])
    styles = "".join([row._styles for row in rows])
    clusters: list[tuple[int, str]] = []
    start = 0
    for row in rows if CLUSTER in signs else ():
        clusters += [(start + column, text) for column, text in row.clusters]
        start += row.columns
    return Row.of_strings(signs, styles, table, clusters=tuple(clusters))


def signs_of(texts: Sequence[str]) -> tuple[str, Clusters]:
    """Return the signs of columns with these texts, and the texts that have no sign of their own."""
    signs = "".join(texts)
    if len(signs) == len(texts) and "" not in texts and signs.isprintable():
        return signs, ()
    known = [text if len(text) == 1 and text > CLUSTER else CLUSTER if text else RIGHT_HALF for text in texts]
    clusters = [(column, texts[column]) for column, sign in enumerate(known) if sign == CLUSTER]
    return "".join(known), tuple(clusters)


def texts_of(signs: str, clusters: Clusters) -> list[str]:
    """Return the texts of columns with these signs, "" for the right half of a wide character."""
    texts = list(signs)
    if RIGHT_HALF in signs:
        texts = ["" if sign == RIGHT_HALF else sign for sign in texts]
    for column, text in clusters:
        texts[column] = text
    return texts


def _styles_of(cells: Sequence[Cell], table: StyleTable) -> str:
    known = {id(cell.style): cell.style for cell in cells}
    if len(known) == 1:
        return table.character(cells[0].style) * len(cells)
    characters = {key: table.character(style) for key, style in known.items()}
    return "".join([characters[id(cell.style)] for cell in cells])


def tab_stop(column: int, columns: int) -> int:
    """Return where a tab that begins in a column ends, with the stops that a terminal starts with."""
    return min((column // TAB_WIDTH + 1) * TAB_WIDTH, columns - 1)


@lru_cache(maxsize=64)
def blank_row(columns: int) -> Row:
    """Return the shared blank row of a width, in the default style."""
    return Row.of_strings(" " * columns, DEFAULT * columns, None)
