"""Systematic Reed-Solomon over GF(256): any k different symbols of a block rebuild its k source symbols.

Symbols 0 to k-1 of a block are its source; symbol p >= k is a parity row of a Cauchy matrix, scaled by rows
and columns so that parity k is the plain XOR of the sources and every symbol of a block with k = 1 is the
source itself. Multiplication by a constant is `bytes.translate`, addition XOR of whole integers. Bytes only.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from rmosh.errors import Malformed, UsageError
from rmosh.lazy_dataclass import dataclass

#: Most source symbols of a block: rebuilding m lost ones costs about m x k multiplications. Measured with
#: 1150-byte symbols: 6 of 6 lost 0.15 ms, 32 of 32 lost 4 ms. Source: PROTOCOL.md, Screen messages.
MAX_SOURCES: Final = 32

#: Highest symbol of a block: GF(256) has no more points. Source: PROTOCOL.md.
MAX_SYMBOL: Final = 255

#: Longest message in bytes: a million coloured cells of a 1000 x 1000 window. Source: PROTOCOL.md.
MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024

#: Most source symbols of a message, so that tiny symbols cannot make book-keeping outweigh the bytes;
#: 256-byte symbols still carry the longest message. Source: PROTOCOL.md.
MAX_MESSAGE_SYMBOLS: Final = 16_384

#: The field's polynomial x^8 + x^4 + x^3 + x^2 + 1, for which 2 generates every non-zero element.
#: Source: PROTOCOL.md; the usual one of RAID-6 and RFC 5510.
_POLYNOMIAL: Final = 0x11D


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """How a message of `message_length` bytes is cut into blocks of symbols of `symbol_size` bytes."""

    message_length: int
    symbol_size: int
    symbol_count: int
    block_count: int

    @classmethod
    def claimed(cls, message_length: int, symbol_size: int) -> "BlockLayout":
        """Return the layout that a peer's two numbers ask for.

        Raises:
            Malformed: they are outside the protocol's bounds.
        """
        if not 1 <= message_length <= MAX_MESSAGE_BYTES:
            raise Malformed(f"a message of {message_length} bytes, the protocol allows 1 to {MAX_MESSAGE_BYTES}")
        if not 1 <= symbol_size <= message_length:
            raise Malformed(f"symbols of {symbol_size} bytes for a message of {message_length}")
        symbol_count = -(-message_length // symbol_size)
        if symbol_count > MAX_MESSAGE_SYMBOLS:
            raise Malformed(f"a message of {symbol_count} symbols, the protocol allows {MAX_MESSAGE_SYMBOLS}")
        return cls(message_length, symbol_size, symbol_count, -(-symbol_count // MAX_SOURCES))

    @classmethod
    def of(cls, message_length: int, symbol_size: int) -> "BlockLayout":
        """Return the layout of our own message.

        Raises:
            UsageError: it is outside the protocol's bounds.
        """
        try:
            return cls.claimed(message_length, symbol_size)
        except Malformed as error:
            raise UsageError(str(error)) from error

    def sources(self, block: int) -> range:
        """Return which of the message's symbols are the block's source."""
        count = self.symbol_count
        return range(block * count // self.block_count, (block + 1) * count // self.block_count)


def encode_symbol(sources: Sequence[bytes], index: int) -> bytes:
    """Return symbol `index` (0-255) of the block with these 1 to 32 equally long source symbols."""
    count = len(sources)
    if not (1 <= count <= MAX_SOURCES and 0 <= index <= MAX_SYMBOL):
        raise UsageError(f"symbol {index} of a block of {count}, the protocol allows 0-255 of 1 to {MAX_SOURCES}")
    if index < count:
        return sources[index]
    return _sum_of_products(_parity_row(count, index), sources)


def rebuild(count: int, symbols: Mapping[int, bytes]) -> list[bytes]:
    """Return a block's `count` source symbols from that many of its symbols by index; more are ignored.

    Raises:
        Malformed: they are too few, of several lengths, or an index is out of range.
    """
    _check_symbols(count, symbols)
    missing = [index for index in range(count) if index not in symbols]
    if not missing:
        return [symbols[index] for index in range(count)]
    parities = sorted(index for index in symbols if index >= count)[: len(missing)]
    if len(parities) < len(missing):
        raise Malformed(f"{len(symbols)} symbols do not rebuild a block of {count}")
    equations = [_equation(count, parity, missing, symbols) for parity in parities]
    solved = dict(zip(missing, _solve(equations), strict=True))
    return [solved[index] if index in solved else symbols[index] for index in range(count)]


def _check_symbols(count: int, symbols: Mapping[int, bytes]) -> None:
    if not 1 <= count <= MAX_SOURCES:
        raise Malformed(f"a block of {count} source symbols, the protocol allows 1 to {MAX_SOURCES}")
    if not all(0 <= index <= MAX_SYMBOL for index in symbols):
        raise Malformed(f"symbols {sorted(symbols)}, the protocol allows 0 to {MAX_SYMBOL}")
    if len({len(symbol) for symbol in symbols.values()}) > 1:
        raise Malformed("the symbols of one block have several lengths")


def _equation(count: int, parity: int, missing: Sequence[int], symbols: Mapping[int, bytes]) -> bytes:
    """Return the coefficients of the missing sources, then what their products sum up to."""
    row = _parity_row(count, parity)
    known = [index for index in range(count) if index in symbols]
    coefficients = (1, *(row[index] for index in known))
    total = _sum_of_products(coefficients, (symbols[parity], *(symbols[index] for index in known)))
    return bytes(row[index] for index in missing) + total


def _solve(equations: list[bytes]) -> list[bytes]:
    """Return the unknowns, by Gauss-Jordan elimination on whole rows of bytes.

    No pivot is ever 0: every square part of a Cauchy matrix has an inverse.
    """
    unknowns = len(equations)
    for column in range(unknowns):
        pivot = equations[column]
        pivot = equations[column] = pivot.translate(_products(_quotient(1, pivot[column])))
        for row, equation in enumerate(equations):
            if row != column and equation[column]:
                equations[row] = _sum_of_products((1, equation[column]), (equation, pivot))
    return [equation[unknowns:] for equation in equations]


def _sum_of_products(coefficients: Iterable[int], symbols: Sequence[bytes]) -> bytes:
    total = 0
    for coefficient, symbol in zip(coefficients, symbols, strict=True):
        product = symbol if coefficient == 1 else symbol.translate(_products(coefficient))
        total ^= int.from_bytes(product, "little")
    return total.to_bytes(len(symbols[0]), "little")


@lru_cache(maxsize=256)
def _parity_row(count: int, parity: int) -> tuple[int, ...]:
    """Return the coefficients of a block's sources in one parity symbol.

    1 / (parity xor source), times parity / 1 for the row and (count xor source) / count for the column.
    """
    return tuple(
        _quotient(_product(parity, count ^ source), _product(count, parity ^ source)) for source in range(count)
    )


@lru_cache(maxsize=256)
def _products(factor: int) -> bytes:
    """Return `factor` times each of 0 to 255, as a table for `bytes.translate`."""
    return bytes(_product(factor, other) for other in range(256))


def _powers_of_two() -> bytes:
    powers, power = bytearray(), 1
    for _ in range(255):
        powers.append(power)
        power = power << 1 ^ (_POLYNOMIAL if power & 0x80 else 0)
    return bytes(powers)


#: Powers of 2 in the field, twice over so that sums of two logarithms need no modulo; and their logarithms.
_POWERS: Final = _powers_of_two() * 2
_LOGARITHMS: Final = bytes(_POWERS.find(value) if value else 0 for value in range(256))


def _product(left: int, right: int) -> int:
    return _POWERS[_LOGARITHMS[left] + _LOGARITHMS[right]] if left and right else 0


def _quotient(left: int, right: int) -> int:
    """Return left / right; `right` is not 0."""
    return _POWERS[_LOGARITHMS[left] + 255 - _LOGARITHMS[right]] if left else 0
