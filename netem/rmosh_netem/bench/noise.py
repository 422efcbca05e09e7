"""What else the machine had to do while something was measured: its load, and how late timers are on it."""

import os
import time
from typing import Final

from .figures import percentile

#: Timers looked at, and seconds of each.
_TIMERS: Final = 40
_TIMER: Final = 0.002


class Noise:
    """Begins when it is made; `as_dict` ends it."""

    def __init__(self) -> None:
        self._load_before = os.getloadavg()[0]
        self._late = sorted(_lateness() for _ in range(_TIMERS))

    @property
    def load(self) -> tuple[float, float]:
        """Load average over a minute, before and now."""
        return self._load_before, os.getloadavg()[0]

    def as_dict(self) -> dict[str, float]:
        """Return the load, and the lateness of timers just before in milliseconds."""
        before, after = self.load
        figures = {"load_before": before, "load_after": after, "timer_worst_ms": self._late[-1] * 1000}
        figures["timer_p50_ms"] = (percentile(self._late, 0.5) or 0.0) * 1000
        return {name: round(value, 3) for name, value in figures.items()}


def _lateness() -> float:
    start = time.monotonic()
    time.sleep(_TIMER)
    return time.monotonic() - start - _TIMER
