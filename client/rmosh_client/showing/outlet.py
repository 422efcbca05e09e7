"""What is on its way to the user's terminal, which takes it when it can.

Whoever puts something asks first whether the terminal is stuck: what is put then only waits behind the rest.
"""

from collections.abc import Callable
from typing import Final, Protocol

#: Most bytes offered to the terminal at a time. Reason: far above what its device takes; what it leaves is copied.
_AT_ONCE: Final = 65536


class TerminalDevice(Protocol):
    """The terminal as the display needs it."""

    def size(self) -> tuple[int, int]:
        """Return rows and columns."""

    def write(self, data: bytes) -> int:
        """Write what the terminal takes now; return how many bytes that was."""

    def write_all(self, data: bytes, *, patience: float) -> None:
        """Write everything within `patience` seconds."""


class Outlet:
    """The bytes that the terminal has not taken yet.

    Attributes:
        was_stuck: it took no more at some time since this was set to False.
    """

    def __init__(self, device: TerminalDevice, *, on_stuck: Callable[[bool], None]) -> None:
        """Begin.

        Args:
            on_stuck: called with True when the terminal takes no more, with False when all was written.
        """
        self._device = device
        self._on_stuck = on_stuck
        self._unwritten = bytearray()
        self._is_told = False
        self.was_stuck = False

    @property
    def is_stuck(self) -> bool:
        """Whether something waits for the terminal to take it."""
        return bool(self._unwritten)

    def put(self, data: bytes) -> None:
        """Write something, or as much as the terminal takes.

        Raises:
            HungUp: the terminal is gone.
        """
        if data:
            self._unwritten += data
            self.write_rest()

    def write_rest(self) -> None:
        """Go on writing what the terminal did not take.

        Raises:
            HungUp: the terminal is gone.
        """
        while self._unwritten:
            piece = bytes(self._unwritten[:_AT_ONCE])
            written = self._device.write(piece)
            del self._unwritten[:written]
            if written < len(piece):
                break
        if self.is_stuck != self._is_told:
            self._is_told = self.is_stuck
            self._on_stuck(self.is_stuck)
        self.was_stuck |= self.is_stuck

    def finish(self, last: bytes, *, patience: float) -> None:
        """Write the rest and some last bytes, or what the terminal takes within `patience` seconds."""
        rest, self._unwritten = bytes(self._unwritten), bytearray()
        self._device.write_all(rest + last, patience=patience)
