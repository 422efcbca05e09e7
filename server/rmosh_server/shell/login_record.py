"""The entry in utmp that makes the session show in `who`, through the system's own privileged helper if it has one."""

import contextlib
import os
import re
from typing import Final

#: Where distributions put libutempter's helper: there, or in a folder of the libraries. Source: the packages of Fedora,
#: Arch and Debian.
_HELPERS: Final = ("/usr/libexec/utempter/utempter", "/usr/lib/utempter/utempter")
_LIBRARIES: Final = "/usr/lib"

#: A numeric address with its scope, or what sshd says where there is none: "UNKNOWN". Source: sshd's canohost.c.
_ADDRESS: Final = re.compile(r"[0-9A-Za-z.:%_-]{1,64}")


def client_address() -> str:
    """Return where the SSH login came from; empty without one."""
    return _of_connection(0)


def arrival_address() -> str:
    """Return the host's own address at which the SSH login arrived; empty without one."""
    return _of_connection(2)


def _of_connection(place: int) -> str:
    """Return one of the client's address and port and the host's, as sshd tells them; "" where it is none."""
    words = os.environ.get("SSH_CONNECTION", "").split()
    return words[place] if len(words) == 4 and _ADDRESS.fullmatch(words[place]) else ""


def add_login_record(terminal: int, place: str) -> int | None:
    """Enter a session, shown as coming from a place; return the helper's process id, None where there is none."""
    return _run_helper(terminal, "add", place)


def remove_login_record(terminal: int) -> int | None:
    """Remove the entry; return the helper's process id, None where there is none."""
    return _run_helper(terminal, "del")


def helper() -> str | None:
    """Return the helper's path; None where there is none."""
    folders = []
    with contextlib.suppress(OSError):
        folders = os.listdir(_LIBRARIES)
    places = (*_HELPERS, *[f"{_LIBRARIES}/{folder}/utempter/utempter" for folder in folders])
    return next(filter(os.path.exists, places), None)


def _run_helper(terminal: int, *words: str) -> int | None:
    """Start the helper; it wants the PTY's master as its standard input."""
    file = helper()
    if file is None:
        return None
    try:
        return os.posix_spawn(
            file, ("utempter", *words), {}, file_actions=[(os.POSIX_SPAWN_DUP2, terminal, 0)], setsigmask=()
        )
    except OSError:
        return None
