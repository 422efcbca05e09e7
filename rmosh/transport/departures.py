"""Packets on their way out: each gets its number, is sealed, counted, and remembered where its fate is to be known."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rmosh.transport.heartbeat import Heartbeat
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.path import Datagram, Path
from rmosh.transport.recovery import Recovery
from rmosh.transport.sent_packets import SentPacket
from rmosh.transport.traffic import Load

if TYPE_CHECKING:
    from rmosh.transport.endpoint_trace import EndpointTrace


class Departures:
    """All that one endpoint has sent.

    Attributes:
        next_number: of the next packet.
        asking_since: since when the first of the questions that are open is owed an answer; None where none is.
        packets, bytes: how much was sent; a packet that went by several paths counts once.
        trace: told of each packet; None where nobody observes.
        clock: tells when each packet is ready, as making one may take long; None for the moment of the turn.
    """

    def __init__(self, protection: PacketProtection, heartbeat: Heartbeat | None) -> None:
        """Begin.

        Args:
            heartbeat: told of each packet, whether it asks or only answers.
        """
        self._protection = protection
        self._heartbeat = heartbeat
        self.next_number = 0
        self.asking_since: float | None = None
        self.packets = 0
        self.bytes = 0
        self.trace: EndpointTrace | None = None
        self.clock: Callable[[], float] | None = None

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
        ack_wait: float = 0.0,
    ) -> list[Datagram]:
        """Return a packet as the datagrams that carry it, one a path.

        Args:
            recovery: is told of the packet where it elicits an acknowledgement.
            limited: more would have left if the window were larger.
            probes_mtu, probes_path: it asks whether its size, or a path, goes through, and may never arrive.
            ack_wait: seconds for which it says that its acknowledgement may wait.
        """
        number = self.next_number
        self.next_number += 1
        elicits_ack, background, is_stream, cargo, encoded = False, True, False, [], []
        for load in loads:
            encoded.append(load.encoded)
            elicits_ack |= load.elicits_ack
            background &= load.background or not load.elicits_ack
            is_stream |= load.is_stream
            if load.cargo is not None:
                cargo.append(load.cargo)
        data = self._protection.seal(number, b"".join(encoded), now=now)
        self.packets += 1
        self.bytes += len(data)
        if elicits_ack:
            packet = SentPacket(
                number,
                now if self.clock is None else self.clock(),
                len(data),
                tuple(cargo),
                window_limited=limited,
                probes_mtu=probes_mtu,
                background=background,
                probes_path=probes_path,
                ack_wait=ack_wait,
            )
            recovery.sent(packet, is_stream=is_stream)
            if packet.is_question:
                self._asked(now, wait=ack_wait)
        elif self._heartbeat is not None:
            self._heartbeat.answered(now=now)
        if self.trace is not None:
            epoch = self._protection.sealer.epoch
            self.trace.sent(number, len(data), loads, paths, epoch=epoch, probe=probes_mtu, now=now)
        return [Datagram(path, data) for path in paths]

    def bulk(self, loads: Sequence[Load], path: Path, recovery: Recovery, *, now: float) -> list[Datagram]:
        """Return packets of one load each, of streams, as datagrams, as `datagrams` would one by one."""
        seal, first = self._protection.sealing(now=now), self.next_number
        sealed = [seal(number, load.encoded) for number, load in enumerate(loads, start=first)]
        sent_at = now if self.clock is None else self.clock()
        for number, (load, data) in enumerate(zip(loads, sealed, strict=True), start=first):
            cargo = () if load.cargo is None else (load.cargo,)
            recovery.sent(SentPacket(number, sent_at, len(data), cargo, background=True), is_stream=True)
            self.bytes += len(data)
        self.next_number += len(sealed)
        self.packets += len(sealed)
        self._asked(now)
        return [Datagram(path, data) for data in sealed]

    def _asked(self, now: float, *, wait: float = 0.0) -> None:
        if self.asking_since is None or self.asking_since > now + wait:
            self.asking_since = now + wait
        if self._heartbeat is not None:
            self._heartbeat.asked(now=now)
