"""The laboratory's NAT: what it maps, what it forgets, and what it lets in."""

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.lab import nat as nat_module
from rmosh_netem.lab.packets import IpPacket, parse_packet
from rmosh_netem.lab.plan import home_router
from tests.unit.netem.packet_maker import ICMP, ICMPV6, TCP, UDP, checksums_are_right, make_packet, packet_of, wrap

CLIENT = {4: "10.77.1.1", 6: "fd77:6d6f:7368:1::1"}
SERVER = {4: "10.77.3.1", 6: "fd77:6d6f:7368:3::1"}
OUTSIDE = {4: "10.77.2.1", 6: "fd77:6d6f:7368:2::1"}
KINDS = [(TCP, 4), (UDP, 4), (ICMP, 4), (TCP, 6), (UDP, 6), (ICMPV6, 6)]


def send(
    router: nat_module.Nat, protocol: int = UDP, version: int = 4, *, port: int = 1000, now: float = 0.0
) -> IpPacket:
    """Send one packet from inside; return it as it is seen outside."""
    data = make_packet(protocol, CLIENT[version], SERVER[version], ports=(port, 2000))
    return packet_of(router.outbound(packet_of(data), now=now))


def answer_to(seen: IpPacket, version: int = 4) -> IpPacket:
    """Return the server's answer to a packet as it was seen outside."""
    port = seen.source.port
    assert port is not None
    ports = (port if seen.protocol in (ICMP, ICMPV6) else 2000, port)
    return packet_of(make_packet(seen.protocol, SERVER[version], OUTSIDE[version], ports=ports))


@pytest.mark.parametrize(("protocol", "version"), KINDS)
def test_an_answer_finds_its_way_back_with_right_checksums(protocol: int, version: int) -> None:
    router = home_router(None)
    seen = send(router, protocol, version)
    assert ipaddress.ip_address(seen.source.address) == ipaddress.ip_address(OUTSIDE[version])
    assert seen.source.port != 1000
    assert checksums_are_right(seen.data)
    inside = router.inbound(answer_to(seen, version), now=0.0)
    assert inside is not None and checksums_are_right(inside)
    got = packet_of(inside).destination
    assert (got.address, got.port) == (ipaddress.ip_address(CLIENT[version]).packed, 1000)


def test_a_flow_keeps_its_port_until_the_nat_is_rebound() -> None:
    router = home_router(None)
    first = send(router).source
    assert send(router).source == first
    assert router.rebind() == 1
    assert send(router).source.port != first.port
    assert send(router).source.address == first.address


def test_what_is_on_its_way_to_a_forgotten_port_is_dropped() -> None:
    router = home_router(None)
    late = answer_to(send(router))
    router.rebind()
    assert router.inbound(late, now=0.0) is None


def test_a_packet_that_nobody_asked_for_is_dropped() -> None:
    stranger = packet_of(make_packet(UDP, SERVER[4], "10.77.2.1", ports=(9, 20_001)))
    assert home_router(None).inbound(stranger, now=0.0) is None


def test_silent_mappings_are_forgotten_after_the_timeout() -> None:
    router = home_router(30.0)
    seen = send(router, now=0.0)
    assert router.inbound(answer_to(seen), now=29.0) is not None
    assert send(router, now=58.0).source == seen.source
    assert router.inbound(answer_to(seen), now=89.0) is None
    assert send(router, now=89.0).source != seen.source


def test_flows_and_protocols_have_ports_of_their_own() -> None:
    router = home_router(None)
    seen = [send(router, protocol, port=port) for protocol in (TCP, UDP) for port in (1, 2, 3)]
    assert len({(packet.protocol, packet.source) for packet in seen}) == 6


def test_a_client_with_a_new_address_is_seen_at_a_new_address() -> None:
    data = make_packet(UDP, "10.77.1.9", SERVER[4])
    seen = packet_of(home_router(None).outbound(packet_of(data), now=0.0))
    assert seen.source.address == bytes([10, 77, 2, 9])


def test_the_longest_silent_flow_makes_way_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nat_module, "MAX_MAPPINGS", 2)
    router = home_router(None)
    oldest, kept = send(router, port=1), send(router, port=2)
    send(router, port=3)
    assert router.inbound(answer_to(oldest), now=0.0) is None
    assert router.inbound(answer_to(kept), now=0.0) is not None


@pytest.mark.parametrize(("version", "error", "protocol"), [(4, 3, ICMP), (6, 1, ICMPV6)])
def test_a_refusal_from_the_server_reaches_the_socket_it_is_about(version: int, error: int, protocol: int) -> None:
    router = home_router(None)
    seen = send(router, UDP, version)
    refusal = wrap(protocol, SERVER[version], OUTSIDE[version], struct.pack("!BBHI", error, 3, 0, 0) + seen.data, 2)
    inside = router.inbound(packet_of(refusal), now=0.0)
    assert inside is not None and checksums_are_right(inside)
    quoted = inside[packet_of(inside).quotes_at :]
    assert quoted == make_packet(UDP, CLIENT[version], SERVER[version])


@pytest.mark.parametrize(("version", "error", "protocol"), [(4, 3, ICMP), (6, 1, ICMPV6)])
def test_a_refusal_from_the_client_is_about_what_the_server_sent(version: int, error: int, protocol: int) -> None:
    router = home_router(None)
    sent = answer_to(send(router, UDP, version), version)
    arrived = router.inbound(sent, now=0.0)
    assert arrived is not None
    refusal = wrap(protocol, CLIENT[version], SERVER[version], struct.pack("!BBHI", error, 3, 0, 0) + arrived, 2)
    outside = router.outbound(packet_of(refusal), now=0.0)
    assert outside is not None and checksums_are_right(outside)
    assert outside[packet_of(outside).quotes_at :] == sent.data


@given(st.lists(st.binary(max_size=120), max_size=5))
def test_no_bytes_can_break_it(junk: list[bytes]) -> None:
    router = home_router(10.0)
    for now, data in enumerate(junk):
        packet = parse_packet(data)
        if packet is not None:
            assert len(router.outbound(packet, now=float(now))) == len(data)
            router.inbound(packet, now=float(now))
