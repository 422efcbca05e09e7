"""Where the doors of this user's sessions are: a private directory of this machine, a socket for each session.

A door is named by what its login is like, so that those who may use it find it by its name alone.
"""

import contextlib
import os
import socket
import stat
import zlib
from collections.abc import Mapping
from typing import Final

from rmosh.errors import RmoshError
from rmosh.lazy_dataclass import dataclass
from rmosh_client.cache import in_cache
from rmosh_client.systems import peer_user

#: Longest path of a socket in bytes, without its final zero. Source: <sys/un.h> of macOS and the BSDs; Linux has 107.
_LONGEST_PATH: Final = 103


class NoLoginDoors(RmoshError):
    """There is no directory that only this user can write to, or its path is too long for a socket."""


@dataclass(frozen=True, slots=True)
class LoginDoors:
    """A directory for doors; nothing is in it before `prepare`."""

    directory: str

    def own(self, likeness: str, process: int) -> str:
        """Return the path of a process's door.

        Raises:
            NoLoginDoors: it is too long.
        """
        path = os.path.join(self.directory, f"{likeness}-{process}")
        if len(os.fsencode(path)) > _LONGEST_PATH:
            raise NoLoginDoors(f"{path} has more than the {_LONGEST_PATH} bytes that a socket's path may have")
        return path

    def prepare(self) -> None:
        """Make the directory, for this user alone.

        Raises:
            NoLoginDoors: it cannot be made, or others may write to it.
        """
        try:
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
        except OSError as error:
            raise NoLoginDoors(f"{self.directory} cannot be made: {error.strerror}") from error
        self._check()

    def _check(self) -> None:
        try:
            found = os.lstat(self.directory)
        except OSError as error:
            raise NoLoginDoors(f"{self.directory}: {error.strerror}") from error
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise NoLoginDoors(f"{self.directory} is not a directory of this user's alone (mode 0700)")

    def found(self, likeness: str = "") -> list[str]:
        """Return the paths of doors with a likeness, the newest first; of all where none is given."""
        try:
            self._check()
            names = [name for name in os.listdir(self.directory) if name.startswith(f"{likeness}-" if likeness else "")]
        except (OSError, NoLoginDoors):
            return []
        return sorted([os.path.join(self.directory, name) for name in names], key=_made_at, reverse=True)


def usual_login_doors(environ: Mapping[str, str]) -> LoginDoors:
    """Return the one that is emptied when the user logs out, or one in the cache, by the machine's name.

    A checksum of that is enough to tell machines apart that share a home; OpenSSL would be 1.2 MB of memory.
    """
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime):
        return LoginDoors(os.path.join(runtime, "rmosh"))
    machine = f"{zlib.crc32(socket.gethostname().encode(errors='surrogateescape')):08x}"
    return LoginDoors(in_cache(environ, f"doors-{machine}"))


def is_ours(connected: socket.socket) -> bool:
    """Tell whether the process at the other end of a socket is of this user."""
    try:
        return peer_user(connected) == os.geteuid()
    except OSError:
        return False


def _made_at(path: str) -> float:
    with contextlib.suppress(OSError):
        return os.lstat(path).st_mtime
    return 0.0
