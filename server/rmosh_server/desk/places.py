"""Where a user's sessions are kept on this host: which directories there may be, and which of them are believed.

First the state directory of the home, one folder a host, since several hosts may share a home. Not $XDG_RUNTIME_DIR:
that is emptied when the user's last login ends, and a roaming session outlives its login. Where the home is missing,
read-only or on a file server, on which sockets and locks cannot be relied upon, a directory in /tmp or the like. Its
usual name can be taken by anybody on the host: then one with a random name. It is found again by looking for all of
them: what belongs to us and is closed to everyone else was made by nobody else.

A container that shares the home has another name than its host, and so has a host that was renamed. So the folders of
other hosts beside this one's are looked into as well: a session there that can be reached runs on this kernel. Nothing
is ever removed there: what looks dead from here may live.
"""

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from typing import Final

from rmosh.errors import RmoshError
from rmosh.lazy_dataclass import dataclass

#: Names another directory than the usual ones.
DIRECTORY_VARIABLE: Final = "RMOSH_RUNTIME_DIR"

#: Where the host's sessions find the keeper of their shared UDP port. Source: `port/units/system/rmosh-port.socket`.
SYSTEM_KEEPER: Final = "/run/rmosh/port.sock"

#: ... and where a user's do who has a keeper of his own, in $XDG_RUNTIME_DIR; and in a directory that was chosen.
_OWN_KEEPER: Final = os.path.join("rmosh", "port.sock")
_CHOSEN_KEEPER: Final = "shared-port"

#: Where everybody on a host may make directories. Source: hier(7); /dev/shm is left where all others are read-only.
TEMPORARY: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - owner and mode are checked

#: What the name of the socket ends with at which a session's programs find the user's agent.
AGENT_SUFFIX: Final = ".agent"

#: A random name's length in bytes. Reason: nobody guesses it, so nobody takes it first.
RANDOM_BYTES: Final = 8

#: Digits of the machine's id in a folder's name. Reason: tells apart hosts of one name that share a home, and is no
#: secret then. Source: machine-id(5).
_ID_DIGITS: Final = 8

#: File systems that other hosts write to as well; their sockets lead nowhere and their locks may hang. Source: mount(8)
#: and the kernel's own list in /proc/filesystems; "fuse" is any file system in a process, sshfs for one.
_SHARED: Final = re.compile(
    r"nfs4?|cifs|smb3?|smbfs|9p|afs|ceph|lustre|gpfs|beegfs|ocfs2|gfs2|pvfs2|virtiofs|fuse(\..*)?"
)


class Unusable(RmoshError):
    """The directory or a file in it cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Places:
    """Directories that may hold sessions.

    Attributes:
        chosen: the only one, if the user has named one; else "".
        state: the one in the home; "" where it cannot be used.
        temporary: where further ones may be.
    """

    chosen: str
    state: str
    temporary: tuple[str, ...]

    def known(self) -> list[str]:
        """Return the directories that sessions may be in; the user's own choice is not looked at."""
        if self.chosen:
            return [self.chosen]
        return [place for place in filter(None, (self.state, *self._beside(), *self._found())) if is_private(place)]

    def is_of_another_host(self, directory: str) -> bool:
        """Tell whether a directory that sessions may be in is, by its name, another host's."""
        return directory != self.state and os.path.dirname(directory) == os.path.dirname(self.state)

    def usable(self) -> Iterator[str]:
        """Yield directories to make a session in, the best first; whether one serves is found out by trying."""
        if self.chosen:
            yield self.chosen
            return
        if self.state:
            yield self.state
        yield from filter(is_private, self._found())
        names = [os.path.join(root, _usual_name()) for root in self.temporary]
        yield from names
        yield from (f"{name}-{os.urandom(RANDOM_BYTES).hex()}" for name in names)

    def _beside(self) -> Iterator[str]:
        """Yield the folders of other hosts in the home."""
        hosts = os.path.dirname(self.state)
        with contextlib.suppress(OSError):
            names = sorted(os.listdir(hosts)) if hosts else []
            yield from (path for name in names if (path := os.path.join(hosts, name)) != self.state)

    def _found(self) -> Iterator[str]:
        usual = _usual_name()
        for root in self.temporary:
            with contextlib.suppress(OSError):
                names = sorted(name for name in os.listdir(root) if name == usual or name.startswith(f"{usual}-"))
                yield from (os.path.join(root, name) for name in names)


