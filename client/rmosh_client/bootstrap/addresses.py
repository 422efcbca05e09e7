"""Where UDP may reach a host that SSH has reached already; knows neither library nor connection."""

import ipaddress

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.route import Route
from rmosh_client.bootstrap.settings import SshSettings
from rmosh_client.resolving.resolver import resolve


def addresses_of(route: Route, arrival: str) -> tuple[str, ...]:
    """Return candidates, likeliest first: SSH's own peer, else as `addresses_by_name`. Blocks.

    Raises:
        BootstrapError: there is none.
    """
    if route.direct:
        return tuple(dict.fromkeys((route.peer, *(address.host for address in route.addresses))))
    return addresses_by_name(route.target, arrival)


def name_from_here(settings: SshSettings) -> str:
    """Return the name under which a host is found again without SSH; "" where it may mean something else here."""
    return "" if settings.proxy_command or settings.proxy_jump else settings.host


def addresses_by_name(settings: SshSettings, arrival: str) -> tuple[str, ...]:
    """Return the addresses of the host's name and the one at which it says that SSH arrived. Blocks.

    Behind a jump host the name may mean nothing here, and behind NAT the arrival means nothing here; where both are
    known and agree that one comes first.

    Raises:
        BootstrapError: there is none.
    """
    try:
        named = [address.host for address in resolve(settings.host, settings.port, family=settings.family)]
    except BootstrapError:
        named = []
    agreed = [address for address in named if _without_scope(address) == _without_scope(arrival)]
    told = [arrival] if _means_something_here(arrival) else []
    candidates = agreed + named + ([] if agreed else told)
    if not candidates:
        raise BootstrapError(
            Stage.UDP,
            f"no address is known at which UDP reaches {settings.alias}: the name {settings.host} means nothing here",
            hint="give it a HostName that resolves here; UDP does not go through jump hosts",
        )
    return tuple(dict.fromkeys(candidates))


def _means_something_here(arrival: str) -> bool:
    """Whether it is an address, and none whose interface is the host's own (`fe80::1%eth0` over there)."""
    try:
        return not ipaddress.ip_address(_without_scope(arrival)).is_link_local
    except ValueError:
        return False


def _without_scope(address: str) -> str:
    return address.partition("%")[0]
