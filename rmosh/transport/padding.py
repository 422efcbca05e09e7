"""Datagrams come in a few sizes, so that their length hardly tells what is in them.

Sizes are bytes of frames, without header and tag. The steps are policy; padding never makes a datagram larger than the
room that the path has, which is all that a datagram that may leave is allowed to take.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from rmosh.transport.frames import PADDING, Padding
from rmosh.transport.policy import PADDED_SIZES, PADDING_STEP
from rmosh.transport.traffic import Load, size_of


def padded(size: int, *, floor: int, room: int) -> int:
    """Return to how many bytes `size` bytes of frames are padded.

    Args:
        floor: smallest size of this end's datagrams.
        room: most bytes of frames that fit one datagram.
    """
    place = bisect_left(PADDED_SIZES, max(size, floor))
    step = PADDED_SIZES[place] if place < len(PADDED_SIZES) else min(room, size + -size % PADDING_STEP)
    return max(size, min(step, room))


def unpadded(limit: int) -> int:
    """Return how many bytes of frames to make of at most `limit`, so that padding does not take them beyond."""
    place = bisect_right(PADDED_SIZES, limit)
    return PADDED_SIZES[place - 1] if place else limit


def padding(loads: Sequence[Load], *, floor: int, room: int) -> list[Load]:
    """Return what brings a datagram to one of the sizes that there are."""
    size = size_of(loads)
    more = padded(size, floor=floor, room=room) - size
    return [Load(PADDING.encode(Padding(more)), elicits_ack=False)] if more else []
