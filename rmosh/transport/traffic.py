"""What the endpoint asks of a traffic class: when it has something to say, and what."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.policy import FLOOR_MTU
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.sent_packets import Cargo

#: Bytes that a class can count on in a datagram of its own, whatever the path. Reason: the smallest datagram, less
#: what may ride ahead of it without being due itself (an echo, a frame's number: 13 and 9 bytes) and some to spare.
SMALLEST_ROOM: Final = FLOOR_MTU - OVERHEAD_BYTES - 64


class Load(NamedTuple):
    """What a class puts into a datagram: an encoded frame, and others that it has to arrive with.

    Attributes:
        cargo: who wants to know what became of it; None where nobody does.
        elicits_ack: whether the frame's type asks for an acknowledgement.
        background: nobody waits for it, and it keeps within a window of its own.
        is_stream: it is a stream's, and keeps within the streams' window and pace.
        answer_may_wait: its sender bears an acknowledgement that comes ACK_WAIT_GRANTED later.
    """

    encoded: bytes
    cargo: Cargo | None = None
    elicits_ack: bool = True
    background: bool = False
    is_stream: bool = False
    answer_may_wait: bool = False


def size_of(loads: Iterable[Load]) -> int:
    """Return how many bytes they take."""
    size = 0
    for load in loads:
        size += len(load.encoded)
    return size


class TrafficClass(Protocol):
    """A source of frames; classes are asked in order of priority.

    One that is due gives something where SMALLEST_ROOM bytes are free, or is not due again at the same moment.
    """

    def due_at(self, link: LinkConditions) -> float | None:
        """Return when a datagram must leave for this class (0 for at once), or None while there is no need."""

    def loads(self, room: int, link: LinkConditions, *, now: float) -> list[Load]:
        """Return the frames to put into the datagram being built, at most `room` bytes of them.

        Called for every datagram, also those that leave for another class's sake: a class may ride along.
        """

    def hurry(self) -> None:
        """The peer answers again after silence, or the path is new: forget back-off."""


class BulkTraffic(TrafficClass):
    """A traffic class that may have very much to say."""

    @property
    def has_begun(self) -> bool:
        """Whether it ever had anything to say: what it may say is not reckoned before."""
        return True

    @property
    @abstractmethod
    def has_bulk(self) -> bool:
        """Whether it may have bulk to say at all: asked before anything is reckoned."""

    @abstractmethod
    def bulk_loads(self, room: int, most: int, link: LinkConditions, *, now: float) -> Sequence[Load]:
        """Return frames of exactly `room` bytes, each for a datagram of its own that may leave now; at most so many.

        None where it has less to say than fills one, or something else: `loads` gives that.
        """
