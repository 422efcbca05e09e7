"""Whole IP packets with checksums computed the long way, to hold the laboratory's short way against."""

import ipaddress
import struct

from rmosh_netem.lab.packets import IpPacket, parse_packet

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58


def ones_complement_sum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def packet_of(data: bytes | None) -> IpPacket:
    """Read a packet that can be read."""
    assert data is not None
    packet = parse_packet(data)
    assert packet is not None
    return packet


def make_packet(
    protocol: int, source: str, destination: str, *, ports: tuple[int, int] = (1000, 2000), payload: bytes = b"hello"
) -> bytes:
    """Return a packet of TCP, UDP or an ICMP echo request whose identifier is the first port."""
    transport, checksum_at = {
        TCP: (struct.pack("!HHIIHHHH", *ports, 7, 9, 0x5018, 512, 0, 0), 16),
        UDP: (struct.pack("!HHHH", *ports, 8 + len(payload), 0), 6),
        ICMP: (struct.pack("!BBHHH", 8, 0, 0, ports[0], 1), 2),
        ICMPV6: (struct.pack("!BBHHH", 128, 0, 0, ports[0], 1), 2),
    }[protocol]
    return wrap(protocol, source, destination, transport + payload, checksum_at)


def wrap(protocol: int, source: str, destination: str, transport: bytes, checksum_at: int) -> bytes:
    """Put an IP header before a transport whose checksum field is zero, and fill in both checksums."""
    addresses = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    pseudo = b"" if protocol == ICMP else addresses + struct.pack("!II", len(transport), protocol)
    checksum = ~ones_complement_sum(pseudo + transport) & 0xFFFF
    if protocol == UDP and checksum == 0:
        checksum = 0xFFFF
    transport = transport[:checksum_at] + struct.pack("!H", checksum) + transport[checksum_at + 2 :]
    if ":" in source:
        return struct.pack("!IHBB", 6 << 28, len(transport), protocol, 64) + addresses + transport
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(transport), 5, 0, 64, protocol, 0) + addresses
    checksum = ~ones_complement_sum(header) & 0xFFFF
    return header[:10] + struct.pack("!H", checksum) + header[12:] + transport


def checksums_are_right(packet: bytes) -> bool:
    """Whether the header's (IPv4) and the transport's checksums are as their RFCs want them."""
    if packet[0] >> 4 == 4:
        header, protocol, addresses = packet[:20], packet[9], packet[12:20]
        if ones_complement_sum(header) != 0xFFFF:
            return False
    else:
        header, protocol, addresses = packet[:40], packet[6], packet[8:40]
    transport = packet[len(header) :]
    pseudo = b"" if protocol == ICMP else addresses + struct.pack("!II", len(transport), protocol)
    return ones_complement_sum(pseudo + transport) == 0xFFFF
