"""All cells that a screen message writes, in one stream: one text, then what is not plain about it.

The text is that of all cells joined; where every cell is one code point, nothing more is said of
it. Else *shapes* tell clusters and wide cells apart. Styles are runs over the cells. Decoded cells
are shared, so that a client's equal cells are mostly the same objects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import sub
from typing import Final

from rmosh.errors import Malformed
from rmosh.screen.limits import MAX_INFLATED, MAX_SENT_CLUSTER
from rmosh.screen.styles import StyleTable
from rmosh.screen.text import append_text, read_text
from rmosh.terminal.cells import DEFAULT_STYLE, MAX_CELLS, Cell, Style, blank_cell
from rmosh.wire import Reader, append_varint, append_varints

#: A shape's kind, in its two lowest bits: WIDE, an empty right half follows each cell; CLUSTER, one cell of
#: as many code points as the shape counts. Without CLUSTER the shape counts cells of one code point each.
_WIDE: Final = 1
_CLUSTER: Final = 2

#: How many styles, and how many cells of each, are kept for sharing. Unit: entries. Reason: holds all of an
#: ordinary screen; a hostile peer can make us keep 25 MB. Source: our own choice.
_SHARED_STYLES: Final = 512
_SHARED_CELLS: Final = 256


@dataclass(frozen=True, slots=True)
class Shape:
    """What the next code points of the text make: `count` cells, or one cluster of `count` code points."""

    kind: int
    count: int


def append_cell_text(buffer: bytearray, cells: Sequence[Cell]) -> list[Shape]:
    """Append the text of cells; return the shapes to send with it, none where all are single code points."""
    texts = [cell.text for cell in cells]
    text = "".join(texts)
    shapes: list[Shape] = []
    if len(text) != len(texts) or "" in texts:
        texts = [text[:MAX_SENT_CLUSTER] for text in texts]
        text = "".join(texts)
        shapes = _shapes(texts)
    append_text(buffer, text)
    return shapes


def _shapes(texts: Sequence[str]) -> list[Shape]:
    shapes: list[Shape] = []
    kind = count = position = 0
    while position < len(texts):
        size = len(texts[position])
        wide = position + 1 < len(texts) and not texts[position + 1]
        if size == 1 and kind == wide:
            count += 1
        else:
            shapes.append(Shape(kind, count))
            kind, count = (wide, 1) if size == 1 else (_CLUSTER | wide, size)
        position += 2 if wide else 1
    if kind:
        shapes.append(Shape(kind, count))  # else the rest of the text is plain without saying so
    return shapes if shapes[0] != Shape(0, 0) else shapes[1:]


def append_shapes(buffer: bytearray, shapes: Sequence[Shape]) -> None:
    """Append the count of shapes, then each: kind and count in one varint."""
    append_varint(buffer, len(shapes))
    for shape in shapes:
        append_varint(buffer, shape.count << 2 | shape.kind)


def read_cell_text(reader: Reader) -> str:
    """Take the joined text of the cells.

    Raises:
        Malformed: it is not UTF-8, or holds a control character.
    """
    return read_text(reader, limit=MAX_INFLATED)


def read_shaped(reader: Reader, text: str) -> list[str]:
    """Take shapes and return the text of each cell.

    Raises:
        Malformed: they need more text than there is, or make more cells than a frame has.
    """
    texts: list[str] = []
    position = 0
    for _ in range(reader.varint(limit=MAX_CELLS)):
        head = reader.varint(limit=MAX_CELLS << 2 | 3)
        kind, count = head & 3, head >> 2
        if kind & _CLUSTER and count > MAX_SENT_CLUSTER:
            raise Malformed(f"a cluster of {count} code points is longer than {MAX_SENT_CLUSTER}")
        part = text[position : position + count]
        if len(part) != count or len(texts) > MAX_CELLS:
            raise Malformed(f"a shape of {count} does not fit the {len(text) - position} code points left")
        position += count
        texts += _shaped(part, kind)
    texts += text[position:]
    return texts


def _shaped(part: str, kind: int) -> Sequence[str]:
    if kind == 0:
        return part
    if kind == _WIDE:
        pairs = [""] * (2 * len(part))
        pairs[::2] = part
        return pairs
    return (part, "") if kind & _WIDE else (part,)


def append_style_runs(buffer: bytearray, cells: Sequence[Cell], styles: StyleTable) -> None:
    """Append the runs of one style that cover the cells: their count, the style numbers, the lengths."""
    starts = _run_starts(cells)
    append_varint(buffer, len(starts))
    append_varints(buffer, [styles.number(cells[start].style) for start in starts])
    append_varints(buffer, map(sub, [*starts[1:], len(cells)], starts))


def _run_starts(cells: Sequence[Cell]) -> list[int]:
    """Return where runs of one style start (by identity: equal styles may make two runs)."""
    present = None
    starts = []
    for position, style in enumerate([cell.style for cell in cells]):
        if style is not present:
            present = style
            starts.append(position)
    return starts


def read_styled(reader: Reader, texts: Sequence[str], styles: Sequence[Style]) -> tuple[Cell, ...]:
    """Take style runs and return the cells of these texts.

    Raises:
        Malformed: a style is not in the table, a run is empty, or the runs do not end where the text does.
    """
    count = reader.varint(limit=len(texts))
    numbers = reader.varints(count, limit=len(styles) - 1)
    lengths = reader.varints(count, limit=len(texts))
    if sum(lengths) != len(texts) or 0 in lengths:
        raise Malformed(f"{count} style runs cover {sum(lengths)} cells of {len(texts)}, or one covers none")
    cells: list[Cell] = []
    make = [_shared_cells(style).__getitem__ for style in styles] if len(styles) <= _SHARED_STYLES else None
    start = 0
    for number, length in zip(numbers, lengths, strict=True):
        part = texts[start : start + length]
        start += length
        cells += map(make[number], part) if make else [Cell(text, styles[number]) for text in part]
    return tuple(cells)


def plain_cells(texts: Sequence[str]) -> tuple[Cell, ...]:
    """Return the cells of these texts in the default style."""
    return tuple(map(_shared_cells(DEFAULT_STYLE).__getitem__, texts))


class _SharedCells(dict[str, Cell]):
    """The cells of one style by their text; makes what it lacks, keeps a bounded number."""

    def __init__(self, style: Style) -> None:
        super().__init__()
        self._style = style

    def __missing__(self, text: str) -> Cell:
        cell = blank_cell(self._style) if text == " " else Cell(text, self._style)
        if len(self) < _SHARED_CELLS:
            self[text] = cell
        return cell


@lru_cache(maxsize=_SHARED_STYLES)
def _shared_cells(style: Style) -> _SharedCells:
    return _SharedCells(style)
