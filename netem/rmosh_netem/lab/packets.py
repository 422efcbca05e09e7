"""Reads IP packets as far as a NAT must, and rewrites their endpoints with the checksums kept right.

Sans-IO. Nothing is trusted: whatever cannot be understood is `None`, never an exception. Checksums are updated by
the difference alone, so that a packet damaged on its way stays damaged for the receiver to see.

Source: RFC 791, RFC 8200, RFC 768, RFC 9293, RFC 792, RFC 4443; RFC 1624 for the incremental checksum.
"""

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

ICMP: Final = 1
TCP: Final = 6
UDP: Final = 17
ICMPV6: Final = 58

#: Where the checksum stands in each transport's header, in bytes.
_CHECKSUM_AT: Final = {TCP: 16, UDP: 6, ICMP: 2, ICMPV6: 2}

#: Types of ICMP messages with an identifier, which NATs treat as a port: echo requests and replies.
_ECHO_TYPES: Final = {ICMP: frozenset({0, 8}), ICMPV6: frozenset({128, 129})}

#: Types of ICMP messages that quote the packet they are about.
_ERROR_TYPES: Final = {ICMP: frozenset({3, 11, 12}), ICMPV6: frozenset({1, 2, 3, 4})}

#: Bytes of an ICMP error before the packet it quotes.
_ERROR_HEADER: Final = 8

#: IPv6 extension headers whose second byte is their length in 8 bytes, the first 8 not counted.
_IPV6_OPTIONS: Final = frozenset({0, 43, 60})
_IPV6_FRAGMENT: Final = 44

#: Extension headers followed in one packet; hosts send none or one.
_MAX_EXTENSIONS: Final = 8


class PacketEnd(NamedTuple):
    """An address (4 or 16 bytes) with a port or echo identifier; None where the packet has none."""

    address: bytes
    port: int | None


class IpPacket(NamedTuple):
    """An IP packet and where its parts are.

    Attributes:
        data: the whole packet.
        protocol: of the transport, such as `UDP`.
        source: who sent it.
        destination: who is to get it.
        transport_at: where the transport's header begins; None in a fragment that does not have it.
    """

    data: bytes
    protocol: int
    source: PacketEnd
    destination: PacketEnd
    transport_at: int | None

    @property
    def is_multicast(self) -> bool:
        """Whether it is for many, or everyone."""
        first = self.destination.address[0]
        return first == 0xFF if self.data[0] >> 4 == 6 else first >= 0xE0

    @property
    def quotes_at(self) -> int | None:
        """Where the packet begins that this ICMP error is about; None in all others."""
        if self.transport_at is None or len(self.data) < self.transport_at + _ERROR_HEADER:
            return None
        is_error = self.data[self.transport_at] in _ERROR_TYPES.get(self.protocol, ())
        return self.transport_at + _ERROR_HEADER if is_error else None


def parse_packet(untrusted: bytes) -> IpPacket | None:
    """Read an IPv4 or IPv6 packet, perhaps cut short as ICMP errors quote them; None where it is neither."""
    if len(untrusted) >= 20 and untrusted[0] >> 4 == 4:
        return _parse_ipv4(untrusted)
    if len(untrusted) >= 40 and untrusted[0] >> 4 == 6:
        return _parse_ipv6(untrusted)
    return None


def with_source(packet: IpPacket, new: PacketEnd) -> bytes:
    """Return the packet as if `new` had sent it; a port is only replaced where there was one."""
    return _rewritten(packet, packet.source, new, address_at=12 if packet.data[0] >> 4 == 4 else 8, first_port=True)


def with_destination(packet: IpPacket, new: PacketEnd) -> bytes:
    """Return the packet as if it were for `new`; a port is only replaced where there was one."""
    at = 16 if packet.data[0] >> 4 == 4 else 24
    return _rewritten(packet, packet.destination, new, address_at=at, first_port=False)


def with_quoted(packet: IpPacket, rewrite: Callable[[IpPacket], bytes | None]) -> bytes:
    """Return an ICMP error with the packet it quotes rewritten; as it is where that cannot be understood."""
    at = packet.quotes_at
    quoted = parse_packet(packet.data[at:]) if at is not None else None
    changed = rewrite(quoted) if quoted is not None else None
    if at is None or changed is None:
        return packet.data
    data = bytearray(packet.data)
    data[at:] = changed
    assert packet.transport_at is not None
    _adjust(data, packet.transport_at + _CHECKSUM_AT[packet.protocol], packet.data[at:], changed)
    return bytes(data)


