"""A cellular link's moments of delivery, recorded elsewhere and played in a loop, as Mahimahi does. Sans-IO.

A trace has one line for each moment: whole milliseconds since its begin. At each moment the link can deliver
1500 bytes, of one datagram or of several; what is not used is gone. After its last moment it begins again.

Source: Netravali et al., "Mahimahi", USENIX ATC 2015, and the manual page mm-link(1) on the form of traces.
"""

import bisect
import itertools
import math
from dataclasses import dataclass
from typing import Final

from .errors import BadProfile, ImpossibleLink

#: Bytes delivered at each moment. Source: mm-link(1), an MTU-sized packet.
BYTES_EACH: Final = 1500

#: Moments in a trace at most: two hours of a full 10 Mbit/s.
MAX_MOMENTS: Final = 6_000_000


@dataclass(frozen=True, slots=True)
class Opportunities:
    """A trace: its name and its moments in milliseconds, which never fall; the last is its length."""

    name: str
    moments_ms: tuple[int, ...]

    def __post_init__(self) -> None:
        moments = self.moments_ms
        if not moments or moments[-1] <= 0:
            raise ImpossibleLink(f"{self.name} delivers nothing after 0 ms: a trace needs a later moment")
        if moments[0] < 0 or any(later < earlier for earlier, later in itertools.pairwise(moments)):
            raise ImpossibleLink(f"the moments of {self.name} do not rise: sort them")

    def __str__(self) -> str:
        return self.name

    @property
    def mean_rate(self) -> float:
        """Bits per second over the whole trace."""
        return len(self.moments_ms) * BYTES_EACH * 8 * 1000 / self.moments_ms[-1]

    def first_at_or_after(self, time: float) -> int:
        """Return the number, counted through all loops, of the first moment not before `time` seconds."""
        if time <= 0:
            return 0
        length_ms = self.moments_ms[-1]
        loops = max(0, math.ceil(time * 1000 / length_ms) - 1)
        number = loops * len(self.moments_ms) + bisect.bisect_left(self.moments_ms, time * 1000 - loops * length_ms)
        while self.time_of(number) < time:  # rounding
            number += 1
        return number

    def time_of(self, number: int) -> float:
        """Return when moment `number`, counted through all loops, is: seconds since the begin."""
        loops, within = divmod(number, len(self.moments_ms))
        return (loops * self.moments_ms[-1] + self.moments_ms[within]) / 1000


class Deliveries:
    """Where a link stands in its trace; time is seconds since the trace's begin."""

    def __init__(self, trace: Opportunities) -> None:
        self.trace = trace
        self._number = 0
        self._left = BYTES_EACH

    def deliver(self, size: int, *, time: float) -> float:
        """Take the next moments not before `time` for `size` bytes; return when the last byte is delivered."""
        first = self.trace.first_at_or_after(time)
        if first > self._number:
            self._number, self._left = first, BYTES_EACH
        while size > self._left:
            size -= self._left
            self._number += 1
            self._left = BYTES_EACH
        self._left -= size
        return self.trace.time_of(self._number)


def parse_opportunities(text: str, *, where: str) -> Opportunities:
    """Read a trace.

    Raises:
        BadProfile: a line is no whole number, or the trace cannot be played; the message names it.
    """
    moments: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        word = line.strip()
        if not word:
            continue
        if not (word.isascii() and word.isdigit() and len(word) <= 12):
            raise BadProfile(
                f"line {number} of {where}: {word[:40]!r} is not whole milliseconds: a trace has one time a line"
            )
        moments.append(int(word))
        if len(moments) > MAX_MOMENTS:
            raise BadProfile(f"{where} has more than {MAX_MOMENTS} moments: cut it")
    try:
        return Opportunities(where, tuple(moments))
    except ImpossibleLink as error:
        raise BadProfile(str(error)) from error
