"""macOS and the BSDs: credentials by getpeereid, programs started by fork and exec, command lines by ps."""

import ctypes
import socket
from collections.abc import Iterator
from typing import Any, Final

from rmosh_server.systems.forking import fork_on_terminal as start_on_terminal

__all__ = [
    "command_line",
    "forbid_looks",
    "network_namespace",
    "own_addresses",
    "peer_user",
    "start_on_terminal",
]

#: How long `ps` may take, in seconds. Reason: some 10 ms; the session waits for it whenever it is listed.
_PS_TIMEOUT: Final = 0.5


def peer_user(connected: socket.socket) -> int:
    """Return the user id of the process that connected, or of the one that listens.

    Raises:
        OSError: the kernel does not tell.
    """
    return ask_getpeereid(connected.fileno(), ctypes.CDLL(None, use_errno=True))


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
