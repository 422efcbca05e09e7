"""Pens: what text is written with. A pen turns texts into interned cells of one style, when somebody asks.

A pen is also the table of the pens that each SGR sequence leads to from it, so a rendition seen before costs one
dictionary look-up. Pens that differ in the foreground only share a second table, for the sequences whose outcome does
not depend on it: so many colours do not make a table of their square. All tables are bounded and simply start over
when full: a pen in use goes on working.
"""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain, repeat
from typing import Final, TypeAlias

from rmosh.terminal.cells import DEFAULT_STYLE, INDEXED, Cell, Colour, Style, blank_cell
from rmosh.terminal.sgr import rendition_after

#: Most pens, and most SGR sequences remembered by all of them together, before both start over. Reason: programs may
#: use any of 2^24 colours; a pen costs about 1 KB. Source: our own choice, above what any 256-colour program uses.
MAX_PENS: Final = 512
MAX_TRANSITIONS: Final = 4096

#: Most different cells of one style that are kept. Reason: a page of CJK has some hundreds. Source: our own choice.
MAX_CELLS_REMEMBERED: Final = 2048

#: What a line remembers of a write: texts of cells (or a number of blanks) not yet made into cells.
Texts: TypeAlias = "str | tuple[str, ...] | int"


class ProtectedCell(Cell):
    """A cell that selective erase passes over (DECSCA); never leaves the emulator."""

    __slots__ = ()


class TabCell(Cell):
    """A blank cell in which a tab begins; never leaves the emulator."""

    __slots__ = ()


class _Cells(dict[str, Cell]):
    """The cells of one style, made when first asked for."""

    __slots__ = ("_kind", "_style")

    def __init__(self, style: Style, kind: type[Cell]) -> None:
        super().__init__()
        self._style = style
        self._kind = kind

    def __missing__(self, text: str) -> Cell:
        if len(self) >= MAX_CELLS_REMEMBERED:
            self.clear()
        cell = self._kind(text, self._style)
        if text == " " and self._kind is Cell:
            cell = blank_cell(self._style)
        self[text] = cell
        return cell


class Brush:
    """One way of turning what was written into cells.

    Attributes:
        paint: gives the cells of a write, in order.
        is_plain: it writes in the default style.
    """

    __slots__ = ("is_plain", "paint", "style")

    def __init__(self, style: Style, paint: Callable[..., Iterable[Cell]]) -> None:
        self.style = style
        self.is_plain = style.foreground is None and style == DEFAULT_STYLE
        self.paint = paint


def _paint_tab(text: str) -> Iterable[Cell]:
    return (_TAB_CELL, *[blank_cell()] * (len(text) - 1))


_TAB_CELL: Final = TabCell(" ")

#: Writes a tab and the blanks that it moves over.
TAB_BRUSH: Final = Brush(DEFAULT_STYLE, _paint_tab)


class Family:
    """The pens that differ in the foreground only.

    Attributes:
        pens: by foreground, one that was named by its index by its complement.
        siblings: by SGR sequences that lead to the same pen from each of them.
    """

    __slots__ = ("pens", "siblings")

    def __init__(self) -> None:
        self.pens: dict[Colour, Pen] = {}
        self.siblings: dict[str, Pen] = {}

    def clear(self) -> None:
        """Forget all pens; those in use go on working."""
        for pen in self.pens.values():
            pen.clear()
        self.pens.clear()
        self.siblings.clear()


