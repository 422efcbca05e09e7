"""Which file a word of the command line means, here or on a host. Source: scp(1); OpenSSH 9.2, misc.c, colon()."""

from rmosh.lazy_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class CopyPlace:
    """A file or folder.

    Attributes:
        host: `[user@]host`; "" for this machine.
        path: as typed; on a host, from the home folder unless it begins at the root.
    """

    host: str
    path: bytes

    def __str__(self) -> str:
        path = self.path.decode("utf-8", "surrogateescape")
        return f"{self.host}:{path}" if self.host else path


def place_of(word: str) -> CopyPlace:
    """Return what a word means: a host stands before the first colon, if no slash comes before that."""
    host, path = _split(word)
    if host and path.startswith("~/"):
        path = path[2:]
    return CopyPlace(host, ("." if host and path in ("", "~") else path).encode("utf-8", "surrogateescape"))


def _split(word: str) -> tuple[str, str]:
    user, at, rest = word.rpartition("@[") if "@[" in word.partition(":")[0] else ("", "", word)
    if at or word.startswith("["):  # an address of IPv6 has colons of its own
        inside, closing, path = (rest if at else word[1:]).partition("]:")
        if closing and inside and "/" not in inside:
            return f"{user}@{inside}" if user else inside, path
    host, colon, path = word.partition(":")
    return (host, path) if colon and host and "/" not in host else ("", word)
