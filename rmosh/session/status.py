"""What is known of the link, for people: the connection overlay and the notice line."""

import math

from rmosh.lazy_dataclass import dataclass
from rmosh.transport.recovery import Recovery


@dataclass(frozen=True, slots=True)
class PathFigures:
    """What was measured of UDP, or of the stream beside it.

    Attributes:
        srtt: smoothed RTT in seconds; None before the first measurement.
        rttvar: its variation in seconds.
        loss: share of our datagrams lost there lately, 0 to 1.
        delivery: seconds after which nine in ten of our datagrams of late, or what was said instead of those that were
            lost, were known to have arrived; None where too few were sent there.
        arrived: seconds since the newest of our datagrams known to have arrived was sent; endless before one is.
    """

    srtt: float | None
    rttvar: float | None
    loss: float
    delivery: float | None
    arrived: float = math.inf

    @classmethod
    def of(cls, recovery: Recovery, *, now: float) -> "PathFigures":
        """Return what is known now."""
        rtt = recovery.rtt
        return cls(
            srtt=rtt.smoothed if rtt.measured else None,
            rttvar=rtt.variation if rtt.measured else None,
            loss=recovery.loss.rate,
            delivery=None if recovery.deliveries is None else recovery.deliveries.at_most(0.9, now=now),
            arrived=now - recovery.proven_since,
        )


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The link at one moment.

    Attributes:
        srtt: smoothed RTT in seconds; None before the first measurement.
        rttvar: its variation in seconds.
        latest_rtt: the newest measurement in seconds; None before the first.
        loss: share of our datagrams lost lately, 0 to 1.
        path: the server's address in use, for reading; "" before it answered, "stream" for a stream.
        last_contact: seconds since the server was heard; None before it was.
        silence: seconds for which the server has left us without an answer; 0 when none is owed.
        unheard: seconds for which nothing of what we sent was acknowledged, whether or not the server talks.
        bytes_sent, bytes_received: UDP payload so far.
        datagrams_lost: of ours, so far; those that turned out late do not count.
        datagrams_sent_there: how many the server has sent, by the numbers of those that came.
        datagrams_dropped: received, but foreign, forged, replayed or malformed.
        mtu: largest UDP payload known to pass, in bytes.
        is_stream: whether the path in use is a stream.
        udp, stream: the figures of either while both are there; None where only the path in use is.
    """

    srtt: float | None
    rttvar: float | None
    latest_rtt: float | None
    loss: float
    path: str
    last_contact: float | None
    silence: float
    unheard: float
    bytes_sent: int
    bytes_received: int
    datagrams_sent: int
    datagrams_received: int
    datagrams_lost: int
    datagrams_sent_there: int
    datagrams_dropped: int
    mtu: int
    is_stream: bool = False
    udp: PathFigures | None = None
    stream: PathFigures | None = None

    @property
    def is_well(self) -> bool:
        """Whether the server answers by UDP, hears us, and owes us nothing at the moment."""
        return not (self.last_contact is None or self.silence or self.unheard or self.is_stream)
