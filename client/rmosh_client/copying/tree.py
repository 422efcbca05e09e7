"""A tree of files, on this machine or on a host, as copying sees it. Names are bytes: nothing is assumed of them."""

from enum import Enum, auto
from typing import Final, Protocol

from rmosh.errors import RmoshError
from rmosh.lazy_dataclass import dataclass
from rmosh_client.plain_text import cleaned

#: Permissions that a copy may have: no more than these, lest a host make a program run as somebody else. Source:
#: OpenSSH 9.2, sftp-client.c.
PERMISSIONS: Final = 0o777

#: Names that lead elsewhere than into the folder that has them.
_LEADING_AWAY: Final = (b"", b".", b"..")


class NotCopied(RmoshError):
    """Something could not be copied; the text says what and why."""


class Lost(NotCopied):
    """The connection is gone, and with it all that is still to be copied."""


class FileKind(Enum):
    """What stands behind a name, links followed."""

    FILE = auto()
    FOLDER = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What is known of it.

    Attributes:
        size: in bytes.
        mode: of PERMISSIONS.
        accessed, modified: in seconds since 1970.
    """

    kind: FileKind
    size: int
    mode: int
    accessed: float
    modified: float


class OpenFile(Protocol):
    """A file that is read or written at any place of it."""

    async def read(self, offset: int, size: int) -> bytes:
        """Return bytes from there on, fewer than asked for only where the file ends."""

    async def write(self, offset: int, data: bytes) -> None: ...
    async def truncate(self, size: int) -> None: ...
    async def close(self) -> None: ...


class Tree(Protocol):
    """Where files are; each method raises NotCopied where something cannot be done.

    Attributes:
        block: most bytes of one read or write.
    """

    @property
    def block(self) -> int: ...

    def shown(self, path: bytes) -> str:
        """Return a path as the user is told of it, with its host."""

    async def look(self, path: bytes) -> FileEntry | None:
        """Return what is at a path; None where nothing is."""

    async def names(self, path: bytes) -> list[bytes]:
        """Return the names in a folder, as they are told: see `is_plain`."""

    async def make_folder(self, path: bytes, mode: int) -> None: ...
    async def open_to_read(self, path: bytes) -> OpenFile: ...

    async def open_to_write(self, path: bytes, mode: int, *, keeps: bool) -> OpenFile:
        """Open a file: one that is there, to keep what it has; else it is made, or emptied."""

    async def give_attributes(self, path: bytes, entry: FileEntry) -> None:
        """Give a path the mode and the times of another."""


def is_plain(untrusted: bytes) -> bool:
    """Tell whether a name stays in the folder that is said to have it."""
    return untrusted not in _LEADING_AWAY and b"/" not in untrusted and b"\0" not in untrusted


def shown(path: bytes) -> str:
    """Return a path for people: what might act on their terminal is replaced."""
    return cleaned(path.decode("utf-8", "surrogateescape"))


def joined(folder: bytes, name: bytes) -> bytes:
    """Return the path of a name in a folder."""
    return folder + name if folder.endswith(b"/") else folder + b"/" + name


def last_name(path: bytes) -> bytes:
    """Return what a copy of a path is called; b"" where its contents have no name of their own: `.`, `..`, the root."""
    name = path.rstrip(b"/").rpartition(b"/")[2]
    return b"" if name in _LEADING_AWAY else name
