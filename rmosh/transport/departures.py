"""Packets on their way out: each gets its number, is sealed, counted, and remembered where its fate is to be known."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rmosh.transport.heartbeat import Heartbeat
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.path import Datagram, Path
from rmosh.transport.recovery import Recovery
from rmosh.transport.sent_packets import Cargo, SentPacket
from rmosh.transport.traffic import Load

if TYPE_CHECKING:
    from rmosh.transport.endpoint_trace import EndpointTrace


class Departures:
    """All that one endpoint has sent.

    Attributes:
        next_number: of the next packet.
        asking_since: when the first of the questions was put that are open; None where none is.
        packets, bytes: how much was sent; a packet that went by several paths counts once.
        trace: told of each packet; None where nobody observes.
    """

    def __init__(self, protection: PacketProtection, heartbeat: Heartbeat | None) -> None:
        """Begin.

        Args:
            heartbeat: told of each question.
        """
        self._protection = protection
        self._heartbeat = heartbeat
        self.next_number = 0
        self.asking_since: float | None = None
        self.packets = 0
        self.bytes = 0
        self.trace: EndpointTrace | None = None

    def datagrams(
        self,
        loads: Sequence[Load],
        paths: Sequence[Path],
        recovery: Recovery,
        *,
        now: float,
        limited: bool = False,
        probes_mtu: bool = False,
        probes_path: bool = False,
    ) -> list[Datagram]:
        """Return a packet as the datagrams that carry it, one a path.

        Args:
            recovery: is told of the packet where it elicits an acknowledgement.
            limited: more would have left if the window were larger.
            probes_mtu, probes_path: it asks whether its size, or a path, goes through, and may never arrive.
        """
        number = self.next_number
        self.next_number += 1
        data = self._protection.seal(number, b"".join(load.encoded for load in loads), now=now)
        self.packets += 1
        self.bytes += len(data)
        if any(load.elicits_ack for load in loads):
            cargo: tuple[Cargo, ...] = tuple(load.cargo for load in loads if load.cargo is not None)
            background = all(load.background for load in loads if load.elicits_ack)
            packet = SentPacket(
                number,
                now,
                len(data),
                cargo,
                window_limited=limited,
                probes_mtu=probes_mtu,
                background=background,
                probes_path=probes_path,
            )
            recovery.sent(packet)
            if packet.is_question:
                self._asked(now)
        if self.trace is not None:
            epoch = self._protection.sealer.epoch
            self.trace.sent(number, len(data), loads, paths, epoch=epoch, probe=probes_mtu, now=now)
        return [Datagram(path, data) for path in paths]

    def _asked(self, now: float) -> None:
        if self.asking_since is None:
            self.asking_since = now
        if self._heartbeat is not None:
            self._heartbeat.asked(now=now)
