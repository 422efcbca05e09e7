"""At which addresses a client may find this host, as far as the host can tell: the likeliest first."""

import os
from collections.abc import Iterable, Sequence

from rmosh.addresses import Reach, plain_address, reach_of
from rmosh.announce import MAX_ADDRESSES
from rmosh_server.command.host_settings import Listening
from rmosh_server.command.server_file import read_settings
from rmosh_server.shell.login_record import arrival_address
from rmosh_server.sockets.udp import ANY_ADDRESS, ANY_IPV4
from rmosh_server.systems import own_addresses


def addresses_here(listening: Listening) -> tuple[str, ...]:
    """Return what to tell a client that has just logged in."""
    try:
        own = list(own_addresses())
    except OSError:
        own = []
    return told_addresses(listening, arrival=arrival_address(), own=own)


def addresses_of_running(home: str, *, elsewhere: bool = False) -> tuple[str, ...]:
    """Return what to tell a client that attaches: the files may say something else than at the session's start.

    Args:
        elsewhere: the session's port is in another network than this process: what this one knows is not where it is.
    """
    listening = read_settings(os.environ, home).listening
    return listening.public_addresses if elsewhere else addresses_here(listening)


def told_addresses(listening: Listening, *, arrival: str, own: Sequence[str]) -> tuple[str, ...]:
    """Return the public addresses, the one that SSH reached, then the host's own: global ones, then private ones.

    A link-local address means nothing elsewhere, and where SSH did not arrive at a loopback address nobody does. Behind
    a public port only what is public is reached by the port that is told.
    """
    if listening.closed:
        return ()
    if listening.forwarded is not None:
        return listening.public_addresses
    reached = [arrival] if reach_of(arrival) in (Reach.GLOBAL, Reach.PRIVATE, Reach.MACHINE) else []
    further = [address for reach in (Reach.GLOBAL, Reach.PRIVATE) for address in own if reach_of(address) is reach]
    listened = [address for address in (*reached, *further) if _is_listened_at(address, listening.address)]
    return tuple(_first_distinct((*listening.public_addresses, *map(plain_address, listened))))


def _first_distinct(addresses: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(addresses))[:MAX_ADDRESSES]


def _is_listened_at(address: str, bound: str) -> bool:
    if bound == ANY_ADDRESS:
        return True
    return ":" not in address if bound == ANY_IPV4 else plain_address(address) == plain_address(bound)
