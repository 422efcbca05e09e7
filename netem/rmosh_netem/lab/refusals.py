"""ICMP errors as a firewall sends them: who refused a packet, and how. Sans-IO.

Source: RFC 792 and RFC 1812 section 4.3.2.3 for what is quoted; RFC 4443 for the same in IPv6.
"""

import struct
from typing import Final

from ..firewall import IcmpRefusal
from .packets import ICMP, ICMPV6, IpPacket

#: Type "destination unreachable" and its code, over IPv4.
_IPV4: Final = {
    IcmpRefusal.NET_UNREACHABLE: (3, 0),
    IcmpRefusal.HOST_UNREACHABLE: (3, 1),
    IcmpRefusal.PROTOCOL_UNREACHABLE: (3, 2),
    IcmpRefusal.PORT_UNREACHABLE: (3, 3),
    IcmpRefusal.NET_PROHIBITED: (3, 9),
    IcmpRefusal.HOST_PROHIBITED: (3, 10),
    IcmpRefusal.ADMIN_PROHIBITED: (3, 13),
}

#: The same over IPv6, which says less; an unknown protocol is a "parameter problem" there.
_IPV6: Final = {
    IcmpRefusal.NET_UNREACHABLE: (1, 0),
    IcmpRefusal.HOST_UNREACHABLE: (1, 3),
    IcmpRefusal.PROTOCOL_UNREACHABLE: (4, 1),
    IcmpRefusal.PORT_UNREACHABLE: (1, 4),
    IcmpRefusal.NET_PROHIBITED: (1, 1),
    IcmpRefusal.HOST_PROHIBITED: (1, 1),
    IcmpRefusal.ADMIN_PROHIBITED: (1, 1),
}

#: Where the next header's number stands in an IPv6 packet, which a parameter problem points at.
_NEXT_HEADER_AT: Final = 6

#: Most bytes of an error, quoted packet and headers together. Source: RFC 1812 section 4.3.2.3, RFC 4443 section 2.4.
_LONGEST_IPV4: Final = 576
_LONGEST_IPV6: Final = 1280

_HOPS: Final = 64


def refuse(packet: IpPacket, refusal: IcmpRefusal) -> bytes:
    """Return what the sender of a packet gets back; it comes from where the packet was going."""
    return _refuse_ipv4(packet, refusal) if packet.data[0] >> 4 == 4 else _refuse_ipv6(packet, refusal)


def _refuse_ipv4(packet: IpPacket, refusal: IcmpRefusal) -> bytes:
    kind, code = _IPV4[refusal]
    quoted = packet.data[: _LONGEST_IPV4 - 28]
    message = bytearray(struct.pack("!BBHI", kind, code, 0, 0) + quoted)
    struct.pack_into("!H", message, 2, _checksum(message))
    header = bytearray(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0, _HOPS, ICMP, 0))
    header += packet.destination.address + packet.source.address
    struct.pack_into("!H", header, 10, _checksum(header))
    return bytes(header + message)


def _refuse_ipv6(packet: IpPacket, refusal: IcmpRefusal) -> bytes:
    kind, code = _IPV6[refusal]
    pointer = _NEXT_HEADER_AT if refusal is IcmpRefusal.PROTOCOL_UNREACHABLE else 0
    quoted = packet.data[: _LONGEST_IPV6 - 48]
    message = bytearray(struct.pack("!BBHI", kind, code, 0, pointer) + quoted)
    addresses = packet.destination.address + packet.source.address
    struct.pack_into("!H", message, 2, _checksum(addresses + struct.pack("!II", len(message), ICMPV6) + message))
    return struct.pack("!IHBB", 0x60000000, len(message), ICMPV6, _HOPS) + addresses + bytes(message)


def _checksum(data: bytes | bytearray) -> int:
    """Return the checksum of RFC 1071."""
    padded = bytes(data) + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
