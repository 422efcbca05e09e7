"""When a datagram came to this host, as its kernel tells: while it waited for us it was not on its way any more."""

import struct
from collections.abc import Iterable
from typing import Final

from rmosh.whole_datagrams import Option

#: Has Linux tell it. Source: socket(7); <asm-generic/socket.h> names level and number, Python does not.
_ON_LINUX: Final[Option] = (1, 35, 1)

#: Level and kind of the message by which it does.
ARRIVAL_TIME: Final = _ON_LINUX[:2]

#: What it tells: struct timespec of the time of day.
_TIMESPEC: Final = struct.Struct("@ll")

#: Bytes of what it tells.
ARRIVAL_TIME_BYTES: Final = _TIMESPEC.size

#: Longest wait that is believed, in seconds. Reason: a busy process reads within some tenths; after more the time of
#: day has more likely been set.
_LONGEST_WAIT: Final = 1.0


def arrival_time_options(system: str) -> tuple[Option, ...]:
    """Return the options that have datagrams come with their arrival times, by what uname(1) calls the system."""
    return (_ON_LINUX,) if system == "Linux" else ()


def arrived_at(ancillary: Iterable[tuple[int, int, bytes]], *, now: float, time_of_day: float) -> float:
    """Return when a datagram came to this host, in monotonic seconds; `now` where nothing sensible is told.

    Args:
        ancillary: what the kernel added to it.
        now, time_of_day: the same moment on both clocks, in seconds.
    """
    for level, kind, data in ancillary:
        if (level, kind) == ARRIVAL_TIME and len(data) == ARRIVAL_TIME_BYTES:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            waited = time_of_day - seconds - nanoseconds / 1e9
            return now - waited if 0 <= waited <= _LONGEST_WAIT else now
    return now
