"""Where rows and strings differ, column by column, and where a string goes on with another character.

No step of Python is taken for a column: characters are compared as one number of 32 bits each, styles of two tables
packed.
"""

import struct
from collections.abc import Sequence
from itertools import compress
from operator import ne
from typing import Final

from rmosh.terminal.rows import Row, has_comparable_styles

#: What makes 1 of every byte but 0.
_AS_FLAG: Final = bytes([0]) + bytes([1]) * 255


def differences(old: str, new: str) -> bytes:
    """Return a byte for each character, 1 where two strings of one length differ, else 0."""
    if old == new:
        return bytes(len(new))
    if old.isascii() and new.isascii():
        changed = int.from_bytes(old.encode(), "little") ^ int.from_bytes(new.encode(), "little")
        return changed.to_bytes(len(new), "little").translate(_AS_FLAG)
    return _flags(_number(old) ^ _number(new), len(new))


def row_differences(old: Row, new: Row) -> bytes:
    """Return a byte for each column, 1 where the cells of two rows of one width differ, else 0."""
    flags = differences(old.signs, new.signs)
    if not has_comparable_styles(old, new):
        flags = either(flags, bytes(map(ne, old.packed_styles(), new.packed_styles())))
    elif old.styles != new.styles:
        flags = either(flags, differences(old.styles, new.styles))
    return flags if old.clusters == new.clusters else _with_clusters(flags, old, new)


def either(one: bytes, other: bytes) -> bytes:
    """Return 1 for each column for which one of the two has it, else 0."""
    both = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    return both.to_bytes(len(one), "little")


def _with_clusters(flags: bytes, old: Row, new: Row) -> bytes:
    marked = bytearray(flags)
    for column, _ in set(old.clusters) ^ set(new.clusters):
        marked[column] = 1
    return bytes(marked)


def style_runs(styles: str) -> tuple[list[int], list[int]]:
    """Return the code points of the runs of one character that a row's styles are made of, and how long each is."""
    if not styles:
        return [], []
    changes = differences(styles[:-1], styles[1:])
    lengths = list(map(len, (b"\0" + changes.replace(b"\1", b"\1\0")).split(b"\1")))
    return list(compress(code_points(styles), b"\1" + changes)), lengths


def code_points(text: str) -> Sequence[int]:
    """Return the code points of a text's characters: four times as quick as to take these one by one."""
    return struct.unpack(f"<{len(text)}I", text.encode("utf-32-le", "surrogatepass"))


def _number(text: str) -> int:
    return int.from_bytes(text.encode("utf-32-le", "surrogatepass"), "little")


def _flags(number: int, count: int) -> bytes:
    """Return a byte for each 32 bits of a number, from the lowest on: 1 where they are not all 0."""
    number |= number >> 16
    number |= number >> 8
    return number.to_bytes(4 * count, "little")[::4].translate(_AS_FLAG)
