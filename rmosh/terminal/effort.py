"""How much work a stream may ask for: operations on whole areas are paid for out of what each part of it may cost.

Nothing that programs draw with comes near the bound. It stands for streams made to keep a server busy: seven bytes can
ask for a million cells. What goes beyond does nothing, so what a stream leaves still depends on the stream alone.
"""

from typing import Final

#: Bytes of the stream that share one allowance. Reason: parts of a fixed size and place make the bound independent of
#: how the stream is cut into calls. Executed in one go, their tokens and writes take some 100 times as much memory at
#: worst before lines are folded; larger parts are hardly faster. Source: tests/benchmarks/chosen_numbers.py, part.
PART: Final = 1 << 14

#: Cells that one part may have moved. Reason: about 50 ms. Scrolling 60 rows of half a screen in every line of a flood
#: takes a third of it, redrawing by rectangles a hundredth. Source: tests/benchmarks/chosen_numbers.py, allowance.
ALLOWANCE: Final = 6_000_000

#: What touching one more row costs, what judging a cell and what making a new one costs, in cells moved. Source:
#: tests/benchmarks/chosen_numbers.py, allowance: streams of each take about as long.
ROW: Final = 80
JUDGED: Final = 40
MADE: Final = 250


class Effort:
    """The allowance of the part of the stream that is being executed."""

    def __init__(self) -> None:
        self._left = ALLOWANCE

    def renew(self) -> None:
        """Start with the next part."""
        self._left = ALLOWANCE

    def pay(self, rows: int, columns: int = 0, *, cell: int = 1) -> bool:
        """Pay for an operation on rows x columns cells; False where nothing is left, and it must do nothing.

        The last one may cost more than is left, or nothing could be done to all of a large screen.

        Args:
            cell: what one of its cells costs.
        """
        if self._left <= 0:
            return False
        self._left -= rows * (ROW + columns * cell)
        return True

    def pay_all(self, cost: int) -> bool:
        """Pay a cost in cells moved; False where less is left, whatever the size of the screen."""
        if self._left < cost:
            return False
        self._left -= cost
        return True
