import socket
from collections.abc import Callable

import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap import addresses
from rmosh_client.bootstrap.addresses import addresses_by_name, addresses_of
from rmosh_client.bootstrap.openssh_config import parse_evaluated
from rmosh_client.bootstrap.route import Route
from rmosh_client.bootstrap.settings import SshSettings, settings_from
from rmosh_client.resolving.resolver import ResolvedAddress


def settings(*lines: str) -> SshSettings:
    return settings_from(parse_evaluated("\n".join(lines)), alias="box", environ={})


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes every name have these addresses: `named(host, ...)`."""

    def set_addresses(*hosts: str) -> None:
        def resolve(host: str, port: int, *, family: socket.AddressFamily) -> tuple[ResolvedAddress, ...]:
            if not hosts:
                raise BootstrapError(Stage.RESOLVE, "no address")
            return tuple(ResolvedAddress(socket.AF_INET, (host, port)) for host in hosts)

        monkeypatch.setattr(addresses, "resolve", resolve)

    return set_addresses


def route(*hops: SshSettings, peer: str = "") -> Route:
    with socket.socket() as stream:
        found = tuple(ResolvedAddress(socket.AF_INET, (host, 22)) for host in ("192.0.2.1", "192.0.2.2"))
        return Route(hops, stream, found, peer)


def test_the_peer_of_ssh_comes_first_and_once() -> None:
    assert addresses_of(route(settings(), peer="192.0.2.2"), "") == ("192.0.2.2", "192.0.2.1")


def test_behind_a_jump_host_the_targets_own_name_counts(named: Callable[..., None]) -> None:
    named("198.51.100.1")
    hops = (settings("hostname gate"), settings("hostname target"))
    assert addresses_of(route(*hops, peer="192.0.2.1"), "10.0.0.1") == ("198.51.100.1", "10.0.0.1")


def test_behind_a_proxy_command_the_name_counts(named: Callable[..., None]) -> None:
    named("198.51.100.1")
    assert addresses_of(route(settings("proxycommand nc %h %p")), "") == ("198.51.100.1",)


def test_arrival_comes_first_where_the_name_has_it_too(named: Callable[..., None]) -> None:
    named("192.0.2.1", "192.0.2.2")
    assert addresses_by_name(settings(), "192.0.2.2") == ("192.0.2.2", "192.0.2.1")


@pytest.mark.parametrize("arrival", ["", "not an address", "$(reboot)"])
def test_without_any_address_that_is_told(named: Callable[..., None], arrival: str) -> None:
    named()
    with pytest.raises(BootstrapError) as caught:
        addresses_by_name(settings(), arrival)
    assert caught.value.stage is Stage.UDP


@pytest.mark.parametrize("arrival", ["fe80::1", "fe80::1%ens3"])
def test_a_link_local_address_keeps_our_own_interface_whatever_the_hosts_is(
    named: Callable[..., None], arrival: str
) -> None:
    # ssh reaches fe80::1%eth0, and UDP needs the scope as much. RFC 4007 section 6.
    named("192.0.2.1", "fe80::1%eth0")
    assert addresses_by_name(settings(), arrival) == ("fe80::1%eth0", "192.0.2.1")
    named("192.0.2.1")
    assert addresses_by_name(settings(), arrival) == ("192.0.2.1",)