class Pen(dict[str, "Pen"]):
    """A rendition to write with, and the pens that SGR sequences lead to from here.

    Attributes:
        is_plain: it writes in the default style.
        protected: whether what it writes withstands selective erase.
        siblings: the pens that SGR sequences lead to from here and from every other foreground.
    """

    __slots__ = ("_box", "_cells", "_eraser", "_wide", "is_plain", "protected", "siblings", "style")

    def __init__(self, box: "PenBox", style: Style, *, protected: bool, siblings: "dict[str, Pen]") -> None:
        self._box = box
        self._cells: _Cells | None = None
        self._wide: Brush | None = None
        self.style = style
        self.is_plain = style.foreground is None and style == DEFAULT_STYLE
        self.protected = protected
        self.siblings = siblings
        self._eraser: Brush | None = None

    @property
    def eraser(self) -> Brush:
        """The brush for a number of blanks in the pen's background (background colour erase)."""
        if self._eraser is None:
            self._eraser = self._box.eraser(self.style)
        return self._eraser

    @property
    def _cell(self) -> Callable[[str], Cell]:
        """What gives the cell of a text; made at the first use, because most pens of a flood are never read."""
        if self._cells is None:
            self._cells = _Cells(self.style, ProtectedCell if self.protected else Cell)
        return self._cells.__getitem__

    def paint(self, texts: Iterable[str]) -> Iterable[Cell]:
        """Return the cells of texts that are one cell each."""
        return map(self._cell, texts)

    @property
    def wide(self) -> Brush:
        """The brush for texts of two-column characters, their right halves left out."""
        if self._wide is None:
            self._wide = Brush(self.style, partial(_paint_wide, self._cell))
        return self._wide

    def __missing__(self, sequence: str) -> "Pen":
        following = self.siblings.get(sequence)
        return self._box.after(self, sequence) if following is None else following

    def with_style(self, style: Style) -> "Pen":
        """Return the pen of another style, protecting as this one does."""
        return self._box.pen(style, protected=self.protected)

    def with_protection(self, protected: bool) -> "Pen":
        """Return the pen of the same style that protects or not."""
        return self._box.pen(self.style, protected=protected)


class PenBox:
    """All pens of one terminal."""

    def __init__(self) -> None:
        self._families: dict[tuple[object, ...], Family] = {}
        self._pens = 0
        self._erasers: dict[object, Brush] = {}
        self._transitions = 0

    def pen(self, style: Style = DEFAULT_STYLE, *, protected: bool = False) -> Pen:
        """Return the pen of a style."""
        attributes = style.attributes & ~INDEXED  # which belongs to the foreground
        foreground = style.foreground if attributes == style.attributes else ~(style.foreground or 0)
        others = (style.background, attributes, style.underline, style.underline_colour, style.link, protected)
        family = self._families.get(others)
        found = family.pens.get(foreground) if family else None
        if found is None:
            if self._pens >= MAX_PENS:
                self._start_over()
            family = self._families.setdefault(others, Family())
            found = Pen(self, style, protected=protected, siblings=family.siblings)
            family.pens[foreground] = found
            self._pens += 1
        return found

    def eraser(self, style: Style) -> Brush:
        """Return the brush that leaves blanks with a style's background."""
        background = style.background
        found = self._erasers.get(background)
        if found is None:
            if len(self._erasers) >= MAX_PENS:
                self._erasers.clear()
            blank_style = Style(background=background)
            found = self._erasers[background] = Brush(blank_style, (blank_cell(blank_style),).__mul__)
        return found

    def after(self, pen: Pen, sequence: str) -> Pen:
        """Return the pen that an SGR sequence, whole with its `CSI` and `m`, makes of this one."""
        if self._transitions >= MAX_TRANSITIONS:
            self._start_over()
            pen.clear()
            pen.siblings.clear()
        style, keeps_foreground = rendition_after(pen.style, sequence[2:-1])
        following = self.pen(style, protected=pen.protected)
        remembered = pen if keeps_foreground else pen.siblings
        remembered[sequence] = following
        self._transitions += 1
        return following

    def _start_over(self) -> None:
        for family in self._families.values():
            family.clear()
        self._families.clear()
        self._pens = self._transitions = 0


def _paint_wide(cell: Callable[[str], Cell], text: str) -> Iterable[Cell]:
    return map(cell, chain.from_iterable(zip(text, repeat(""))))
