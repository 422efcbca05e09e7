"""Which addresses a client is told."""

import socket
import struct

import pytest

from rmosh_server.command.host_settings import Listening
from rmosh_server.command.reachable import addresses_here, told_addresses
from rmosh_server.sockets.udp import PortRange
from rmosh_server.systems import getifaddrs, netlink

OWN = ["127.0.0.1", "10.0.0.5", "203.0.113.5", "169.254.3.4", "::1", "fd00::5", "fe80::5", "2001:db8::5"]


def told(listening: Listening | None = None, arrival: str = "") -> tuple[str, ...]:
    return told_addresses(listening or Listening(), arrival=arrival, own=OWN)


def test_public_addresses_come_first_then_where_ssh_arrived_then_global_ones_then_private_ones() -> None:
    assert told(Listening(public_addresses=("198.51.100.4",)), "10.0.0.5") == (
        "198.51.100.4", "10.0.0.5", "203.0.113.5", "2001:db8::5", "fd00::5",
    )  # fmt: skip


def test_a_loopback_address_is_told_where_ssh_arrived_there_and_a_link_local_one_never() -> None:
    assert "127.0.0.1" not in told()
    assert told(arrival="127.0.0.1")[0] == "127.0.0.1"
    assert "fe80::5" not in told(arrival="fe80::5%eth0")


@pytest.mark.parametrize("arrival", ["", "UNKNOWN", "$(reboot)"])
def test_what_is_no_address_is_not_told(arrival: str) -> None:
    assert told(arrival=arrival) == ("203.0.113.5", "2001:db8::5", "10.0.0.5", "fd00::5")


def test_only_what_is_listened_at_is_told() -> None:
    assert told(Listening(address="10.0.0.5"), "203.0.113.5") == ("10.0.0.5",)
    assert told(Listening(address="0.0.0.0"), "203.0.113.5") == ("203.0.113.5", "10.0.0.5")
    assert told(Listening(closed="all of it"), "203.0.113.5") == ()


def test_behind_a_public_port_only_public_addresses_are_told() -> None:
    one = PortRange(7, 7)
    assert told(Listening(one, public_addresses=("198.51.100.4",), forwarded=(one, one)), "10.0.0.5") == (
        "198.51.100.4",
    )


def test_no_more_than_a_line_may_have_are_told() -> None:
    many = [f"203.0.113.{number}" for number in range(200)]
    assert told_addresses(Listening(), arrival="", own=many) == tuple(many[:8])


# --- what the system tells -------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="netlink is Linux's")
def test_both_ways_to_ask_this_system_tell_its_loopback_address() -> None:
    assert "127.0.0.1" in list(netlink.ask_for_addresses())
    assert "127.0.0.1" in list(getifaddrs.ask_for_addresses(family_of=getifaddrs.linux_family))


def test_where_the_system_does_not_tell_the_arrival_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> list[str]:
        raise OSError("not here")

    monkeypatch.setattr("rmosh_server.command.reachable.own_addresses", refuse)
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 5 203.0.113.5 22")
    assert addresses_here(Listening()) == ("203.0.113.5",)


def address_message(family: int, *, flags: int = 0, **attributes: str) -> bytes:
    """Return RTM_NEWADDR's body with IFA_ADDRESS (address) and IFA_LOCAL (local)."""
    body = struct.pack("=BBBBI", family, 24, flags, 0, 2)
    for name, address in attributes.items():
        packed = socket.inet_pton(family, address)
        body += struct.pack("=HH", 4 + len(packed), {"address": 1, "local": 2}[name]) + packed
    return body


def test_on_a_point_to_point_link_our_own_end_is_told() -> None:
    body = address_message(socket.AF_INET, address="10.0.0.1", local="10.0.0.2")
    assert netlink.read_address(body) == "10.0.0.2"
    assert netlink.read_address(address_message(socket.AF_INET6, address="2001:db8::1")) == "2001:db8::1"


@pytest.mark.parametrize("flags", [0x01, 0x08, 0x20, 0x40])
def test_an_address_that_is_about_to_go_or_not_there_yet_is_not_told(flags: int) -> None:
    assert netlink.read_address(address_message(socket.AF_INET6, flags=flags, address="2001:db8::1")) == ""


def test_an_ipv4_address_beside_another_on_its_interface_is_told() -> None:
    assert netlink.read_address(address_message(socket.AF_INET, flags=0x01, local="10.0.0.2")) == "10.0.0.2"


@pytest.mark.parametrize("body", [b"", b"\2", struct.pack("=BBBBI", 99, 0, 0, 0, 0), b"\2\0\0\0\0\0\0\0\0\0\0\0"])
def test_a_message_without_an_address_tells_none(body: bytes) -> None:
    assert netlink.read_address(body) == ""


def test_a_bsd_has_the_family_of_an_address_behind_its_length() -> None:
    assert getifaddrs.bsd_family(bytes([16, socket.AF_INET])) == socket.AF_INET
