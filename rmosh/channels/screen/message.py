"""One screen message on its way: which symbols of it were sent, arrived, or are missing."""

from enum import Enum

from rmosh.channels.screen.assembly import Symbols
from rmosh.channels.screen.policy import MESSAGE_GOAL, REFILL_BELOW
from rmosh.transport.loss import symbols_for
from rmosh.transport.policy import ARRIVAL_GOAL, IMPATIENT_ABOVE_LOSS

#: Symbols a block can have at all (they are numbered in one byte). Source: PROTOCOL.md.
_SYMBOLS_PER_BLOCK = 256


class MessageProgress(Enum):
    """How far a message is."""

    UNTOUCHED = "nothing of it was sent"
    UNDER_WAY = "more of it is to leave"
    OUT = "so much was sent that all of it should arrive"


class _Block:
    """Counts of one block: any `needed` different symbols of it rebuild it."""

    __slots__ = ("arrived", "filling", "in_flight", "needed", "next_symbol", "sent")

    def __init__(self, needed: int) -> None:
        self.needed = needed
        self.filling = True
        self.sent = 0
        self.in_flight = 0
        self.arrived = 0
        self.next_symbol = 0

    def wants_more(self, loss: float) -> bool:
        """Tell whether more of it should leave: up to a goal at first, later once too little is on its way."""
        missing = self.needed - self.arrived
        if missing <= 0:
            return False
        fill_to = MESSAGE_GOAL if loss > IMPATIENT_ABOVE_LOSS and not self.arrived else ARRIVAL_GOAL
        goal = fill_to if self.filling else REFILL_BELOW
        self.filling = self.in_flight < symbols_for(missing, loss=loss, goal=goal)
        return self.filling


class ScreenMessage:
    """A message cut into symbols."""

    def __init__(self, number: int, *, base: int, content: bytes, max_symbol_size: int) -> None:
        self.number = number
        self.base = base
        self.length = len(content)
        self._symbols = Symbols(content, max_symbol_size=max_symbol_size)
        self.symbol_size = self._symbols.symbol_size
        self._blocks = [_Block(self._symbols.needed(block)) for block in range(self._symbols.total_blocks)]

    def progress(self, loss: float) -> MessageProgress:
        """Tell how far it is, on a link that loses so much."""
        if self.unsent(loss):
            return MessageProgress.UNDER_WAY if self.is_under_way else MessageProgress.UNTOUCHED
        return MessageProgress.OUT

    @property
    def single(self) -> bool:
        """Whether it fits one symbol: then copies, spaced in time, serve better than parity."""
        return len(self._blocks) == 1 and self._blocks[0].needed == 1

    @property
    def is_under_way(self) -> bool:
        """Whether something of it was sent."""
        return self._blocks[0].sent > 0

    def unsent(self, loss: float) -> bool:
        """Whether more symbols should leave now for all blocks to arrive."""
        return self._poorest(loss) is not None

    def _poorest(self, loss: float) -> int | None:
        if self.single:
            return None if self._blocks[0].sent else 0
        for index, block in enumerate(self._blocks):
            if block.wants_more(loss):
                return index
        return None

    def next_symbol(self, loss: float) -> tuple[int, int, bytes]:
        """Return (block, symbol number, symbol) to send now, counted as sent."""
        index = self._poorest(loss)
        if index is None:
            index = min(range(len(self._blocks)), key=self._arrived_share)
        block = self._blocks[index]
        symbol = block.next_symbol
        block.next_symbol = (symbol + 1) % (1 if self.single else _SYMBOLS_PER_BLOCK)
        block.sent += 1
        block.in_flight += 1
        return index, symbol, self._symbols.symbol(index, symbol)

    def _arrived_share(self, index: int) -> float:
        block = self._blocks[index]
        return block.arrived / block.needed

    def answer_overdue(self) -> None:
        """Take what is on its way for lost: either it is, or what told of its arrival."""
        for block in self._blocks:
            block.in_flight = 0

    def symbol_arrived(self, block: int) -> None:
        """A symbol of a block was acknowledged."""
        self._blocks[block].arrived += 1
        self._no_longer_in_flight(self._blocks[block])

    def symbol_lost(self, block: int) -> None:
        """A symbol of a block seems lost."""
        self._no_longer_in_flight(self._blocks[block])

    @staticmethod
    def _no_longer_in_flight(block: _Block) -> None:
        # A symbol can be counted as lost and arrive late after all: two ends of one flight.
        block.in_flight = max(0, block.in_flight - 1)
