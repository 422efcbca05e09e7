"""Where a server may be, and whom to believe about it."""

import socket
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import BootstrapError, Stage
from rmosh_client.resolving.resolver import ResolvedAddress
from rmosh_client.resolving.whereabouts import MAX_CLAIMED, MAX_TRIED, Whereabouts, believable, look_up, to_try


def test_global_addresses_are_believed_but_for_those_that_are_known() -> None:
    announced = ("203.0.113.5", "2001:db8::5", "198.51.100.4")
    assert believable(announced, ["203.0.113.5"]) == ("2001:db8::5", "198.51.100.4")


@pytest.mark.parametrize("private", ["10.0.0.5", "192.168.1.1", "100.64.0.1", "fd00::5", "::ffff:10.0.0.5"])
def test_a_private_address_is_believed_only_where_ssh_went_to_one(private: str) -> None:
    assert believable([private], ["203.0.113.5"]) == ()
    assert believable([private], ["172.16.0.9"]) == (private.removeprefix("::ffff:"),)


@pytest.mark.parametrize("tunnel", ["127.0.0.1", "127.0.0.3", "::1"])
def test_past_a_tunnel_or_relay_on_this_machine_nothing_goes(tunnel: str) -> None:
    assert believable(["203.0.113.5", "10.0.0.5"], [tunnel]) == ()
    assert believable(["203.0.113.5", "10.0.0.5"], ["198.51.100.4", tunnel]) == ()


@pytest.mark.parametrize(
    "other",
    ["127.0.0.1", "::1", "169.254.1.1", "fe80::1", "0.0.0.0", "255.255.255.255", "224.0.0.251", "ff02::1", "::"],
)
def test_no_server_makes_a_client_send_to_itself_its_link_or_a_crowd(other: str) -> None:
    for reached in ("203.0.113.5", "10.0.0.1", "127.0.0.1", "fe80::1%eth0"):
        assert believable([other, f"::ffff:{other}"], [reached]) == ()


def test_a_family_that_the_user_does_not_want_is_not_tried() -> None:
    announced = ("198.51.100.4", "2001:db8::5")
    assert believable(announced, [], family=socket.AF_INET) == ("198.51.100.4",)
    assert believable(announced, [], family=socket.AF_INET6) == ("2001:db8::5",)


@given(st.lists(st.one_of(st.text(max_size=20), st.ip_addresses().map(str)), max_size=20))
def test_whatever_is_announced_few_addresses_are_believed(untrusted: list[str]) -> None:
    assert len(believable(untrusted, ["203.0.113.5"])) <= MAX_CLAIMED


def test_of_each_kind_the_first_is_tried_first() -> None:
    where = Whereabouts(("a", "b", "c"), ("x", "y"))
    assert to_try(where) == ("a", "x", "b", "y", "c")
    assert to_try(where, ("new", "a")) == ("new", "a", "x", "b", "y")
    assert len(to_try(Whereabouts(tuple("abcdefgh"), tuple("stuvwxyz")))) == MAX_TRIED


class Resolver:
    """Says what the test lets it say, and translates where the network has IPv6 alone."""

    def __init__(self, *hosts: str, translates: bool = False) -> None:
        self._hosts = hosts
        self._translates = translates

    def resolve(self, host: str, port: int, *, family: int) -> list[ResolvedAddress]:
        if not self._hosts:
            raise BootstrapError(Stage.RESOLVE, f"no address of {host}")
        return [ResolvedAddress(socket.AF_INET, (host, port)) for host in self._hosts]

    def translate(self, addresses: Iterable[ResolvedAddress]) -> list[ResolvedAddress]:
        if not self._translates:
            return list(addresses)
        return [ResolvedAddress(socket.AF_INET6, (f"64:ff9b::{each.host}", 0, 0, 0)) for each in addresses]

    def __call__(self, where: Whereabouts) -> tuple[str, ...]:
        return look_up(where, resolver=self.resolve, translate=self.translate)


def test_what_a_name_stands_for_now_is_looked_up() -> None:
    assert Resolver("203.0.113.6")(Whereabouts(("203.0.113.5",), name="box.example")) == ("203.0.113.6",)


@pytest.mark.parametrize("name", ["", "box.example"])
def test_without_a_name_that_means_anything_the_known_addresses_are_translated(name: str) -> None:
    where = Whereabouts(("203.0.113.5",), name=name)
    assert Resolver(translates=True)(where) == ("64:ff9b::203.0.113.5",)
    assert Resolver()(where) == ("203.0.113.5",)


def test_who_wants_ipv4_alone_gets_nothing_translated() -> None:
    where = Whereabouts(("203.0.113.5",), name="box.example", family=socket.AF_INET)
    assert Resolver("203.0.113.5", translates=True)(where) == ("203.0.113.5",)


def test_a_link_local_address_is_not_looked_up() -> None:
    assert Resolver()(Whereabouts(("fe80::1%eth0", "2001:db8::1"))) == ("2001:db8::1",)
