"""A timer that runs on while the machine is suspended: what was due meanwhile is due at once when it wakes.

A timeout of select() stands still as long as the machine does, so that without this a loop has to look at the clocks
every second to learn that the world has moved on.
"""

import contextlib
import os
from typing import Final

from rmosh_client.systems import open_boot_timer, set_boot_timer

#: Bytes that tell how often it went off. Source: timerfd_create(2).
_COUNT: Final = 8


class BootTimer:
    """A timer that is set again and again, between `open` and `close`.

    Attributes:
        descriptor: becomes readable when it goes off; None where it is not open, or the system has none.
    """

    def __init__(self) -> None:
        self.descriptor: int | None = None

    def open(self) -> None:
        """Have one, where the system does."""
        with contextlib.suppress(OSError, AttributeError):
            self.descriptor = open_boot_timer()

    def set(self, seconds: float) -> bool:
        """Let it go off once, so many seconds from now, more than 0, and at no other time; return whether it will."""
        if self.descriptor is None:
            return False
        set_boot_timer(self.descriptor, seconds)
        return True

    def drain(self) -> None:
        """Take note that it went off."""
        if self.descriptor is not None:
            with contextlib.suppress(OSError):
                os.read(self.descriptor, _COUNT)

    def close(self) -> None:
        """Let it go off no more."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
