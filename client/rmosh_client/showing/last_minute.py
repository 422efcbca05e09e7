"""The last minute of a link, second by second: what a line of small bars shows. Sans-IO."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh.session.status import LinkStatus

#: Seconds that are remembered.
MINUTE: Final = 60

#: Seconds that one bar stands for. Reason: 30 bars leave a screen of 80 columns most of its text.
_SECONDS_A_BAR: Final = 2

#: Bars from low to high. Source: Unicode's block elements, U+2581 to U+2588.
_BARS: Final = "▁▂▃▄▅▆▇█"

#: Stands for seconds of which nothing is known: before the session, or without any answer.
_NOTHING_KNOWN: Final = " "
_SILENT: Final = "x"

#: Silence in seconds that counts as one. Reason: any question waits a round trip.
_SILENCE: Final = 1.0


@dataclass(slots=True)
class _Second:
    """The longest round trip of one second, in seconds, None where none was measured, and packets lost in it."""

    number: int
    round_trip: float | None = None
    lost: int = 0
    silent: bool = False


class LastMinute:
    """Remembers what happened in each second."""

    def __init__(self) -> None:
        self._lost = 0
        self._seconds: deque[_Second] = deque()

    def look(self, status: LinkStatus, *, now: float) -> None:
        """Take note of how the link does."""
        number = int(now)
        if not self._seconds or self._seconds[-1].number != number:
            self._seconds.append(_Second(number))
        while self._seconds[0].number <= number - MINUTE:
            self._seconds.popleft()
        second = self._seconds[-1]
        if status.latest_rtt is not None:
            second.round_trip = max(second.round_trip or 0.0, status.latest_rtt)
        second.lost += max(0, status.datagrams_lost - self._lost)
        self._lost = status.datagrams_lost
        second.silent = second.silent or max(status.silence, status.unheard) >= max(_SILENCE, 2 * (status.srtt or 0.0))

    def round_trips(self, *, now: float) -> str:
        """Return bars for the round trips, and how long the longest took."""
        known = [second.round_trip for second in self._seconds if second.round_trip is not None]
        longest = max(known, default=0.0)
        bars = self._bars(lambda second: second.round_trip, longest, now=now)
        return f"{bars} up to {longest * 1000:.0f} ms"

    def losses(self, *, now: float) -> str:
        """Return bars for the packets that were lost on their way there, and how many they were."""
        counts = [second.lost for second in self._seconds]
        bars = self._bars(lambda second: second.lost, max(counts, default=0), now=now)
        return f"{bars} {sum(counts)} lost"

    def _bars(self, height: Callable[[_Second], float | None], most: float, *, now: float) -> str:
        by_number = {second.number: second for second in self._seconds}
        first = int(now) - MINUTE + 1
        return "".join(
            _bar([by_number[n] for n in range(start, start + _SECONDS_A_BAR) if n in by_number], height, most)
            for start in range(first, first + MINUTE, _SECONDS_A_BAR)
        )


def _bar(seconds: Sequence[_Second], height: Callable[[_Second], float | None], most: float) -> str:
    if any(second.silent for second in seconds):
        return _SILENT
    heights = [found for second in seconds if (found := height(second)) is not None]
    if not heights:
        return _NOTHING_KNOWN
    share = max(heights) / most if most else 0.0
    return _BARS[min(len(_BARS) - 1, int(share * len(_BARS)))]
