"""Packets keep right checksums whatever is rewritten, and nothing that arrives can break the reading of them."""

import ipaddress
import struct
from typing import TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rmosh_netem.lab.packets import PacketEnd, parse_packet, with_destination, with_source
from tests.unit.netem.packet_maker import ICMP, ICMPV6, TCP, UDP, checksums_are_right, make_packet, packet_of

IPV4 = st.ip_addresses(v=4)
IPV6 = st.ip_addresses(v=6)
PORT = st.integers(0, 65535)

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

#: A protocol, a source, a destination and what one of them is rewritten to.
Kind: TypeAlias = tuple[int, IPAddress, IPAddress, IPAddress]

KINDS = st.one_of(
    st.tuples(st.sampled_from([TCP, UDP, ICMP]), IPV4, IPV4, IPV4),
    st.tuples(st.sampled_from([TCP, UDP, ICMPV6]), IPV6, IPV6, IPV6),
)


@pytest.mark.slow
@given(KINDS, PORT, PORT, PORT, st.binary(max_size=99))
@example((UDP, *[ipaddress.ip_address("0.0.0.0")] * 3), 0, 0, 0, b"")
def test_checksums_are_right_after_the_source_is_rewritten(
    kind: Kind,
    first: int,
    second: int,
    new_port: int,
    payload: bytes,
) -> None:
    protocol, source, destination, new = kind
    data = make_packet(protocol, str(source), str(destination), ports=(first, second), payload=payload)
    changed = with_source(packet_of(data), PacketEnd(new.packed, new_port))
    assert checksums_are_right(changed)
    assert packet_of(changed).source == PacketEnd(new.packed, new_port)
    assert packet_of(changed).destination.address == destination.packed


@given(KINDS, PORT, PORT, PORT, st.binary(max_size=99))
def test_checksums_are_right_after_the_destination_is_rewritten(
    kind: Kind,
    first: int,
    second: int,
    new_port: int,
    payload: bytes,
) -> None:
    protocol, source, destination, new = kind
    data = make_packet(protocol, str(source), str(destination), ports=(first, second), payload=payload)
    changed = with_destination(packet_of(data), PacketEnd(new.packed, new_port))
    assert checksums_are_right(changed)
    assert packet_of(changed).destination == PacketEnd(new.packed, new_port)


@given(KINDS, PORT, st.binary(min_size=1, max_size=50), st.data())
def test_damage_is_still_seen_after_a_rewrite(
    kind: Kind,
    port: int,
    payload: bytes,
    data: st.DataObject,
) -> None:
    protocol, source, destination, new = kind
    packet = bytearray(make_packet(protocol, str(source), str(destination), payload=payload))
    packet[-data.draw(st.integers(1, len(payload)))] ^= 1 << data.draw(st.integers(0, 7))
    changed = with_source(packet_of(bytes(packet)), PacketEnd(new.packed, port))
    assert not checksums_are_right(changed)


@given(KINDS, PORT, PORT)
def test_rewriting_back_gives_the_same_packet(kind: Kind, first: int, second: int) -> None:
    protocol, source, destination, new = kind
    data = make_packet(protocol, str(source), str(destination), ports=(first, second))
    there = with_source(packet_of(data), PacketEnd(new.packed, 4242))
    assert with_source(packet_of(there), PacketEnd(source.packed, first)) == data


def test_udp_over_ipv4_without_a_checksum_gets_none() -> None:
    data = bytearray(make_packet(UDP, "10.77.1.1", "10.77.3.1"))
    data[26:28] = b"\0\0"
    changed = with_source(packet_of(bytes(data)), PacketEnd(bytes([10, 77, 2, 1]), 20000))
    assert changed[26:28] == b"\0\0"


def test_later_fragments_have_no_ports_and_only_their_header_changes() -> None:
    data = bytearray(make_packet(UDP, "10.77.1.1", "10.77.3.1"))
    data[6:8] = struct.pack("!H", 100)
    packet = packet_of(bytes(data))
    assert packet.source.port is None
    changed = with_source(packet, PacketEnd(bytes([10, 77, 2, 1]), 20000))
    assert changed[20:] == data[20:]


@pytest.mark.parametrize(("address", "multicast"), [("ff02::16", True), ("fd77::1", False)])
def test_ipv6_multicast_is_told_apart(address: str, multicast: bool) -> None:
    assert packet_of(make_packet(UDP, "fd77::2", address)).is_multicast is multicast


def test_ipv6_options_before_the_transport_are_passed_over() -> None:
    plain = make_packet(UDP, "fd77::1", "fd77::2", ports=(5, 6))
    options = bytes([UDP, 0, 1, 4, 0, 0, 0, 0])
    packet = packet_of(plain[:6] + b"\0" + plain[7:40] + options + plain[40:])
    assert (packet.protocol, packet.source.port, packet.destination.port) == (UDP, 5, 6)


def _headers(first: int, length: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=length, max_size=length + 80).map(lambda rest: bytes([first]) + rest[1:])


@given(st.one_of(st.binary(max_size=200), _headers(0x45, 20), _headers(0x4F, 20), _headers(0x60, 40)))
@example(bytes([0x60]) + bytes(5) + bytes([44]) + bytes(33) + bytes([44, 0, 0, 0, 0, 0, 0, 0]) * 20)
def test_reading_and_rewriting_never_fails_on_any_bytes(untrusted: bytes) -> None:
    packet = parse_packet(untrusted)
    if packet is not None:
        new = PacketEnd(bytes(len(packet.source.address)), 1)
        assert len(with_source(packet, new)) == len(untrusted)
        assert len(with_destination(packet, new)) == len(untrusted)
