"""What all streams of a connection share: how much may be sent and kept, both ways (RFC 9000 section 4.1)."""

from rmosh.channels.streams.policy import (
    PLENTY_LEFT,
    SEND_BUFFER_IN_ALL,
    SHARE_READ,
    SHARE_UNREAD,
    TOLD_EVERY,
    WINDOW_IN_ALL,
)
from rmosh.errors import Malformed


def share_of(left: int, in_all: int, *, read: int) -> int:
    """Return how far a stream may run ahead of its reader where so much is left of what all may.

    Streams that nobody reads would else take all that there is, one after another, and hold up those that are read. So
    where little is left a stream gets a part of it, and a larger one only after its reader has taken as much.
    """
    if left >= PLENTY_LEFT * in_all:
        return left
    return max(1, int(SHARE_UNREAD * left), min(read, int(SHARE_READ * left)))


class SendingCredit:
    """What may still be sent, and kept until it arrived.

    Attributes:
        sent: bytes of all streams that have left, each counted once.
        kept: bytes written and not yet acknowledged.
    """

    def __init__(self) -> None:
        self._limit = WINDOW_IN_ALL
        self.sent = 0
        self.kept = 0

    @property
    def left(self) -> int:
        """Bytes that the peer still takes of all streams together."""
        return self._limit - self.sent

    @property
    def room(self) -> int:
        """Bytes that may still be written on all streams together."""
        return SEND_BUFFER_IN_ALL - self.kept

    @property
    def is_scarce(self) -> bool:
        """Whether there is so little room that a stream may wait for others."""
        return self.room < PLENTY_LEFT * SEND_BUFFER_IN_ALL

    def room_of(self, *, arrived: int) -> int:
        """Return how much of it one stream may have, of which so much has arrived."""
        return min(self.room, share_of(self.room, SEND_BUFFER_IN_ALL, read=arrived))

    def share(self, *, read: int) -> int:
        """Return how far a stream may run ahead of its reader, who has read so much."""
        return min(self.left, share_of(self.left, WINDOW_IN_ALL, read=read))

    def allowed(self, limit: int) -> None:
        """Take what the peer allows."""
        self._limit = max(self._limit, limit)


class ReceivingCredit:
    """What the peer may still send.

    Attributes:
        pieces: how many wait for what is missing before them.
    """

    def __init__(self) -> None:
        self._received = 0
        self._read = 0
        self._told = WINDOW_IN_ALL
        self.pieces = 0

    @property
    def left(self) -> int:
        """Bytes that the peer may still send on all streams together, as far as it was told."""
        return self._told - self._received

    @property
    def least_share(self) -> int:
        """How far the peer lets a stream run ahead that nobody has read from."""
        return share_of(self.left, WINDOW_IN_ALL, read=0)

    def check(self, more: int) -> None:
        """Refuse what goes beyond it.

        Raises:
            Malformed: the peer sends more than it may.
        """
        if self._received + more > self._told:
            raise Malformed(f"{self._received + more} bytes on all streams, {self._told} are allowed")

    def received(self, more: int) -> None:
        """Count bytes that came, or that the peer says it sent before it gave up."""
        self._received += more

    def read(self, more: int) -> None:
        """Count bytes that wait no more."""
        self._read += more

    @property
    def is_worth_telling(self) -> bool:
        """Whether the peer should know that it may send more."""
        return self._read + WINDOW_IN_ALL - self._told >= max(1, TOLD_EVERY * self.left)

    def tell(self) -> int:
        """Return how many bytes the peer may send in all, which it is told now."""
        self._told = max(self._told, self._read + WINDOW_IN_ALL)
        return self._told
