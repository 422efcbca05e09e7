"""The two clocks of the client's driver."""

import time
from collections.abc import Callable
from typing import Final

from rmosh_client.systems import BOOT_CLOCK

#: Monotonic seconds; stand still while the machine is suspended (on Linux and macOS).
monotonic: Final[Callable[[], float]] = time.monotonic


def boot_time() -> float:
    """Return seconds on a clock that runs on while the machine is suspended.

    Where the system has none it is the time of day, whose being set looks like a suspension; that costs a probe.
    """
    return time.clock_gettime(BOOT_CLOCK) if BOOT_CLOCK is not None else time.time()
