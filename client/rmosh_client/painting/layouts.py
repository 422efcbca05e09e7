"""How the columns of rows are to be written on one terminal: most rows need no look at their single columns."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar

from rmosh.lazy_dataclass import dataclass, field, replace
from rmosh.terminal.rows import Clusters, Row, texts_of
from rmosh.terminal.style_table import MOST_TABLES_BEHIND, StyleTable
from rmosh_client.painting.doubt import Drawing
from rmosh_client.painting.glyphs import kinds_of, where_halves, where_in_question, where_sure
from rmosh_client.painting.units import Unit, units_of

#: Most layouts that are kept. Reason: those of some screens; each takes the client about 1 KB.
_MOST_KEPT: Final = 256

#: What tells rows of one table apart.
_Strings: TypeAlias = tuple[str, Clusters, str]
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Layout:
    """How the columns of one row are to be written.

    Attributes:
        sure: 1 for each column whose sign is one character and that every terminal draws alike, whatever stands beside
            it, and 0 for others.
        tied: 1 for each column that must not be written without the one to its left.
        units: what is of several cells or doubtful, by where it starts; any other cell is written by itself.
        tabs: the first column of each tab that is to be printed, and the one behind it.
    """

    sure: bytes
    tied: bytes
    units: Mapping[int, Unit] = field(default_factory=dict)
    tabs: Mapping[int, int] = field(default_factory=dict)

    def with_tabs(self, tabs: Mapping[int, int]) -> "Layout":
        """Return the same with tabs printed instead of the blanks that they move over."""
        if not tabs:
            return self
        sure = bytes([is_sure and column not in tabs for column, is_sure in enumerate(self.sure)])
        return replace(self, sure=sure, tabs=tabs)


def lay_out(row: Row, drawing: Drawing) -> Layout:
    """Return a row's layout on a terminal that draws in such a way."""
    texts = row.signs if row.is_narrow else texts_of(row.signs, row.clusters)
    kinds = kinds_of(texts)
    sure, tied = bytearray(where_sure(kinds)), bytearray(where_halves(kinds))
    for column, _ in row.clusters:
        sure[column] = 0
    in_question = where_in_question(kinds)
    units = [*units_of(row, texts, in_question, drawing)] if 1 in in_question else ()
    for unit in units:
        sure[unit.start : unit.stop] = bytes(unit.stop - unit.start)
        tied[unit.start + 1 : unit.end] = b"\1" * (unit.end - unit.start - 1)
    return Layout(bytes(sure), bytes(tied), {unit.start: unit for unit in units})


@lru_cache(maxsize=8)
def _ascii_layout(columns: int) -> Layout:
    return Layout(b"\1" * columns, bytes(columns))


class Layouts:
    """The layouts of rows on a terminal that draws in one way; a row that is shown again is not laid out again."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self._by_signs: dict[str, Layout] = {}
        self._by_strings: dict[int, dict[_Strings, Layout]] = {}

    def of(self, row: Row) -> Layout:
        """Return a row's layout."""
        signs = row.signs
        if signs.isascii() and signs.isprintable():
            return _ascii_layout(len(signs))
        known = None if row.clusters else self._by_signs.get(signs)
        return known or self._with_styles(row)

    def _with_styles(self, row: Row) -> Layout:
        """Return the layout of a row that is not known by its signs alone: what is doubtful goes by styles as well."""
        kept = self._kept_for(row.table)
        strings = row.signs, row.clusters, row.styles
        known = kept.get(strings)
        if known is None:
            known = lay_out(row, self.drawing)
            if known.units or row.clusters:
                _keep(kept, strings, known)
            else:
                _keep(self._by_signs, row.signs, known)
        return known

    def _kept_for(self, table: StyleTable) -> dict[_Strings, Layout]:
        """Return the layouts of a table's rows, by its generation: who keeps them keeps no table."""
        if table.generation not in self._by_strings:
            if len(self._by_strings) > MOST_TABLES_BEHIND:
                del self._by_strings[min(self._by_strings)]
            self._by_strings[table.generation] = {}
        return self._by_strings[table.generation]


def _keep(kept: dict[_Key, Layout], key: _Key, layout: Layout) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = layout
