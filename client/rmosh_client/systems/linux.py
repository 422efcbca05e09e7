"""Linux: a clock that counts sleep, netlink, and a process that nobody of its user may look into."""

import contextlib
import socket
import time
from typing import Final

#: The clock that runs on while the machine is suspended; None where there is none.
BOOT_CLOCK: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)

#: What opens the user's terminal anew where its device has no name here; "" where nothing does.
NAMELESS_TERMINAL: Final[str] = "/dev/tty"

#: A process without threads may go on in two, without an exec.
FORK_IS_SAFE: Final = True

#: Groups of NETLINK_ROUTE: link, IPv4 address, IPv4 route, IPv6 address, IPv6 route. Source: linux/rtnetlink.h.
_GROUPS: Final = 0x1 | 0x10 | 0x40 | 0x100 | 0x400

#: prctl(2)'s PR_SET_DUMPABLE. Source: <linux/prctl.h>.
_SET_DUMPABLE: Final = 4

#: IP_RECVERR and IPV6_RECVERR. Source: <linux/in.h>, <linux/in6.h>.
_TOLD_ALL: Final = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}


def open_route_socket() -> socket.socket:
    """Return a socket that can be read when the host's addresses or routes changed.

    Raises:
        OSError: the system gives none; Android may forbid it.
    """
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    try:
        opened.bind((0, _GROUPS))
    except OSError:
        opened.close()
        raise
    return opened


def hear_refusals(endpoint: socket.socket) -> None:
    """Have a connected socket told of unreachable nets and hosts too, which the kernel else waits out."""
    with contextlib.suppress(OSError):
        endpoint.setsockopt(*_TOLD_ALL[endpoint.family], 1)


def forbid_looks() -> None:
    """Let nobody but root attach to this process, read its memory or have it dumped; children are free."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, *[ctypes.c_ulong(0)] * 4)
