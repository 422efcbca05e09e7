"""The two shapes every rmosh message is made of: varints and byte strings.

Knows bytes only, nothing of datagrams, screens or sessions. A `Reader` walks over bytes that a
stranger may have made and raises nothing but `Malformed`; the encoders serve our own values and
raise `UsageError` where a value does not fit.
"""

import builtins
import re
from collections.abc import Iterable
from struct import unpack
from typing import Final

from rmosh.errors import Malformed, UsageError

#: Largest varint: two of 64 bits tell the length. Unit: none. Source: RFC 9000 section 16.
MAX_VARINT: Final = (1 << 62) - 1

#: Largest values that fit in one, two and four bytes. Unit: none. Source: RFC 9000 section 16.
_MAX_IN_1: Final = (1 << 6) - 1
_MAX_IN_2: Final = (1 << 14) - 1
_MAX_IN_4: Final = (1 << 30) - 1

#: One varint of at most two bytes. Source: RFC 9000 section 16.
_SMALL: Final = re.compile(rb"[\x00-\x3f]|[\x40-\x7f][\x00-\xff]")

#: Varints of one size that stand together, of one byte, two or four; and what `struct` calls numbers of these sizes.
_STRETCH: Final = re.compile(rb"([\x00-\x3f]+)|((?:[\x40-\x7f][\x00-\xff])+)|((?:[\x80-\xbf][\x00-\xff]{3})+)")
_STRETCHES: Final = {1: (1, "B"), 2: (2, "H"), 3: (4, "I")}
_VALUE_BITS: Final = {1: _MAX_IN_1, 2: _MAX_IN_2, 4: _MAX_IN_4}

#: Varints that are remembered each way, where many stand together. Reason: style numbers of a screen of 160x48 cells,
#: each in colours of its own; 1 MB when full, next to nothing before.
_REMEMBERED: Final = 1 << 13

_ONE_BYTE: Final = tuple(bytes([value]) for value in range(_MAX_IN_1 + 1))


def encode_varint(value: int) -> bytes:
    """Return the shortest varint of a value from 0 to MAX_VARINT.

    Raises:
        UsageError: the value is out of range.
    Source: RFC 9000 section 16.
    """
    if 0 <= value <= _MAX_IN_1:
        return _ONE_BYTE[value]
    if 0 <= value <= _MAX_IN_2:
        return (value | 0x4000).to_bytes(2, "big")
    if 0 <= value <= _MAX_IN_4:
        return (value | 0x8000_0000).to_bytes(4, "big")
    if 0 <= value <= MAX_VARINT:
        return (value | 0xC000_0000_0000_0000).to_bytes(8, "big")
    raise UsageError(f"{value} does not fit in a varint, which holds 0 to 2^62 - 1")


def append_varint(buffer: bytearray, value: int) -> None:
    """Append the shortest varint of a value: `encode_varint` without the bytes object in the common case.

    Raises:
        UsageError: the value is not from 0 to MAX_VARINT.
    """
    if 0 <= value <= _MAX_IN_1:
        buffer.append(value)
    else:
        buffer += encode_varint(value)


class _Encoded(dict[int, bytes]):
    """Varints by their values."""

    def __missing__(self, value: int) -> bytes:
        varint = encode_varint(value)
        if len(self) < _REMEMBERED:
            self[value] = varint
        return varint


class _Decoded(dict[bytes, int]):
    """Values by their varints, of one or two bytes."""

    def __missing__(self, varint: bytes) -> int:
        value = int.from_bytes(varint, "big") & _MAX_IN_2
        if len(self) < _REMEMBERED:
            self[varint] = value
        return value


_encoded: Final = _Encoded()
_decoded: Final = _Decoded()


def append_varints(buffer: bytearray, values: Iterable[int]) -> None:
    """Append many varints: a loop over `append_varint` without a call for each.

    Raises:
        UsageError: a value is not from 0 to MAX_VARINT.
    """
    numbers = list(values)
    if len(numbers) <= _REMEMBERED:
        buffer += b"".join(map(_encoded.__getitem__, numbers))
    else:
        buffer += b"".join([_encoded[value] if value < _REMEMBERED else encode_varint(value) for value in numbers])


def append_bytes(buffer: bytearray, content: bytes) -> None:
    """Append a byte string behind its length as a varint: what `Reader.counted_bytes` reads."""
    append_varint(buffer, len(content))
    buffer += content