def usual_places(environment: Mapping[str, str]) -> Places:
    """Return where this user's sessions are on this host."""
    chosen = environment.get(DIRECTORY_VARIABLE, "")
    temporary = dict.fromkeys(filter(_keeps_names, (environment.get("TMPDIR", ""), *TEMPORARY)))
    if chosen:
        return Places(os.path.abspath(chosen), "", ())
    return Places("", _state_directory(environment), tuple(temporary))


def own_keeper(environment: Mapping[str, str]) -> str:
    """Return where a keeper of the shared port that this user starts is found; root's is the host's."""
    chosen = environment.get(DIRECTORY_VARIABLE, "")
    if chosen:
        return os.path.join(os.path.abspath(chosen), _CHOSEN_KEEPER)
    if os.geteuid() == 0:
        return SYSTEM_KEEPER
    return os.path.join(environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}", _OWN_KEEPER)


def keepers(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return where a session looks for a keeper, the user's own first."""
    own = own_keeper(environment)
    return (own,) if environment.get(DIRECTORY_VARIABLE) or own == SYSTEM_KEEPER else (own, SYSTEM_KEEPER)


def make_private(directory: str) -> None:
    """Make a directory, closed to everyone else, unless it is there.

    Raises:
        Unusable: it is there, and not ours alone.
        OSError: it cannot be made.
    """
    if not os.path.lexists(directory):
        os.makedirs(os.path.dirname(directory), exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(directory, 0o700)
    check_private(directory)


def check_private(directory: str) -> None:
    """Check that a directory is a real one, ours, and closed to everyone else.

    Raises:
        Unusable: it is not.
        OSError: it cannot be looked at.
    """
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode):
        raise Unusable(f"{directory} is not a directory: move it away")
    if found.st_uid != os.geteuid():
        raise Unusable(f"{directory} belongs to user id {found.st_uid}: somebody took the name, remove it")
    if found.st_mode & 0o077:
        raise Unusable(f"{directory} is open to others: chmod 700 {directory}")


def is_private(directory: str) -> bool:
    """Tell whether a directory is there, ours, and closed to everyone else."""
    try:
        check_private(directory)
    except (OSError, Unusable):
        return False
    return True


def is_shared(path: str, mounts: str) -> bool:
    """Tell whether a directory is on a file server, by the text of /proc/self/mountinfo. Source: proc(5)."""
    device = os.stat(path).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.splitlines():
        where, _, what = line.partition(" - ")
        if where.split()[2:3] == [wanted]:
            return _SHARED.fullmatch(what.partition(" ")[0]) is not None
    return False


def _state_directory(environment: Mapping[str, str]) -> str:
    """Return this host's folder in the home; "" where that is not ours or cannot be relied upon."""
    base, home = environment.get("XDG_STATE_HOME", ""), environment.get("HOME", "")
    if os.path.isabs(base):
        home = os.path.dirname(base)
    elif os.path.isabs(home):
        base = os.path.join(home, ".local", "state")
    else:
        return ""
    existing = base
    while not os.path.isdir(existing):
        if existing == home:
            return ""  # root could make it, but a home that is missing may only not be mounted yet
        existing = os.path.dirname(existing)
    try:
        # As root with the home of another, such as after `sudo -E`, nothing of root's is left there.
        usable = os.stat(existing).st_uid == os.geteuid() and not is_shared(existing, _read("/proc/self/mountinfo"))
    except OSError:
        return ""
    return os.path.join(base, "rmosh", _host_folder()) if usable else ""


def _host_folder() -> str:
    name = re.sub(r"[^A-Za-z0-9.-]", "_", os.uname().nodename)[:64].lstrip(".") or "localhost"
    number = _read("/etc/machine-id")[:_ID_DIGITS]
    return f"{name}-{number}" if number.isalnum() else name


def _keeps_names(root: str) -> bool:
    """Tell whether what is made in a directory cannot be moved away by other users, as the sticky bit of /tmp says."""
    try:
        found = os.stat(root)
    except OSError:
        return False
    is_closed = not found.st_mode & 0o022 or found.st_mode & stat.S_ISVTX
    return os.path.isabs(root) and stat.S_ISDIR(found.st_mode) and bool(is_closed) and found.st_uid in (0, os.geteuid())


def _usual_name() -> str:
    return f"rmosh-{os.geteuid()}"


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as opened:
            return opened.read()
    except OSError:
        return ""
