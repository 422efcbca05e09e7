"""Tells an observer what one endpoint does; made where there is one, so that others neither load nor ask anything."""

from collections.abc import Mapping, Sequence

from rmosh.transport.frame_table import FrameTable
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.path import Path
from rmosh.transport.recovery import Recovery
from rmosh.transport.sent_packets import SentPacket
from rmosh.transport.trace import (
    DatagramDropped,
    FrameSent,
    LinkSeen,
    LossReason,
    Noted,
    Observer,
    PacketLost,
    PacketReceived,
    PacketsAcknowledged,
    PacketSent,
)
from rmosh.transport.traffic import Load


class EndpointTrace:
    """Makes events of what the endpoint and its recovery have at hand."""

    def __init__(self, observer: Observer, frames: FrameTable) -> None:
        self._observer = observer
        self._frames = frames

    def sent(
        self,
        number: int,
        size: int,
        loads: Sequence[Load],
        paths: Sequence[Path],
        *,
        epoch: int,
        probe: bool,
        now: float,
    ) -> None:
        """Tell of a packet that leaves."""
        frames = tuple([FrameSent(self._frames.name_in(load.encoded), len(load.encoded)) for load in loads])
        asks = any(load.elicits_ack for load in loads)
        self._observer(PacketSent(number, size, epoch, tuple(paths), frames, asks, probe), now=now)

    def received(
        self, number: int, size: int, frames: Sequence[WireFrame], path: Path, *, epoch: int, now: float
    ) -> None:
        """Tell of a packet that was taken."""
        names = tuple([self._frames.name_of(frame) for frame in frames])
        self._observer(PacketReceived(number, size, epoch, path, names), now=now)

    def dropped(self, size: int, path: Path, reason: Exception, *, now: float) -> None:
        """Tell of a datagram that was of no use."""
        self._observer(DatagramDropped(size, path, type(reason).__name__), now=now)

    def acknowledged(self, packets: Sequence[SentPacket], *, now: float) -> None:
        """Tell of packets that arrived, newest first."""
        self._observer(PacketsAcknowledged(tuple([packet.number for packet in packets])), now=now)

    def overtaken(self, packet: SentPacket, *, by_many: bool, now: float) -> None:
        """Tell of a packet that counts as lost because later ones arrived."""
        self._lost(packet, LossReason.OVERTAKEN if by_many else LossReason.LATE, now)

    def expired(self, packet: SentPacket, *, now: float) -> None:
        """Tell of a packet that is no longer waited for."""
        self._lost(packet, LossReason.UNANSWERED, now)

    def _lost(self, packet: SentPacket, reason: LossReason, now: float) -> None:
        self._observer(PacketLost(packet.number, packet.size, reason, packet.probes_mtu), now=now)

    def link(self, recovery: Recovery, path: Path | None, *, now: float) -> None:
        """Tell what is known of the link."""
        rtt = recovery.rtt
        seen = LinkSeen(
            smoothed_rtt=rtt.smoothed if rtt.measured else None,
            rtt_variation=rtt.variation if rtt.measured else None,
            latest_rtt=rtt.latest,
            minimum_rtt=rtt.minimum if rtt.measured else None,
            window=int(recovery.congestion.window),
            in_flight=recovery.bytes_in_flight,
            loss=recovery.loss.rate,
            mtu=recovery.mtu.size,
            path=path,
        )
        self._observer(seen, now=now)

    def note(self, name: str, figures: Mapping[str, int | float], *, now: float) -> None:
        """Tell what a layer above did."""
        self._observer(Noted(name, figures), now=now)