class Reader:
    """Takes values off the front of untrusted bytes; raises only `Malformed`."""

    __slots__ = ("_position", "_size", "_untrusted")

    def __init__(self, untrusted: bytes) -> None:
        self._untrusted = untrusted
        self._position = 0
        self._size = len(untrusted)

    @property
    def remaining(self) -> int:
        """How many bytes were not read yet."""
        return self._size - self._position

    def varint(self, *, limit: int = MAX_VARINT) -> int:
        """Take a varint of at most `limit`; any length that holds the value is accepted.

        Raises:
            Malformed: the bytes end within it, or it is above the limit.
        Source: RFC 9000 section 16.
        """
        position = self._position
        if position >= self._size:
            raise Malformed(f"a varint was due after byte {position}, but the bytes end there")
        first = self._untrusted[position]
        if first <= _MAX_IN_1:
            value, end = first, position + 1
        else:
            value, end = self._long_varint(first, position)
        if value > limit:
            raise Malformed(f"the varint at byte {position} is {value}, the limit there is {limit}")
        self._position = end
        return value

    def varints(self, count: int, *, limit: int = MAX_VARINT) -> list[int]:
        """Take `count` varints of at most `limit` each: a loop over `varint` without a call for each.

        Raises:
            Malformed: the bytes end before the last one does, or one is above the limit.
        """
        start = self._position
        if count > self.remaining:
            raise Malformed(f"{count} varints were due after byte {start}, {self.remaining} bytes are left")
        values = list(self._untrusted[start : start + count])
        if not values or max(values) <= min(limit, _MAX_IN_1):
            self._position += count
            return values
        varints = _SMALL.findall(self._untrusted, start, start + 2 * count)[:count]
        joined = b"".join(varints)
        if len(varints) < count or not self._untrusted.startswith(joined, start):
            return self._long_varints(count, limit=limit)
        self._position += len(joined)
        return self._within(list(map(_decoded.__getitem__, varints)), limit)

    def _long_varints(self, count: int, *, limit: int) -> list[int]:
        """Take varints of which some have four bytes or eight, those of one size that stand together at once."""
        values: list[int] = []
        while missing := count - len(values):
            stretch = _STRETCH.match(self._untrusted, self._position, self._position + 4 * missing)
            if stretch is None:
                values.append(self.varint(limit=limit))
                continue
            size, code = _STRETCHES[stretch.lastindex or 1]
            found = stretch[0][: size * missing]
            self._position += len(found)
            values += [value & _VALUE_BITS[size] for value in unpack(f">{len(found) // size}{code}", found)]
        return self._within(values, limit)

    def _within(self, values: list[int], limit: int) -> list[int]:
        if max(values) > limit:
            raise Malformed(f"one of {len(values)} varints before byte {self._position} is above the limit, {limit}")
        return values

    def _long_varint(self, first: int, position: int) -> tuple[int, int]:
        size = 1 << (first >> 6)
        end = position + size
        if end > self._size:
            raise Malformed(f"the varint at byte {position} has {size} bytes, {self.remaining} are left")
        return int.from_bytes(self._untrusted[position:end], "big") & ((1 << (8 * size - 2)) - 1), end

    def byte(self) -> int:
        """Take one byte, 0-255.

        Raises:
            Malformed: no byte is left.
        """
        position = self._position
        if position >= self._size:
            raise Malformed(f"a byte was due after byte {position}, but the bytes end there")
        self._position = position + 1
        return self._untrusted[position]

    def peek(self, count: int) -> builtins.bytes:
        """Return the next `count` bytes, or the fewer that are left, without taking them."""
        return self._untrusted[self._position : self._position + count]

    def matching(self, pattern: re.Pattern[builtins.bytes], *, most: int) -> builtins.bytes:
        """Take what a pattern matches here within the next `most` bytes, which may be nothing."""
        found = pattern.match(self._untrusted, self._position, self._position + most)
        return self.bytes(len(found[0])) if found else b""

    def bytes(self, count: int) -> builtins.bytes:
        """Take `count` bytes.

        Raises:
            Malformed: fewer are left.
        """
        position = self._position
        end = position + count
        if count < 0 or end > self._size:
            raise Malformed(f"{count} bytes were due after byte {position}, {self.remaining} are left")
        self._position = end
        return self._untrusted[position:end]

    def counted_bytes(self, *, limit: int) -> builtins.bytes:
        """Take a length (varint, at most `limit`) and that many bytes.

        Raises:
            Malformed: the length is above the limit or above what is left.
        """
        return self.bytes(self.varint(limit=limit))

    def rest(self) -> builtins.bytes:
        """Take everything that is left, which may be nothing."""
        position, self._position = self._position, self._size
        return self._untrusted[position:]

    def end(self) -> None:
        """Check that everything was read.

        Raises:
            Malformed: bytes are left over.
        """
        if self._position != self._size:
            raise Malformed(f"{self.remaining} bytes are left over after byte {self._position}")
