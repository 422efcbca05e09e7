"""Linux: a clock that counts sleep, netlink, and a process that nobody of its user may look into."""

import contextlib
import os
import socket
import struct
import time
from functools import cache
from typing import Any, Final

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


def open_boot_timer() -> int:
    """Return the descriptor of a timer that runs on while the machine is suspended.

    Raises:
        OSError: the kernel has none.
        AttributeError: neither Python nor the C library knows of it.
    """
    flags = os.O_NONBLOCK | os.O_CLOEXEC  # TFD_NONBLOCK and TFD_CLOEXEC are these. Source: <sys/timerfd.h>.
    descriptor: int
    if hasattr(os, "timerfd_create"):  # Python 3.13
        descriptor = os.timerfd_create(time.CLOCK_BOOTTIME, flags=flags)
        return descriptor
    descriptor = _c_library().timerfd_create(time.CLOCK_BOOTTIME, flags)
    if descriptor < 0:
        raise _refused("timerfd_create")
    return descriptor


def set_boot_timer(descriptor: int, seconds: float) -> None:
    """Let such a timer be readable once, so many seconds from now, more than 0.

    Raises:
        OSError: it is none.
    """
    if hasattr(os, "timerfd_settime"):
        os.timerfd_settime(descriptor, initial=seconds)
        return
    whole = int(seconds)
    moment = struct.pack("4l", 0, 0, whole, int((seconds - whole) * 1e9) or 1)  # struct itimerspec, nothing repeated
    if _c_library().timerfd_settime(descriptor, 0, moment, None) < 0:
        raise _refused("timerfd_settime")


def hear_refusals(endpoint: socket.socket) -> None:
    """Have a connected socket told of unreachable nets and hosts too, which the kernel else waits out."""
    with contextlib.suppress(OSError):
        endpoint.setsockopt(*_TOLD_ALL[endpoint.family], 1)


def peer_user(connected: socket.socket) -> int:
    """Return the user id of the process at the other end of a Unix socket.

    Raises:
        OSError: the kernel does not tell.
    """
    credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def forbid_looks() -> None:
    """Let nobody but root attach to this process, read its memory or have it dumped; children are free."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        _c_library().prctl(_SET_DUMPABLE, *[ctypes.c_ulong(0)] * 4)


@cache
def _c_library() -> Any:
    """Return the C library as ctypes has it: a timer is set before every long wait, and this takes longer."""
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def _refused(call: str) -> OSError:
    """Return why such a call to the C library failed."""
    import ctypes

    return OSError(ctypes.get_errno(), call)
