"""What an observer is told of a session: datagrams, their fate, the link, and figures of what they carry.

An event holds numbers, addresses and names that stand in this code: there is no room in it for what was typed or shown,
nor for a key. Whoever writes events down need not look for secrets.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Protocol, TypeAlias

from rmosh.lazy_dataclass import dataclass, field
from rmosh.transport.path import Path


class LossReason(Enum):
    """Why a packet counts as lost. Source: qlog's triggers of `packet_lost`."""

    #: Several that were sent after it have arrived.
    OVERTAKEN = "reordering_threshold"
    #: One that was sent after it has arrived, a good while ago.
    LATE = "time_threshold"
    #: Nothing has arrived for so long that it is no longer waited for.
    UNANSWERED = "pto_expired"


@dataclass(frozen=True, slots=True)
class FrameSent:
    """One frame of a packet: its name in PROTOCOL.md's table and its bytes with the type."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class PacketSent:
    """A packet left on one or more paths.

    Attributes:
        size: bytes of the whole datagram.
        epoch: how often this direction's key was changed.
        asks: it elicits an acknowledgement, so its fate will be told.
        probes_mtu: it left to learn whether its size passes.
    """

    number: int
    size: int
    epoch: int
    paths: tuple[Path, ...]
    frames: tuple[FrameSent, ...]
    asks: bool
    probes_mtu: bool = False


@dataclass(frozen=True, slots=True)
class PacketReceived:
    """A packet came and was taken; `frames` are names as in PROTOCOL.md's table."""

    number: int
    size: int
    epoch: int
    path: Path
    frames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatagramDropped:
    """A datagram came that was of no use; `reason` is the name of the error that it met."""

    size: int
    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class PacketsAcknowledged:
    """The peer has these packets, newest first; some may have counted as lost."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PacketLost:
    """A packet counts as lost from now on."""

    number: int
    size: int
    reason: LossReason
    probes_mtu: bool = False


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """What is known of the link now, told when any of it may have changed.

    Attributes:
        smoothed_rtt, rtt_variation, latest_rtt, minimum_rtt: in seconds; None before the first measurement.
        window, in_flight: in bytes.
        loss: share of our packets lost lately, 0 to 1.
        mtu: largest datagram known to pass, in bytes.
        path: the one in use.
    """

    smoothed_rtt: float | None
    rtt_variation: float | None
    latest_rtt: float | None
    minimum_rtt: float | None
    window: int
    in_flight: int
    loss: float
    mtu: int
    path: Path | None


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that the layers above did: a name from their code, and figures."""

    name: str
    figures: Mapping[str, int | float] = field(default_factory=dict)


TraceEvent: TypeAlias = (
    PacketSent | PacketReceived | DatagramDropped | PacketsAcknowledged | PacketLost | LinkSeen | Noted
)


class Observer(Protocol):
    """Who is told; must not raise, and changes nothing."""

    def __call__(self, event: TraceEvent, *, now: float) -> None:
        """Take an event that happened at a moment, in monotonic seconds."""
