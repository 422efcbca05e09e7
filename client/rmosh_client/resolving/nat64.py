"""How an IPv4 address is reached from a network that has IPv6 alone and a translator (NAT64).

The translator stands behind an IPv6 prefix, and the address is written into that (RFC 6052). Which prefix it is tells
the network's own resolver, which answers with it for a name that has IPv4 addresses only (RFC 7050).
"""

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from rmosh.addresses import Reach, reach_of
from rmosh.lazy_dataclass import dataclass
from rmosh_client.resolving.resolver import ResolvedAddress

#: A name with these IPv4 addresses and no others. Source: RFC 7050 section 8.
WELL_KNOWN_NAME: Final = "ipv4only.arpa"
_WELL_KNOWN: Final = (bytes((192, 0, 0, 170)), bytes((192, 0, 0, 171)))

#: Length of a prefix in bits -> the bytes of the IPv6 address that hold the IPv4 address; byte 8 is always zero, but of
#: the longest. Source: RFC 6052 section 2.2.
_PLACES: Final = {
    96: (12, 13, 14, 15),
    64: (9, 10, 11, 12),
    56: (7, 9, 10, 11),
    48: (6, 7, 9, 10),
    40: (5, 6, 7, 9),
    32: (4, 5, 6, 7),
}
_ZERO_BYTE: Final = 8

#: The prefix of every network's own translator, for addresses that are the same everywhere. Source: RFC 6052, 3.1.
_SHARED: Final = socket.inet_pton(socket.AF_INET6, "64:ff9b::")

#: Most prefixes that are believed. Reason: a network has one, or two while it changes.
_MOST_PREFIXES: Final = 2

Lookup = Callable[[str], Iterable[str]]
HasRoute = Callable[[ResolvedAddress], bool]


@dataclass(frozen=True, slots=True)
class Prefix:
    """Where a translator stands: 16 bytes of which the first `length` bits count, the others are zero."""

    length: int
    packed: bytes

    def synthesized(self, address: str) -> str:
        """Return the IPv6 address that stands for an IPv4 address; "" where there is none."""
        if self.packed == _SHARED and self.length == 96 and reach_of(address) is not Reach.GLOBAL:
            return ""
        packed = bytearray(self.packed)
        for place, value in zip(_PLACES[self.length], socket.inet_pton(socket.AF_INET, address), strict=True):
            packed[place] = value
        return socket.inet_ntop(socket.AF_INET6, bytes(packed))


def prefixes_in(addresses: Iterable[str]) -> tuple[Prefix, ...]:
    """Return the prefixes that the answers for the well-known name have, in their order.

    Where one answer may be read in two ways, that one counts in which another answer has the other address.
    """
    seen: dict[Prefix, set[bytes]] = {}
    readings = []
    for address in addresses:
        readings.append(dict(_readings(socket.inet_pton(socket.AF_INET6, address))))
        for prefix, known in readings[-1].items():
            seen.setdefault(prefix, set()).add(known)
    believed = [
        prefix
        for reading in readings
        for prefix in reading
        if len(reading) == 1 or len(seen[prefix]) == len(_WELL_KNOWN)
    ]
    return tuple(dict.fromkeys(believed))[:_MOST_PREFIXES]


def _readings(packed: bytes) -> Iterator[tuple[Prefix, bytes]]:
    """Yield each prefix that an answer may have, and the well-known address behind it."""
    for length, places in _PLACES.items():
        held = bytes(packed[place] for place in places)
        if held in _WELL_KNOWN and (length == 96 or packed[_ZERO_BYTE] == 0):
            yield Prefix(length, packed[: length // 8].ljust(16, b"\0")), held


def with_translated(
    addresses: Sequence[ResolvedAddress],
    *,
    lookup: Lookup | None = None,
    has_route: HasRoute | None = None,
) -> tuple[ResolvedAddress, ...]:
    """Return addresses with those first that reach the IPv4 ones of them through a translator.

    That is tried only where none of them can be reached otherwise. Blocks for as long as the resolver takes.
    """
    if any((has_route or has_way_to)(address) for address in addresses):
        return tuple(addresses)
    fours = [address for address in addresses if address.family == socket.AF_INET]
    if not fours:
        return tuple(addresses)
    prefixes = prefixes_in((lookup or ipv6_addresses_of)(WELL_KNOWN_NAME))
    translated = [
        ResolvedAddress(socket.AF_INET6, (synthesized, four.sockaddr[1], 0, 0))
        for prefix in prefixes
        for four in fours
        if (synthesized := prefix.synthesized(four.host))
    ]
    return (*translated, *addresses)


def ipv6_addresses_of(name: str) -> list[str]:
    """Return what this network's resolver says; nothing where it says nothing."""
    try:
        found = socket.getaddrinfo(name, 0, socket.AF_INET6, socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return []
    return [address[0] for _, _, _, _, address in found if isinstance(address[0], str) and "%" not in address[0]]


def has_way_to(address: ResolvedAddress) -> bool:
    """Whether this host would know where to send a datagram for an address; sends nothing."""
    try:
        with socket.socket(address.family, socket.SOCK_DGRAM) as probe:
            probe.connect(address.sockaddr)
            return True
    except OSError:
        return False
