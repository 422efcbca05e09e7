"""The window that lets each packet number through once. Knows no keys: mark only what was authentic."""

from typing import Final

from rmosh.errors import Replayed

#: Packet numbers remembered: more than any network reorders within a flight (4096 x 1200 bytes is 5 MB).
#: Source: PROTOCOL.md.
REPLAY_WINDOW: Final = 4096


class ReplayWindow:
    """Remembers the `size` newest packet numbers; bit i of the mask stands for newest - i.

    Attributes:
        newest: -1 before the first.
    """

    __slots__ = ("_everything", "_mask", "_size", "newest")

    def __init__(self, size: int = REPLAY_WINDOW) -> None:
        self._size = size
        self._everything = (1 << size) - 1
        self.newest = -1
        self._mask = 0

    def check(self, number: int) -> None:
        """Do nothing for a number not seen yet.

        Raises:
            Replayed: it was marked before, or is older than the window.
        """
        age = self.newest - number
        if age < 0:
            return
        if age >= self._size:
            raise Replayed(f"packet {number} is older than the {self._size} newest, the last is {self.newest}")
        if self._mask >> age & 1:
            raise Replayed(f"packet {number} was received before")

    def mark(self, number: int) -> None:
        """Remember a number whose packet was authentic and passed `check`."""
        ahead = number - self.newest
        if ahead <= 0:
            self._mask |= 1 << -ahead
            return
        self._mask = (self._mask << ahead & self._everything if ahead < self._size else 0) | 1
        self.newest = number
