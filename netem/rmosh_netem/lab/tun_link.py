"""Moves IP packets between two TUN devices: through the NAT and a `Link` each way. In a `PreciseLoop`'s thread."""

import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final

from ..firewall import Firewall, Policer
from ..link import Link
from ..precise_loop import PreciseLoop
from .nat import Nat
from .packets import UDP, IpPacket, parse_packet
from .refusals import refuse

#: Packets read at one go, so that timers wait less than about 1 ms for a flood.
_READS_AT_ONCE: Final = 32


class TunLink:
    """The way between two TUN descriptors.

    Attributes:
        firewall: what is done to UDP.
        ignored: packets that never reached a link, by reason.
    """

    def __init__(
        self, loop: PreciseLoop, *, client: int, server: int, up: Link, down: Link, nat: Nat, mtu: int
    ) -> None:
        """Begin to read both devices, whose packets have at most `mtu` bytes; the links count all (headers=0)."""
        self.firewall = Firewall()
        self._policers = {client: Policer(), server: Policer()}
        self.ignored: Counter[str] = Counter()
        self._loop = loop
        self._client = client
        self._server = server
        self._up = up
        self._down = down
        self._nat = nat
        self._mtu = mtu
        loop.set_reader(client, partial(self._read, client, self._take_from_client))
        loop.set_reader(server, partial(self._read, server, self._take_from_server))

    def close(self) -> None:
        """Stop reading; the descriptors stay the caller's."""
        self._loop.set_reader(self._client, None)
        self._loop.set_reader(self._server, None)

    def _read(self, descriptor: int, take: Callable[[IpPacket], None]) -> None:
        for _ in range(_READS_AT_ONCE):
            try:
                packet = parse_packet(os.read(descriptor, self._mtu))
            except OSError:  # nothing more, or the device is down
                return
            if packet is None or packet.is_multicast:  # such as IPv6's own group reports: not for this link
                self.ignored["not unicast IP"] += 1
            elif packet.protocol == UDP and not self._passes(descriptor, packet):
                self._refuse(descriptor, packet)
            else:
                take(packet)

    def _passes(self, descriptor: int, packet: IpPacket) -> bool:
        return self._policers[descriptor].passes(len(packet.data), self.firewall, now=self._loop.now())

    def _refuse(self, descriptor: int, packet: IpPacket) -> None:
        refusal = self.firewall.refusal
        if not self.firewall.blocked:
            self.ignored["udp policed"] += 1
        elif refusal is None or descriptor != self._client:
            self.ignored["udp blocked"] += 1
        else:
            self.ignored["udp refused"] += 1
            self._write(self._client, refuse(packet, refusal))

    def _take_from_client(self, packet: IpPacket) -> None:
        now = self._loop.now()
        for arrival in self._up.send(self._nat.outbound(packet, now=now), now=now):
            self._loop.call_at(arrival.time, partial(self._write, self._server, arrival.data))

    def _take_from_server(self, packet: IpPacket) -> None:
        for arrival in self._down.send(packet.data, now=self._loop.now()):
            self._loop.call_at(arrival.time, partial(self._give_to_client, arrival.data))

    def _give_to_client(self, data: bytes) -> None:
        packet = parse_packet(data)  # once more: it may have been corrupted on its way
        inside = self._nat.inbound(packet, now=self._loop.now()) if packet is not None else None
        if inside is None:
            self.ignored["no mapping"] += 1
        else:
            self._write(self._client, inside)

    def _write(self, descriptor: int, data: bytes) -> None:
        try:
            os.write(descriptor, data)
        except OSError:  # corrupted beyond being IP, or the device is down: as on any wire, it is gone
            self.ignored["undeliverable"] += 1
