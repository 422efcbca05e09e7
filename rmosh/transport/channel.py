"""What the endpoint knows of a conversation: what one end of it says, how urgently, and which frames it takes.

What is said and taken is the channel's alone; the endpoint is handed a table of such ends, and knows none by name.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any

from rmosh.errors import Malformed
from rmosh.transport.frame_type import FrameType, WireFrame
from rmosh.transport.traffic import TrafficClass


class Urgency(IntEnum):
    """Whose turn it is when a datagram is filled: the lowest number's first, among equals in the table's order."""

    #: That all is over.
    ENDING = 0
    #: What somebody does, and sees come of it.
    INTERACTIVE = 1
    #: What rides along with that.
    RIDING = 2
    #: Values of which the newest counts.
    NEWS = 3
    #: What was received, where no datagram leaves for the sake of more than that.
    RECEIPT = 4
    #: What nobody waits for, and what may fill the link.
    BULK = 5


class ChannelEnd:
    """One end of a conversation; all it does not override says and takes nothing.

    Attributes:
        takes: the types of the frames that come from the other end.
        senders: what says something, each with its urgency.
    """

    takes: Sequence[FrameType] = ()
    senders: Sequence[tuple[Urgency, TrafficClass]] = ()

    def check(self, frame: Any) -> None:
        """Refuse what cannot be meant so, before anything of its datagram takes effect.

        Raises:
            Malformed: the whole datagram is dropped for it, and not acknowledged.
        """

    def take(self, frame: Any, *, now: float) -> None:
        """Take a frame that was checked.

        Raises:
            Malformed: as `check` does, where it shows only now.
        """

    def turn(self, *, now: float) -> None:
        """Do what is due; called whenever datagrams are asked for, and before."""

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when `turn` has something to do without another reason, in monotonic seconds."""
        return None


class Reception:
    """Hands each frame to the channel that it belongs to."""

    def __init__(self, ends: Iterable[ChannelEnd]) -> None:
        self._ends = {kind.shape: end for end in ends for kind in end.takes}

    def take(self, frames: Sequence[WireFrame], *, now: float) -> None:
        """Take the frames of one datagram in their order, once all of them are checked.

        Raises:
            Malformed: one is none that the peer may send, or cannot be meant so.
        """
        for frame in frames:
            self._end_of(frame).check(frame)
        for frame in frames:
            self._end_of(frame).take(frame, now=now)

    def _end_of(self, frame: WireFrame) -> ChannelEnd:
        end = self._ends.get(type(frame))
        if end is None:
            raise Malformed(f"this end takes no {type(frame).__name__}")
        return end
