"""What a host's name stands for now, as this system resolves it; blocks."""

import socket
from collections.abc import Sequence
from itertools import chain, zip_longest

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ResolvedAddress:
    """One resolved endpoint; `sockaddr` is what the socket module takes."""

    family: int
    sockaddr: tuple[str, int] | tuple[str, int, int, int]

    @property
    def host(self) -> str:
        return numeric_host(self.sockaddr)


def numeric_host(sockaddr: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """Return a numeric address, a link-local one with its interface: fe80::1%eth0. Source: RFC 4007 section 11."""
    scope = sockaddr[3] if len(sockaddr) == 4 else 0
    if not scope:
        return sockaddr[0]
    try:
        return f"{sockaddr[0]}%{socket.if_indextoname(scope)}"
    except OSError:  # the interface has just gone
        return f"{sockaddr[0]}%{scope}"


def resolve(host: str, port: int, *, family: int = socket.AF_UNSPEC) -> tuple[ResolvedAddress, ...]:
    """Return a host's addresses, families taking turns, the resolver's favourite first.

    Raises:
        BootstrapError: the name has no address.
    """
    try:
        found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        reason = error.strerror if isinstance(error, socket.gaierror) else "not a valid name"
        raise BootstrapError(
            Stage.RESOLVE,
            f"cannot find the address of {host}: {(reason or str(error)).lower()}",
            hint="check the spelling and the network; `ssh -G` shows what the SSH configuration turns the name into",
        ) from None
    addresses = [ResolvedAddress(kind, address) for kind, _, _, _, address in found if isinstance(address[0], str)]
    return tuple(dict.fromkeys(_families_in_turn(addresses)))


def _families_in_turn(addresses: Sequence[ResolvedAddress]) -> list[ResolvedAddress]:
    favourite = [address for address in addresses if address.family == addresses[0].family]
    others = [address for address in addresses if address.family != addresses[0].family]
    return [address for address in chain.from_iterable(zip_longest(favourite, others)) if address is not None]
