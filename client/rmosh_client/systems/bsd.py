"""The BSDs: routing sockets, and a terminal that cannot be opened by the name of the controlling one."""

import errno
import socket
import struct
from typing import Final

#: No clock is known to run on in sleep: FreeBSD's CLOCK_BOOTTIME is its CLOCK_UPTIME. Source: its <time.h>.
BOOT_CLOCK: Final[int | None] = None

#: Nothing opens the user's terminal anew where it has no name: kqueue takes no /dev/tty.
NAMELESS_TERMINAL: Final[str] = ""

#: A process without threads may go on in two, without an exec.
FORK_IS_SAFE: Final = True

#: The family of routing sockets where Python does not name it. Source: <sys/socket.h> of macOS, FreeBSD and OpenBSD.
_ROUTING: Final = 17


#: LOCAL_PEERCRED and the level it is asked at. Source: <sys/un.h> of macOS and FreeBSD.
_CREDENTIALS: Final = (0, 1)


def open_route_socket() -> socket.socket:
    """Return a socket that can be read when the host's addresses or routes changed.

    Raises:
        OSError: the system gives none.
    """
    return socket.socket(getattr(socket, "AF_ROUTE", _ROUTING), socket.SOCK_RAW, 0)


def open_boot_timer() -> int:
    """Open none.

    Raises:
        OSError: a timer that runs on while the machine is suspended is not known here.
    """
    raise OSError(errno.ENOSYS, "no timer that counts sleep")


def set_boot_timer(descriptor: int, seconds: float) -> None:
    """Do nothing: there is none."""


def hear_refusals(endpoint: socket.socket) -> None:
    """Do nothing: a connected socket is told by itself."""


def peer_user(connected: socket.socket) -> int:
    """Return the user id of the process at the other end of a Unix socket.

    Raises:
        OSError: the kernel does not tell, as on OpenBSD and NetBSD.
    """
    credentials = connected.getsockopt(*_CREDENTIALS, struct.calcsize("2I"))  # struct xucred: version, user, ...
    return int(struct.unpack("2I", credentials)[1])


def forbid_looks() -> None:
    """Do nothing: only Linux lets a process keep its own user's debuggers out."""
