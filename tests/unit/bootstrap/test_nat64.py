"""IPv4 addresses from a network that has IPv6 alone."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_client.resolving.nat64 import Prefix, has_way_to, ipv6_addresses_of, prefixes_in, with_translated
from rmosh_client.resolving.resolver import ResolvedAddress

#: RFC 6052 section 2.4: prefix, length, and what stands for 192.0.2.33.
OF_THE_RFC = [
    ("2001:db8::", 32, "2001:db8:c000:221::"),
    ("2001:db8:100::", 40, "2001:db8:1c0:2:21::"),
    ("2001:db8:122::", 48, "2001:db8:122:c000:2:2100::"),
    ("2001:db8:122:300::", 56, "2001:db8:122:3c0:0:221::"),
    ("2001:db8:122:344::", 64, "2001:db8:122:344:c0:2:2100::"),
    ("2001:db8:122:344::", 96, "2001:db8:122:344::192.0.2.33"),
    ("64:ff9b::", 96, "64:ff9b::192.0.2.33"),
]


def six(address: str) -> str:
    """Return an address in its usual form."""
    return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, address))


def prefix(address: str, length: int) -> Prefix:
    return Prefix(length, socket.inet_pton(socket.AF_INET6, address))


@pytest.mark.parametrize(("start", "length", "whole"), OF_THE_RFC)
def test_addresses_are_synthesized_as_the_rfc_has_them(start: str, length: int, whole: str) -> None:
    assert prefix(start, length).synthesized("192.0.2.33") == six(whole)


@given(
    length=st.sampled_from([32, 40, 48, 56, 64, 96]),
    start=st.binary(min_size=12, max_size=12),
    order=st.permutations(["192.0.0.170", "192.0.0.171"]),
)
def test_a_prefix_of_any_length_is_found_by_what_it_made_of_the_well_known_addresses(
    length: int, start: bytes, order: list[str]
) -> None:
    start = b"\x20\x01" + start[2:8] + b"\0" + start[9:]
    there = Prefix(length, start[: length // 8].ljust(16, b"\0"))
    assert there in prefixes_in([there.synthesized(address) for address in order])


def test_a_single_answer_is_enough_where_it_has_one_reading() -> None:
    assert prefixes_in(["64:ff9b::c000:aa"]) == (prefix("64:ff9b::", 96),)


def test_of_two_readings_the_one_counts_that_the_other_address_has_as_well() -> None:
    # The prefix itself has 192.0.0.170 where that of 32 bits would have it.
    there = prefix("2001:db8:c000:aa::", 96)
    told = [there.synthesized("192.0.0.170"), there.synthesized("192.0.0.171")]
    assert prefixes_in(told) == (there,)
    assert prefixes_in(told[:1]) == ()


@pytest.mark.parametrize("told", [[], ["2001:db8::1"], ["::"], ["::ffff:192.0.0.172"]])
def test_a_network_without_a_translator_has_no_prefix(told: list[str]) -> None:
    assert prefixes_in(told) == ()


@given(st.lists(st.binary(min_size=16, max_size=16)))
def test_whatever_a_resolver_says_is_read_and_two_prefixes_are_believed_at_most(told: list[bytes]) -> None:
    assert len(prefixes_in([socket.inet_ntop(socket.AF_INET6, packed) for packed in told])) <= 2


def four(host: str) -> ResolvedAddress:
    return ResolvedAddress(socket.AF_INET, (host, 22))


def hosts(*addresses: ResolvedAddress, reachable: str = "", told: tuple[str, ...] = ("64:ff9b::c000:aa",)) -> list[str]:
    found = with_translated(addresses, lookup=lambda name: told, has_route=lambda address: address.host == reachable)
    assert all(address.sockaddr[1] == 22 for address in found)
    return [address.host for address in found]


def test_an_ipv4_address_is_translated_where_nothing_leads_to_it_and_stays_for_other_networks() -> None:
    assert hosts(four("203.0.113.5")) == ["64:ff9b::cb00:7105", "203.0.113.5"]


def test_nothing_is_translated_nor_asked_where_there_is_a_way() -> None:
    native = ResolvedAddress(socket.AF_INET6, ("2001:db8::5", 22, 0, 0))
    assert hosts(four("203.0.113.5"), reachable="203.0.113.5") == ["203.0.113.5"]
    assert hosts(four("203.0.113.5"), native, reachable="2001:db8::5") == ["203.0.113.5", "2001:db8::5"]


def test_without_a_translator_addresses_stay_as_they_are() -> None:
    assert hosts(four("203.0.113.5"), told=()) == ["203.0.113.5"]


def test_the_prefix_that_all_networks_share_stands_for_no_private_address() -> None:
    assert hosts(four("10.0.0.5")) == ["10.0.0.5"]
    assert hosts(four("10.0.0.5"), told=(six("2001:db8::192.0.0.170"),)) == [six("2001:db8::10.0.0.5"), "10.0.0.5"]


def test_a_resolver_that_knows_nothing_is_no_error() -> None:
    assert ipv6_addresses_of("nowhere.invalid") == []
    assert ipv6_addresses_of("\udc80") == []


def test_this_host_knows_the_way_to_itself_and_to_no_broadcast_address() -> None:
    assert has_way_to(four("127.0.0.1"))
    assert not has_way_to(four("255.255.255.255"))
