"""The client's home router: translates addresses and ports, and can forget what it knew. Sans-IO.

Addresses are translated by prefix and keep their last bytes, so that a client with a new address is seen at a new
address. Ports are given out in turn and never kept; packets from outside reach only ports that are mapped.
"""

from dataclasses import dataclass
from typing import Final

from .packets import IpPacket, PacketEnd, with_destination, with_quoted, with_source

#: Outside ports, given out in turn: clear of servers' own, and twice the mappings, so that a forgotten one rests.
_PORTS: Final = range(20_000, 60_000)

#: Mappings kept at once; the one silent longest makes way.
MAX_MAPPINGS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Translation:
    """A prefix of addresses inside and the one it becomes outside, as whole bytes of equal number."""

    inside: bytes
    outside: bytes


@dataclass(slots=True)
class _Mapping:
    protocol: int
    inside: PacketEnd
    outside: PacketEnd
    last_used: float


class Nat:
    """Mappings between inside and outside endpoints.

    Attributes:
        forget_after: seconds without a packet after which a mapping is forgotten; None for never.
    """

    def __init__(self, *, ipv4: Translation, ipv6: Translation, forget_after: float | None = None) -> None:
        self.forget_after = forget_after
        self._translations = {4: ipv4, 16: ipv6}
        self._by_inside: dict[tuple[int, PacketEnd], _Mapping] = {}
        self._by_outside: dict[tuple[int, PacketEnd], _Mapping] = {}
        self._next_port = 0

    def outbound(self, packet: IpPacket, *, now: float) -> bytes:
        """Return a packet from inside as it is seen outside; a new flow gets a mapping."""
        if packet.quotes_at is not None:
            return self._error_outbound(packet, now)
        return with_source(packet, self._outside_of(packet.protocol, packet.source, now))

    def inbound(self, packet: IpPacket, *, now: float) -> bytes | None:
        """Return a packet from outside as the inside gets it; None where nobody is waiting for it."""
        if packet.quotes_at is not None:
            return self._error_inbound(packet, now)
        inside = self._inside_of(packet.protocol, packet.destination, now)
        return with_destination(packet, inside) if inside is not None else None

    def rebind(self) -> int:
        """Forget every mapping: flows continue from other ports; return how many there were."""
        count = len(self._by_inside)
        self._by_inside.clear()
        self._by_outside.clear()
        return count

    def _error_outbound(self, packet: IpPacket, now: float) -> bytes:
        def rewrite(quoted: IpPacket) -> bytes:
            return with_destination(quoted, self._outside_of(quoted.protocol, quoted.destination, now))

        moved = packet._replace(data=with_quoted(packet, rewrite))
        return with_source(moved, self._swapped(packet.source, outwards=True))

    def _error_inbound(self, packet: IpPacket, now: float) -> bytes:
        def rewrite(quoted: IpPacket) -> bytes | None:
            inside = self._inside_of(quoted.protocol, quoted.source, now)
            return with_source(quoted, inside) if inside is not None else None

        moved = packet._replace(data=with_quoted(packet, rewrite))
        return with_destination(moved, self._swapped(packet.destination, outwards=False))

    def _outside_of(self, protocol: int, inside: PacketEnd, now: float) -> PacketEnd:
        if inside.port is None:
            return self._swapped(inside, outwards=True)
        mapping = self._by_inside.pop((protocol, inside), None)
        if mapping is not None and self._is_forgotten(mapping, now):
            del self._by_outside[protocol, mapping.outside]
            mapping = None
        if mapping is None:
            mapping = self._new_mapping(protocol, inside, now)
        mapping.last_used = now
        self._by_inside[protocol, inside] = mapping  # the dict's order is by last use from inside
        return mapping.outside

    def _inside_of(self, protocol: int, outside: PacketEnd, now: float) -> PacketEnd | None:
        if outside.port is None:
            return self._swapped(outside, outwards=False)
        mapping = self._by_outside.get((protocol, outside))
        if mapping is None or self._is_forgotten(mapping, now):
            return None
        mapping.last_used = now
        return mapping.inside

    def _is_forgotten(self, mapping: _Mapping, now: float) -> bool:
        return self.forget_after is not None and now - mapping.last_used > self.forget_after

    def _new_mapping(self, protocol: int, inside: PacketEnd, now: float) -> _Mapping:
        if len(self._by_inside) >= MAX_MAPPINGS:
            longest_silent = self._by_inside.pop(next(iter(self._by_inside)))
            del self._by_outside[longest_silent.protocol, longest_silent.outside]
        address = self._swapped(inside, outwards=True).address
        while (protocol, outside := PacketEnd(address, self._take_port())) in self._by_outside:
            pass
        mapping = _Mapping(protocol, inside, outside, now)
        self._by_outside[protocol, outside] = mapping
        return mapping

    def _take_port(self) -> int:
        self._next_port += 1
        return _PORTS[self._next_port % len(_PORTS)]

    def _swapped(self, endpoint: PacketEnd, *, outwards: bool) -> PacketEnd:
        translation = self._translations[len(endpoint.address)]
        old, new = translation.inside, translation.outside
        if not outwards:
            old, new = new, old
        if not endpoint.address.startswith(old):
            return endpoint
        return PacketEnd(new + endpoint.address[len(old) :], endpoint.port)
