"""How far a numeric IP address means the same host: everywhere, in one network, on one link, on one machine.

`ipaddress` is loaded when the first is looked at: it is 0.3 MB that most sessions never need.
"""

from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network


class Reach(Enum):
    """Where an address means this one host and no other."""

    GLOBAL = "everywhere"
    PRIVATE = "in one network"
    LINK = "on one link"
    MACHINE = "on one machine"
    NOWHERE = "nowhere: no host is reached by it alone"


#: Reach -> its networks; whatever is in none of them is global. Source: RFC 1918, 6598, 4193, 3879, 8215, 3927, 4291,
#: 1122, 5771.
_NETWORKS: Final = {
    Reach.PRIVATE: (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "fc00::/7",
        "fec0::/10",
        "64:ff9b:1::/48",
    ),
    Reach.LINK: ("169.254.0.0/16", "fe80::/10"),
    Reach.MACHINE: ("127.0.0.0/8", "::1/128"),
    Reach.NOWHERE: ("0.0.0.0/8", "224.0.0.0/3", "::/128", "ff00::/8"),
}

#: Behind this prefix stands an IPv4 address. Source: RFC 6052 section 2.1.
_TRANSLATED: Final = "64:ff9b::/96"


def reach_of(untrusted: str) -> Reach:
    """Return how far an address reaches, with a scope or without; NOWHERE for what is no address."""
    address = _parsed(untrusted)
    if address is None:
        return Reach.NOWHERE
    if address.version == 6:
        address = _ipv4_in(address) or address
    for reach, networks in _NETWORKS.items():
        if any(address in _network(network) for network in networks):
            return reach
    return Reach.GLOBAL


def _ipv4_in(address: "IPv6Address") -> "IPv4Address | None":
    """Return the IPv4 address whose host is reached by it, where that is told by its form."""
    if address in _network(_TRANSLATED):
        from ipaddress import IPv4Address

        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour


@cache
def _network(written: str) -> "IPv4Network | IPv6Network":
    from ipaddress import ip_network

    return ip_network(written)


def plain_address(untrusted: str) -> str:
    """Return an address in its one usual form, without a scope; "" for what is none."""
    address = _parsed(untrusted)
    if address is None:
        return ""
    mapped = address.ipv4_mapped if address.version == 6 else None
    return str(mapped or address)


def _parsed(untrusted: str) -> "IPv4Address | IPv6Address | None":
    from ipaddress import ip_address

    try:
        return ip_address(without_scope(untrusted))
    except ValueError:
        return None


def without_scope(address: str) -> str:
    """Return an address without the interface that a link-local one has: fe80::1 of fe80::1%eth0."""
    return address.partition("%")[0]
