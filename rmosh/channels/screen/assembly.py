"""Screen messages cut into symbols, and put together again from whichever symbols arrive, within bounds.

Knows symbols and message numbers, nothing of what a message says. Newest wins: a whole message makes every
older one pointless.
"""

from typing import Final

from rmosh.channels.screen.frames import ScreenSymbol
from rmosh.errors import Malformed
from rmosh.transport.erasure import MAX_MESSAGE_BYTES, BlockLayout, encode_symbol, rebuild

#: Incomplete messages held at once: on a path that reorders, the newest and a few it has overtaken.
#: Source: PROTOCOL.md, Screen messages.
MAX_INCOMPLETE: Final = 4

#: Bytes held for all incomplete messages together: the longest message twice. Source: PROTOCOL.md.
MAX_HELD_BYTES: Final = 2 * MAX_MESSAGE_BYTES

#: What keeping a symbol costs beside its bytes: object header and dict entry, in bytes.
#: Source: sys.getsizeof on 64 bits.
SYMBOL_OVERHEAD: Final = 128


class Symbols:
    """The sender's view of one message: any symbol of any block, made when asked for."""

    def __init__(self, message: bytes, *, max_symbol_size: int) -> None:
        """Cut into as few symbols as the size allows, then make them equally long.

        Raises:
            UsageError: the message is empty, too long, or makes too many symbols.
        """
        size = max(1, min(max_symbol_size, len(message)))
        symbol_count = -(-len(message) // size)
        self._layout = BlockLayout.of(len(message), -(-len(message) // max(1, symbol_count)))
        self._message = message

    @property
    def length(self) -> int:
        """Bytes of the message."""
        return self._layout.message_length

    @property
    def symbol_size(self) -> int:
        """Bytes of each symbol: what SCREEN_SYMBOL frames tell."""
        return self._layout.symbol_size

    @property
    def total_blocks(self) -> int:
        """How many blocks there are; they are numbered from 0."""
        return self._layout.block_count

    def needed(self, block: int) -> int:
        """Return how many different symbols of a block rebuild it: k, its source symbols being 0 to k - 1."""
        return len(self._layout.sources(block))

    def symbol(self, block: int, index: int) -> bytes:
        """Return symbol `index` (0-255) of a block."""
        sources = self._layout.sources(block)
        if index < len(sources):
            return self._source(sources[index])
        return encode_symbol([self._source(source) for source in sources], index)

    def _source(self, number: int) -> bytes:
        size = self._layout.symbol_size
        return self._message[number * size : (number + 1) * size].ljust(size, b"\0")


class _Assembly:
    """One incomplete message."""

    __slots__ = ("_incomplete", "_rebuilt", "base", "held_bytes", "layout")

    def __init__(self, base: int, layout: BlockLayout) -> None:
        self.base = base
        self.layout = layout
        self.held_bytes = 0
        self._incomplete: dict[int, dict[int, bytes]] = {}
        self._rebuilt: dict[int, bytes] = {}

    def add(self, screen: ScreenSymbol) -> bytes | None:
        if screen.block in self._rebuilt:
            return None
        symbols = self._incomplete.setdefault(screen.block, {})
        if screen.symbol in symbols:
            return None
        symbols[screen.symbol] = screen.data
        self.held_bytes += len(screen.data) + SYMBOL_OVERHEAD
        needed = len(self.layout.sources(screen.block))
        if len(symbols) == needed:
            self._rebuilt[screen.block] = b"".join(rebuild(needed, symbols))
            del self._incomplete[screen.block]
        return self._whole() if len(self._rebuilt) == self.layout.block_count else None

    def _whole(self) -> bytes:
        blocks = (self._rebuilt[block] for block in range(self.layout.block_count))
        return b"".join(blocks)[: self.layout.message_length]


class Assemblies:
    """The receiver's incomplete messages: the few newest, and never more than a fixed number of bytes."""

    def __init__(self) -> None:
        self._incomplete: dict[int, _Assembly] = {}
        self._forgotten_through = 0

    @property
    def held_bytes(self) -> int:
        """What all incomplete messages cost, in bytes."""
        return sum(assembly.held_bytes for assembly in self._incomplete.values())

    def __len__(self) -> int:
        return len(self._incomplete)

    def add(self, screen: ScreenSymbol) -> bytes | None:
        """Take a symbol in; return the whole message, once, when it was the last one needed.

        A whole message makes this forget all up to its number; symbols of those are ignored.

        Raises:
            Malformed: it disagrees with earlier symbols of its message.
        """
        if _is_whole(screen) and screen.number not in self._incomplete:
            return self._taken_whole(screen)
        assembly = self._assembly_of(screen)
        if assembly is None:
            return None
        message = assembly.add(screen)
        if message is not None:
            self.forget_through(screen.number)
        while self.held_bytes > MAX_HELD_BYTES:
            self._forget_oldest()
        return message

    def _taken_whole(self, screen: ScreenSymbol) -> bytes | None:
        if screen.number <= self._forgotten_through:
            return None
        self.forget_through(screen.number)
        return screen.data

    def forget_through(self, number: int) -> None:
        """Drop the messages up to `number`, and ignore what still comes of them."""
        self._forgotten_through = max(self._forgotten_through, number)
        for old in [held for held in self._incomplete if held <= number]:
            del self._incomplete[old]

    def _assembly_of(self, screen: ScreenSymbol) -> _Assembly | None:
        if screen.number <= self._forgotten_through:
            return None
        layout = BlockLayout.claimed(screen.length, screen.symbol_size)
        if screen.block >= layout.block_count or len(screen.data) != layout.symbol_size:
            raise Malformed(
                f"no symbol of block {screen.block} of message {screen.number} has {len(screen.data)} bytes"
            )
        assembly = self._incomplete.get(screen.number)
        if assembly is None:
            return self._begin(screen.number, _Assembly(screen.base, layout))
        if (assembly.base, assembly.layout) != (screen.base, layout):
            raise Malformed(f"the symbols of message {screen.number} disagree on its base, length or symbol size")
        return assembly

    def _begin(self, number: int, assembly: _Assembly) -> _Assembly | None:
        if len(self._incomplete) == MAX_INCOMPLETE:
            if number < min(self._incomplete):
                return None
            self._forget_oldest()
        self._incomplete[number] = assembly
        return assembly

    def _forget_oldest(self) -> None:
        del self._incomplete[min(self._incomplete)]


def _is_whole(screen: ScreenSymbol) -> bool:
    """Tell whether a symbol is all of its message: nothing is put together then, as for most keys."""
    return screen.block == screen.symbol == 0 and screen.length == screen.symbol_size == len(screen.data)
