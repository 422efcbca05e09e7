"""Datagrams that Linux takes and gives many at a time: of one path and one size, the last of them may be shorter.

One system call for forty of them costs little more than one for each would cost once. Knows numbers, no socket.
"""

import errno
import struct
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.transport.path import Datagram
from rmosh.whole_datagrams import Option

#: A message beside a datagram: its level, its kind, and what it says.
Ancillary: TypeAlias = tuple[int, int, bytes]

#: The level and kinds of options and messages by which a socket sends runs, and receives them. Source: <linux/udp.h>.
UDP_LEVEL: Final = 17
UDP_SEGMENT: Final = 103
UDP_GRO: Final = 104

#: Bytes of what the kernel says of a run that came. Source: udp_cmsg_recv() of Linux, an int.
GRO_MESSAGE_BYTES: Final = 4

#: What makes a socket hand over runs as they came. Where it is refused, or there is none, each comes by itself.
_RECEIVES_RUNS: Final[Option] = (UDP_LEVEL, UDP_GRO, 1)

#: Most datagrams in a run, and most bytes. Source: UDP_MAX_SEGMENTS of Linux before 6.9; what one datagram may have.
MOST_IN_RUN: Final = 64
LONGEST_RUN: Final = MAX_DATAGRAM

#: How much may wait at a socket to be read, the last that the system allows, and how much to be sent; in bytes. Reason:
#: what 1 Gbit/s brings while a turn takes 30 ms, or at least 8; and some runs.
RECEIVE_BUFFERS: Final = (1 << 20, 4 << 20)
SEND_BUFFER: Final = 1 << 20

_SIZE: Final = struct.Struct("=H")
_GRO_SIZE: Final = struct.Struct("=i")


#: What a kernel or a device says that takes no runs; of a full buffer, or a network that is away, it says other things.
#: Source: udp_send_skb() and setup_udp_segment() of Linux.
_REFUSALS: Final = frozenset({errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.EOPNOTSUPP, errno.ENOPROTOOPT})


def refuses_runs(error: OSError) -> bool:
    """Tell whether a run could not leave because it is one, if its datagrams leave one by one."""
    return error.errno in _REFUSALS


def run_options(system: str) -> tuple[Option, ...]:
    """Return the options for a socket on what uname(1) calls a system; none where it knows no runs."""
    return (_RECEIVES_RUNS,) if system == "Linux" else ()


def runs_of(datagrams: Sequence[Datagram]) -> Iterator[Sequence[Datagram]]:
    """Yield all of them in their order, as many at a time as may leave together."""
    start = 0
    while start < len(datagrams):
        stop = _end_of_run(datagrams, start)
        yield datagrams[start:stop]
        start = stop


def _end_of_run(datagrams: Sequence[Datagram], start: int) -> int:
    path, data = datagrams[start]
    size = len(data)
    most = min(len(datagrams), start + MOST_IN_RUN, start + max(1, LONGEST_RUN // size)) if size else start + 1
    for index in range(start + 1, most):
        another = datagrams[index]
        if another.path != path or not 0 < len(another.data) <= size:
            return index
        if len(another.data) < size:
            return index + 1
    return most


def segment_message(size: int) -> Ancillary:
    """Return what tells the kernel the size of the datagrams in a run, in bytes."""
    return UDP_LEVEL, UDP_SEGMENT, _SIZE.pack(size)


def segment_size(ancillary: Sequence[Ancillary]) -> int:
    """Return the size that the kernel tells of datagrams that came as a run; 0 where they are none."""
    for level, kind, data in ancillary:
        if (level, kind, len(data)) == (UDP_LEVEL, UDP_GRO, GRO_MESSAGE_BYTES):
            (size,) = _GRO_SIZE.unpack(data)
            return max(0, int(size))
    return 0


def pieces(data: bytes, size: int) -> list[bytes]:
    """Return what came as the datagrams that it is, of `size` bytes each; where there is no size it is one."""
    if not 0 < size < len(data):
        return [data]
    return [data[start : start + size] for start in range(0, len(data), size)]
