"""The two clocks of the client's driver, and sleep, which shows in how they differ."""

import time
from collections.abc import Callable
from typing import Final

from rmosh_client.systems import BOOT_CLOCK

#: Monotonic seconds; stand still while the machine is suspended (on Linux and macOS).
monotonic: Final[Callable[[], float]] = time.monotonic

#: How much later than asked a wake-up may come before it was sleep, in seconds. Reason: far above a busy
#: machine's scheduling, far below what makes a NAT forget us.
_OVERSLEPT: Final = 2.0

#: How far the clock that counts suspended time may run ahead before it was suspension, in seconds.
_SUSPENDED: Final = 1.0


def boot_time() -> float:
    """Return seconds on a clock that runs on while the machine is suspended.

    Where the system has none it is the time of day, whose being set looks like a suspension; that costs a probe.
    """
    return time.clock_gettime(BOOT_CLOCK) if BOOT_CLOCK is not None else time.time()


class SleepWatch:
    """Tell it when the loop will wake by itself, and when it woke."""

    def __init__(self, *, now: float, boot_time: float) -> None:
        self._due_at: float | None = None
        self._ahead = boot_time - now

    def expect(self, due_at: float) -> None:
        """The loop will wake by itself at this moment, in monotonic seconds."""
        self._due_at = due_at

    def wake(self, *, now: float, boot_time: float) -> bool:
        """Take note of a wake-up; return whether there was sleep since the last one.

        Args:
            now: monotonic seconds, which stand still while the machine is suspended.
            boot_time: seconds on the clock that runs on meanwhile; `now` again where the system has none.
        """
        ahead = boot_time - now
        suspended = ahead - self._ahead > _SUSPENDED
        stopped = self._due_at is not None and now - self._due_at > _OVERSLEPT
        self._ahead, self._due_at = ahead, None
        return suspended or stopped