def _parse_ipv4(data: bytes) -> IpPacket | None:
    header = (data[0] & 0x0F) * 4
    if header < 20 or header > len(data):
        return None
    fragment_offset = int.from_bytes(data[6:8], "big") & 0x1FFF
    transport_at = header if fragment_offset == 0 else None
    return _with_ports(data, data[9], data[12:16], data[16:20], transport_at)


def _parse_ipv6(data: bytes) -> IpPacket | None:
    protocol, at = data[6], 40
    transport_at: int | None = at
    for _ in range(_MAX_EXTENSIONS):
        if protocol not in _IPV6_OPTIONS and protocol != _IPV6_FRAGMENT:
            break
        if len(data) < at + 8:
            return None
        if protocol == _IPV6_FRAGMENT:
            if int.from_bytes(data[at + 2 : at + 4], "big") >> 3:
                return _with_ports(data, data[at], data[8:24], data[24:40], None)
            protocol, at = data[at], at + 8
        else:
            protocol, at = data[at], at + 8 + data[at + 1] * 8
        transport_at = at
    return _with_ports(data, protocol, data[8:24], data[24:40], transport_at)


def _with_ports(data: bytes, protocol: int, source: bytes, destination: bytes, at: int | None) -> IpPacket:
    ports: tuple[int | None, int | None] = (None, None)
    if at is not None and len(data) >= at + 8:
        if protocol in (TCP, UDP):
            ports = struct.unpack_from("!HH", data, at)
        elif data[at] in _ECHO_TYPES.get(protocol, ()):
            (identifier,) = struct.unpack_from("!H", data, at + 4)
            ports = (identifier, identifier)
    return IpPacket(data, protocol, PacketEnd(source, ports[0]), PacketEnd(destination, ports[1]), at)


def _rewritten(packet: IpPacket, old: PacketEnd, new: PacketEnd, *, address_at: int, first_port: bool) -> bytes:
    data = bytearray(packet.data)
    data[address_at : address_at + len(new.address)] = new.address
    is_ipv4 = data[0] >> 4 == 4
    if is_ipv4:
        _adjust(data, 10, old.address, new.address)
    if packet.transport_at is None:
        return bytes(data)
    before = b"" if packet.protocol == ICMP else old.address
    after = b"" if packet.protocol == ICMP else new.address
    if old.port is not None and new.port is not None:
        at = packet.transport_at + (4 if packet.protocol in _ECHO_TYPES else 0 if first_port else 2)
        before += data[at : at + 2]
        data[at : at + 2] = new.port.to_bytes(2, "big")
        after += data[at : at + 2]
    if packet.protocol in _CHECKSUM_AT:
        _adjust_transport(data, packet, before, after, is_ipv4=is_ipv4)
    return bytes(data)


def _adjust_transport(data: bytearray, packet: IpPacket, before: bytes, after: bytes, *, is_ipv4: bool) -> None:
    assert packet.transport_at is not None
    at = packet.transport_at + _CHECKSUM_AT[packet.protocol]
    if len(data) < at + 2 or (packet.protocol == UDP and is_ipv4 and data[at : at + 2] == b"\0\0"):
        return  # cut short in an ICMP error, or UDP without a checksum
    _adjust(data, at, before, after)
    if packet.protocol == UDP and data[at : at + 2] == b"\0\0":
        data[at : at + 2] = b"\xff\xff"  # zero would say that there is none


def _adjust(data: bytearray, at: int, old: bytes, new: bytes) -> None:
    """Update the checksum at `at` for `new` in the place of `old`, both at an even offset and of one length.

    One's complement sums of 16-bit words are sums modulo 0xFFFF, whose zero is written 0xFFFF. Source: RFC 1624.
    """
    checksum = int.from_bytes(data[at : at + 2], "big")
    total = (0xFFFF - checksum - _sum(old) + _sum(new)) % 0xFFFF or 0xFFFF
    data[at : at + 2] = (0xFFFF - total).to_bytes(2, "big")


def _sum(data: bytes) -> int:
    """Return the sum of 16-bit words, modulo 0xFFFF: 2**16 is 1 there, so the whole may be read as one number."""
    return int.from_bytes(data if len(data) % 2 == 0 else data + b"\0", "big") % 0xFFFF
