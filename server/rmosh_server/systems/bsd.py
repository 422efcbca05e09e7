"""macOS and the BSDs: credentials by getpeereid, programs started by fork and exec, command lines by ps."""

import ctypes
import socket
import sys
from collections.abc import Iterator
from typing import Any, Final

from rmosh_server.c_library import c_library
from rmosh_server.systems.forking import fork_on_streams as start_on_streams
from rmosh_server.systems.forking import fork_on_terminal as start_on_terminal

__all__ = [
    "allow_looks",
    "command_line",
    "forbid_looks",
    "network_namespace",
    "own_addresses",
    "peer_process",
    "peer_user",
    "start_on_streams",
    "start_on_terminal",
]

#: Asks a Unix socket for the process at its other end. Source: <sys/un.h> of XNU.
_SOL_LOCAL: Final = 0
_LOCAL_PEERPID: Final = 2

#: How long `ps` may take, in seconds. Reason: some 10 ms; the session waits for it whenever it is listed.
_PS_TIMEOUT: Final = 0.5


def peer_user(connected: socket.socket) -> int:
    """Return the user id of the process that connected, or of the one that listens.

    Raises:
        OSError: the kernel does not tell.
    """
    return ask_getpeereid(connected.fileno(), c_library())


def peer_process(connected: socket.socket) -> int:
    """Return the id of the process that connected; 0 where the kernel does not tell."""
    try:
        return connected.getsockopt(_SOL_LOCAL, _LOCAL_PEERPID) if sys.platform == "darwin" else 0
    except OSError:
        return 0


def ask_getpeereid(descriptor: int, library: Any) -> int:
    """Return what getpeereid(3) of a C library says of a socket's other end.

    Raises:
        OSError: it failed, or there is none.
    """
    user, group = ctypes.c_uint32(), ctypes.c_uint32()
    try:
        failed = library.getpeereid(descriptor, ctypes.byref(user), ctypes.byref(group)) != 0
    except AttributeError as error:
        raise OSError(f"no getpeereid: {error}") from error
    if failed:
        raise OSError(ctypes.get_errno(), "getpeereid failed")
    return user.value


def command_line(process: int, *, limit: int) -> bytes:
    """Return the words of a process's command line, with blanks between them; b"" where they cannot be seen."""
    import subprocess  # 1 MB that only a session that is listed needs

    words = ["ps", "-ww", "-o", "args=", "-p", str(process)]
    try:
        told = subprocess.run(  # noqa: S603 - fixed words
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PS_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return b""
    return told.stdout[:limit]


def own_addresses() -> Iterator[str]:
    """Yield this host's numeric addresses, loopback and all.

    Raises:
        OSError: the system does not tell.
    """
    from rmosh_server.systems.getifaddrs import ask_for_addresses  # only a login needs it, not a session

    return ask_for_addresses()


def network_namespace() -> str:
    """Return "": a host has one network."""
    return ""


def forbid_looks() -> None:
    """Do nothing: only Linux lets a process keep its own user's debuggers out."""


def allow_looks() -> None:
    """Do nothing: nobody was kept out."""
