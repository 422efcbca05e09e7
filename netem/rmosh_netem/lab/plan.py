"""The addresses of a laboratory. They exist only inside its own namespaces, so nothing of the host is in the way.

client 10.77.1.N --- NAT 10.77.2.N === the link === server 10.77.3.1          (IPv6: fd77:6d6f:7368:{1,2,3}::N)
"""

import socket
from typing import Final

from ..errors import BadRequest
from .nat import Nat, Translation

#: The name of each namespace's one device.
DEVICE: Final = "rmosh0"

#: What the server is called in both namespaces' /etc/hosts.
SERVER_NAME: Final = "netem-server"

SERVER_IPV4: Final = "10.77.3.1"
SERVER_IPV6: Final = "fd77:6d6f:7368:3::1"

_CLIENT_IPV4: Final = "10.77.1."
_CLIENT_IPV6: Final = "fd77:6d6f:7368:1::"
_OUTSIDE_IPV4: Final = "10.77.2."
_OUTSIDE_IPV6: Final = "fd77:6d6f:7368:2::"

#: Last bytes that client addresses go through as the client roams.
_HOSTS: Final = range(1, 250)

#: Bytes that every IPv6 host must be able to send at once, and so the least mtu of a device. Source: RFC 8200, 5.
MIN_MTU: Final = 1280
MAX_MTU: Final = 65535


def client_ipv4(turn: int) -> str:
    """Return the client's address after so many changes."""
    return f"{_CLIENT_IPV4}{_HOSTS[turn % len(_HOSTS)]}"


def client_ipv6(turn: int) -> str:
    """Return the client's address after so many changes."""
    return f"{_CLIENT_IPV6}{_HOSTS[turn % len(_HOSTS)]:x}"


def home_router(forget_after: float | None) -> Nat:
    """Return the NAT between client and link."""
    return Nat(
        ipv4=Translation(_packed(_CLIENT_IPV4 + "0")[:-1], _packed(_OUTSIDE_IPV4 + "0")[:-1]),
        ipv6=Translation(_packed(_CLIENT_IPV6)[:-1], _packed(_OUTSIDE_IPV6)[:-1]),
        forget_after=forget_after,
    )


def require_mtu(mtu: int) -> None:
    """Refuse an mtu that a device cannot have.

    Raises:
        BadRequest: it is out of bounds.
    """
    if not MIN_MTU <= mtu <= MAX_MTU:
        raise BadRequest(f"a device's mtu cannot be {mtu}: IPv6 needs {MIN_MTU}, and {MAX_MTU} is the most")


def _packed(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
