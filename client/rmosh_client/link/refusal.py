"""Learn why UDP does not go, where somebody says so: by sockets of its own.

The session's sockets are not connected and so are told of no refusal; having them told (IP_RECVERR) makes them ready
with an error each time.
"""

import contextlib
import errno
import socket
from collections.abc import Iterable
from enum import Enum
from typing import Final

from rmosh_client.link.sockets import Address
from rmosh_client.systems import hear_refusals


class Refusal(Enum):
    """Why, as a user reads it after "UDP"."""

    PORT = "is refused: nothing listens there, or a firewall rejects it"
    ON_THE_WAY = "is refused on the way: host unreachable, or a firewall prohibits it"
    PROTOCOL = "is refused: that host takes no UDP at all"
    OWN_FIREWALL = "is forbidden by this machine's own firewall"
    NO_ROUTE = "has no way there from this machine"


#: What an error of a connected socket means. Source: RFC 1122 section 4.1.3.3 for handing ICMP on; icmp_err_convert of
#: Linux 6.18, net/ipv4/icmp.c, and its tables for IPv6, as `netem/` sees them.
_TOLD: Final = {
    errno.ECONNREFUSED: Refusal.PORT,
    errno.EHOSTUNREACH: Refusal.ON_THE_WAY,
    errno.ENETUNREACH: Refusal.ON_THE_WAY,
    errno.EHOSTDOWN: Refusal.ON_THE_WAY,
    errno.EACCES: Refusal.ON_THE_WAY,
    errno.ENOPROTOOPT: Refusal.PROTOCOL,
    errno.EPROTO: Refusal.PROTOCOL,
    errno.EPERM: Refusal.OWN_FIREWALL,
}

#: What it means where nothing has left yet.
_TOLD_BEFORE: Final = {errno.ENETUNREACH: Refusal.NO_ROUTE, errno.EHOSTUNREACH: Refusal.NO_ROUTE}


class RefusalProbe:
    """Sends empty datagrams, which a server drops unread, and looks later whether they were refused.

    ICMP errors are rationed, so that most questions are answered by nobody.
    """

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._told: dict[socket.socket, Refusal] = {}

    def send(self, targets: Iterable[tuple[socket.AddressFamily, Address]]) -> None:
        """Ask at each of these addresses; earlier questions are forgotten."""
        self.close()
        for family, address in targets:
            with contextlib.suppress(OSError):
                self._ask(socket.socket(family, socket.SOCK_DGRAM), address)

    def _ask(self, endpoint: socket.socket, address: Address) -> None:
        self._sockets.append(endpoint)
        endpoint.setblocking(False)
        hear_refusals(endpoint)
        try:
            endpoint.connect(address)
            endpoint.send(b"")
        except OSError as error:
            code = error.errno or 0
            if (refusal := _TOLD_BEFORE.get(code) or _TOLD.get(code)) is not None:
                self._told[endpoint] = refusal

    def take_answer(self) -> Refusal | None:
        """Return why UDP does not go, once it is refused at every address; None while it may go to one."""
        for endpoint in self._sockets:
            try:
                endpoint.recv(1)
            except OSError as error:
                if (refusal := _TOLD.get(error.errno or 0)) is not None:
                    self._told[endpoint] = refusal
        told = [self._told.get(endpoint) for endpoint in self._sockets]
        if not told or None in told:
            return None
        self.close()
        return told[0]

    def close(self) -> None:
        """Ask no more."""
        for endpoint in self._sockets:
            endpoint.close()
        self._sockets.clear()
        self._told.clear()
