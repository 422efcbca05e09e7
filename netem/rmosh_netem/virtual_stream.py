"""A byte stream in virtual time with TCP's ways: nothing is lost, so all that follows a lost piece waits for it.

What a link loses is sent again, after a round trip where enough followed to tell, else after a timeout that doubles
(RFC 6298). There is no congestion window: what is written leaves at once, and waits before the link's own bottleneck.
"""

from collections.abc import Callable
from typing import Final, Protocol

from .link import Link

__all__ = ["StreamWay"]

#: Bytes of IPv4, TCP and its timestamps, and of an SSH channel's packet, around each piece. Source: RFC 791, 9293,
#: 7323, 4253 and 4254, with a cipher that authenticates.
STREAM_HEADERS: Final = 52 + 36

#: Shortest and longest retransmission timeout, in seconds. Source: Linux's TCP_RTO_MIN and TCP_RTO_MAX.
RTO_MIN: Final = 0.2
RTO_MAX: Final = 120.0

#: Pieces that must follow a lost one so that it is missed before the timeout. Source: RFC 5681 section 3.2.
FOLLOWERS: Final = 3


class Clock(Protocol):
    """What a way needs of the world."""

    now: float

    def at(self, time: float, act: Callable[[], None]) -> None:
        """Do something at a moment."""


class StreamWay:
    """One direction of a stream.

    Attributes:
        written: pieces so far.
        repeated: how often one of them was sent again.
    """

    def __init__(self, clock: Clock, link: Link, *, rtt: float, deliver: Callable[[bytes], None]) -> None:
        self._clock = clock
        self._link = link
        self._rtt = rtt
        self._deliver = deliver
        self._arrived: dict[int, bytes] = {}
        self._awaited = 0
        self._is_open = True
        self.written = 0
        self.repeated = 0

    @property
    def backlog(self) -> int:
        """Pieces written and not yet delivered."""
        return self.written - self._awaited

    def write(self, data: bytes) -> None:
        """Put a piece into the stream."""
        number, self.written = self.written, self.written + 1
        self._transmit(number, data, timeout=max(RTO_MIN, 2 * self._rtt))

    def close(self) -> None:
        """Deliver nothing more."""
        self._is_open = False

    def _transmit(self, number: int, data: bytes, *, timeout: float) -> None:
        if not self._is_open:
            return
        arrivals = self._link.send(data, now=self._clock.now)
        if arrivals:
            self._clock.at(arrivals[0].time, lambda: self._arrive(number, data))
            return
        sent_at, seen = self._clock.now, self.written

        def again() -> None:
            self.repeated += 1
            self._transmit(number, data, timeout=min(RTO_MAX, 2 * timeout))

        def missed() -> None:
            if self.written - seen >= FOLLOWERS:
                again()
            else:
                self._clock.at(sent_at + timeout, again)

        self._clock.at(sent_at + min(timeout, 1.1 * self._rtt), missed)

    def _arrive(self, number: int, data: bytes) -> None:
        self._arrived[number] = data
        while self._is_open and self._awaited in self._arrived:
            self._awaited += 1
            self._deliver(self._arrived.pop(self._awaited - 1))
