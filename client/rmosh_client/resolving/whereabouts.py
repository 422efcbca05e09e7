"""Where a server may be: what SSH found, what the server claims, and what its name stands for now."""

import socket
from collections.abc import Callable, Iterable
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Final

from rmosh.addresses import Reach, plain_address, reach_of
from rmosh.errors import BootstrapError
from rmosh.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from rmosh_client.resolving.resolver import ResolvedAddress

#: Most addresses that are tried at once. Reason: with the one in use no more than MAX_CLIENT_PATHS of the core.
MAX_TRIED: Final = 5

#: Most addresses that are tried only because a server says so. Reason: each gets datagrams that nobody there may want.
MAX_CLAIMED: Final = 3


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is known of where a server is.

    Attributes:
        reached: numeric addresses at which SSH found it, or should have, likeliest first.
        claimed: those that only the server speaks of.
        name: what is looked up again, a numeric address or a name; "" where it means nothing here.
        family: the only family that the user wants, as the socket module numbers them; AF_UNSPEC for any.
    """

    reached: tuple[str, ...]
    claimed: tuple[str, ...] = ()
    name: str = ""
    family: int = socket.AF_UNSPEC


def believable(announced: Iterable[str], reached: Iterable[str], *, family: int = socket.AF_UNSPEC) -> tuple[str, ...]:
    """Return which addresses are tried because a server says so; it may be hostile.

    A private one may be anybody's in this network, so that it counts only where SSH went to a private one, too. What
    means this machine, or this link, or no host, never does. Where SSH went to this machine somebody has laid a tunnel
    or a relay here, and nothing goes past it.
    """
    known = {plain_address(address) for address in reached}
    went_to = {reach_of(address) for address in known}
    if Reach.MACHINE in went_to:
        return ()
    wanted = {Reach.GLOBAL} | ({Reach.PRIVATE} & went_to)
    said = [plain_address(address) for address in announced]
    new = [each for each in said if each not in known and reach_of(each) in wanted and _is_of(each, family)]
    return tuple(dict.fromkeys(new))[:MAX_CLAIMED]


def _is_of(address: str, family: int) -> bool:
    return family in (socket.AF_UNSPEC, _family_of(address))


def _family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def to_try(where: Whereabouts, looked_up: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the addresses to try, likeliest first: of each kind the first, then of each the second, and so on."""
    in_turn = chain.from_iterable(zip_longest(looked_up, where.reached, where.claimed))
    return tuple(dict.fromkeys(address for address in in_turn if address))[:MAX_TRIED]


def look_up(
    where: Whereabouts,
    *,
    resolver: "Callable[..., Iterable[ResolvedAddress]] | None" = None,
    translate: "Callable[..., Iterable[ResolvedAddress]] | None" = None,
) -> tuple[str, ...]:
    """Return the numeric addresses that the server may have now, translated where this network has IPv6 alone.

    Blocks for as long as the system's resolver takes.

    Args:
        resolver, translate: who is asked, if not the system and the network.
    """
    from rmosh_client.resolving.nat64 import with_translated  # where the server has fallen silent
    from rmosh_client.resolving.resolver import resolve

    resolver, translate = resolver or resolve, translate or with_translated
    named: list[ResolvedAddress] = []
    if where.name:
        try:
            named = list(resolver(where.name, 0, family=where.family))
        except BootstrapError:
            named = []
    found = named or [_numeric(address) for address in where.reached if "%" not in address]
    if where.family != socket.AF_INET:
        found = list(translate(found))
    return tuple(dict.fromkeys(address.host for address in found))


def _numeric(address: str) -> "ResolvedAddress":
    from rmosh_client.resolving.resolver import ResolvedAddress

    if _family_of(address) == socket.AF_INET6:
        return ResolvedAddress(socket.AF_INET6, (address, 0, 0, 0))
    return ResolvedAddress(socket.AF_INET, (address, 0))
