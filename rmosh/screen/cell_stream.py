"""All cells that a screen message writes, in one stream: one text, then what is not plain about it.

The stream is a row, as long as all cells are many. Its text is that of all cells joined; where every cell is one code
point, nothing more is said of it. Else *shapes* tell clusters and wide cells apart. Styles are runs over the cells.
"""

import re
from collections.abc import Iterator, Sequence
from operator import mul
from typing import Final

from rmosh.errors import Malformed
from rmosh.screen.limits import MAX_INFLATED, MAX_SENT_CLUSTER
from rmosh.screen.text import append_text, read_text
from rmosh.terminal.cells import MAX_CELLS, Row
from rmosh.terminal.rows import CLUSTER, RIGHT_HALF, Clusters
from rmosh.wire import Reader, append_varint, append_varints

#: A shape's kind, in its two lowest bits: WIDE, an empty right half follows each cell; CLUSTERED, one cell of
#: as many code points as the shape counts. Without CLUSTERED the shape counts cells of one code point each.
_KIND: Final = 0b11
_WIDE: Final = 1
_CLUSTERED: Final = 2

#: What one shape is made of, by its kind: narrow cells of one code point, wide ones, or a cluster; a right half that
#: follows no cell is sent as a cluster without text.
_SHAPED: Final = re.compile(
    rf"(?:[^{RIGHT_HALF}{CLUSTER}](?!{RIGHT_HALF}))+|(?:[^{RIGHT_HALF}{CLUSTER}]{RIGHT_HALF})+"
    rf"|[{RIGHT_HALF}{CLUSTER}]{RIGHT_HALF}?"
)


def append_cell_text(buffer: bytearray, cells: Row) -> list[int]:
    """Append the text of cells; return the shapes to send with it, none where all are single code points."""
    if cells.is_narrow:
        append_text(buffer, cells.signs)
        return []
    clusters = [text[:MAX_SENT_CLUSTER] for _, text in cells.clusters]
    first, *others = cells.signs.replace(RIGHT_HALF, "").split(CLUSTER)
    append_text(buffer, first + "".join([cluster + other for cluster, other in zip(clusters, others, strict=True)]))
    shapes = list(_shapes(cells.signs, map(len, clusters)))
    return shapes if shapes[-1] & _KIND else shapes[:-1]  # the rest of the text is plain without saying so


def _shapes(signs: str, sizes: Iterator[int]) -> Iterator[int]:
    """Yield the shapes of all cells: a count of cells or code points, and the kind below.

    Args:
        sizes: how many code points the clusters have, one after the other.
    """
    for shaped in _SHAPED.findall(signs):
        wide = _WIDE if shaped[1:].endswith(RIGHT_HALF) else 0
        if shaped[0] == CLUSTER:
            yield next(sizes) << 2 | _CLUSTERED | wide
        elif shaped[0] == RIGHT_HALF:
            yield _CLUSTERED | wide
        else:
            yield (len(shaped) // 2 if wide else len(shaped)) << 2 | wide


def append_shapes(buffer: bytearray, shapes: Sequence[int]) -> None:
    """Append the count of shapes, then each."""
    append_varint(buffer, len(shapes))
    append_varints(buffer, shapes)


def read_cell_text(reader: Reader) -> str:
    """Take the joined text of the cells.

    Raises:
        Malformed: it is not UTF-8, or holds a control character.
    """
    return read_text(reader, limit=MAX_INFLATED)


def read_shaped(reader: Reader, text: str) -> tuple[str, Clusters]:
    """Take shapes and return the cells' signs and clusters.

    Raises:
        Malformed: they need more text than there is, or make more cells than a frame has.
    """
    signs: list[str] = []
    clusters: list[tuple[int, str]] = []
    position = columns = 0
    for head in reader.varints(reader.varint(limit=MAX_CELLS), limit=MAX_CELLS << 2 | _KIND):
        kind, count = head & _KIND, head >> 2
        if kind & _CLUSTERED and count > MAX_SENT_CLUSTER:
            raise Malformed(f"a cluster of {count} code points is longer than {MAX_SENT_CLUSTER}")
        part = text[position : position + count]
        if len(part) != count or columns > MAX_CELLS:
            raise Malformed(f"a shape of {count} does not fit the {len(text) - position} code points left")
        position += count
        if kind & _CLUSTERED and count > 1:
            clusters.append((columns, part))
        sign = _signs(part, kind)
        columns += len(sign)
        signs.append(sign)
    signs.append(text[position:])
    return "".join(signs), tuple(clusters)


def _signs(part: str, kind: int) -> str:
    """Return the signs of a shape's text."""
    if kind == 0:
        return part
    if kind == _WIDE:
        return RIGHT_HALF.join(part) + RIGHT_HALF if part else ""
    sign = CLUSTER if len(part) > 1 else part or RIGHT_HALF
    return sign + RIGHT_HALF if kind & _WIDE else sign


def read_styled(reader: Reader, cells: int, characters: Sequence[str]) -> str:
    """Take style runs and return the characters of the cells' styles.

    Args:
        cells: how many there are.
        characters: of the styles by their numbers.

    Raises:
        Malformed: a style is not in the table, a run is empty, or the runs do not end where the text does.
    """
    count = reader.varint(limit=cells)
    numbers = reader.varints(count, limit=len(characters) - 1)
    lengths = reader.varints(count, limit=cells)
    if sum(lengths) != cells or 0 in lengths:
        raise Malformed(f"{count} style runs cover {sum(lengths)} cells of {cells}, or one covers none")
    return "".join(map(mul, map(characters.__getitem__, numbers), lengths))
