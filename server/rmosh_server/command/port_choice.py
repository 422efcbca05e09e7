"""Which UDP port a new session gets: the one that all sessions of the host share, where it is kept, or one of its own.

The shared one is taken unasked: who set it up opened that port and perhaps no other. A client that names ports wants
one of those; and where `bind` says at which address sessions may be reached, the shared one would be at others.
"""

import os

from rmosh.announce import Announce
from rmosh.lazy_dataclass import dataclass
from rmosh_server.command.host_settings import Listening
from rmosh_server.desk.places import SYSTEM_KEEPER, keepers
from rmosh_server.sockets.udp import ANY_ADDRESS, DEFAULT_PORTS, PortRange


@dataclass(frozen=True, slots=True)
class ChosenPort:
    """A port that a session's datagrams come to.

    Attributes:
        keeper: where the keeper is that `descriptor` is connected to; "" where that is a UDP socket.
    """

    number: int
    descriptor: int
    keeper: str = ""


def choose_port(announce: Announce, listening: Listening, wished: PortRange, *, remarks: list[str]) -> ChosenPort:
    """Open a port for a session that is announced with this secret; remarks are of what is not as it should be.

    Raises:
        BootstrapError: there is none.
    """
    refusals: list[str] = []
    for place in _places(listening, wished):
        shared = _join(place, announce, listening.limit, refusals)
        if shared is not None:
            return shared
    own = listening.open(wished, remarks=remarks)
    if refusals:
        remarks.append(f"this session has a UDP port of its own, as the shared one is not to be had: {refusals[0]}")
    return ChosenPort(own.port, own.detach())


def _places(listening: Listening, wished: PortRange) -> list[str]:
    """Return where a keeper shall be looked for."""
    if listening.shared is False or wished != DEFAULT_PORTS or listening.address != ANY_ADDRESS:
        return []
    if isinstance(listening.shared, str):
        return [listening.shared]
    places = keepers(os.environ)
    found = [place for place in places if os.path.exists(place)]
    return found or ([places[-1]] if listening.shared else [])


def _join(place: str, announce: Announce, limit: PortRange | None, refusals: list[str]) -> ChosenPort | None:
    """Return the port of one keeper, or note why it is not to be had."""
    from rmosh.transport.connection_ids import AcceptedIds  # 6 ms that a port of its own costs nobody
    from rmosh.transport.keys import SessionKeys
    from rmosh_server.port.joining import NoSharedPort, join

    keys = SessionKeys.derive(announce.secret, version=announce.version)
    try:
        connected, number = join(place, AcceptedIds(keys.to_server.ids).all)
    except NoSharedPort as problem:
        refusals.append(str(problem))
        return None
    if limit is not None and place != SYSTEM_KEEPER and limit.overlap(PortRange(number, number)) is None:
        refusals.append(f"{place}: this host allows UDP port {limit}, not {number}")
        connected.close()
        return None
    return ChosenPort(number, connected.detach(), keeper=place)
