"""The known_hosts files: who is known under a name, and how a new host is written down.

Knows the file format only, neither the network nor what is done about an unknown key.
Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.patterns import matches

#: Bytes of salt in a hashed name: the length of a SHA-1 digest. Source: OpenSSH, HashKnownHosts.
SALT_BYTES: Final = 20

#: Where lines come from, and the lines.
Text = tuple[str, str]

_MARKERS: Final = ("@cert-authority", "@revoked")

_BLANKS: Final = re.compile("[ \t]+")


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One line that names the host.

    Attributes:
        blob: the public key in SSH's wire format.
    """

    key_type: str
    blob: bytes
    file: str
    line: int

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known about one host.

    Attributes:
        keys: any other key than these is a changed one.
        keys_of_name: of the same name without a port, where the name with its port has none: a second server may
            listen on another port, so another key than these is only an unknown one. Source: ssh(1), OpenSSH 9.2.
        authorities, authorities_of_name: who may vouch for the host under each of these names.
        revoked: under either.
    """

    keys: tuple[KnownKey, ...] = ()
    keys_of_name: tuple[KnownKey, ...] = ()
    authorities: tuple[KnownKey, ...] = ()
    authorities_of_name: tuple[KnownKey, ...] = ()
    revoked: tuple[KnownKey, ...] = ()

    def __or__(self, other: "Known") -> "Known":
        """Return what both know together."""
        return Known(
            keys=self.keys + other.keys,
            keys_of_name=self.keys_of_name + other.keys_of_name,
            authorities=self.authorities + other.authorities,
            authorities_of_name=self.authorities_of_name + other.authorities_of_name,
            revoked=self.revoked + other.revoked,
        )

    @property
    def key_types(self) -> tuple[str, ...]:
        """Types of the host's keys, in file order without repeats."""
        return tuple(dict.fromkeys(key.key_type for key in self.keys))


def look_up(name: str, texts: Iterable[Text], *, plain_name: str, can_be_read: Callable[[str, bytes], bool]) -> Known:
    """Return what is known under a name, and under the same one without a port.

    A line whose key cannot be read counts for nothing: it may be cut short, or of a type that is not known yet or no
    longer. Seen with OpenSSH 9.2 (ssh-mldsa44-ed25519) and 10.6 (ssh-dss).
    """
    found: dict[str, list[tuple[str, KnownKey]]] = {name: [], plain_name: []}
    for (source, text), wanted in product(texts, found):
        found[wanted] += [
            (marker, key) for marker, key in search(text, wanted, file=source) if can_be_read(key.key_type, key.blob)
        ]
    named, others = found[name], found[plain_name] if plain_name != name else []

    def marked(wanted: str, entries: list[tuple[str, KnownKey]]) -> tuple[KnownKey, ...]:
        return tuple(key for marker, key in entries if marker == wanted)

    return Known(
        keys=marked("", named),
        keys_of_name=marked("", others),
        authorities=marked("@cert-authority", named),
        authorities_of_name=marked("@cert-authority", others),
        revoked=marked("@revoked", named + others),
    )


def read(files: Iterable[str]) -> list[Text]:
    """Return the files' texts; one that cannot be read counts as empty, as with ssh."""
    return [(file, _read(file)) for file in files]


def search(text: str, name: str, *, file: str) -> list[tuple[str, KnownKey]]:
    """Return marker (or an empty string) and key of each line that names the host."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        fields = _BLANKS.split(line.rstrip().lstrip(" \t"))
        marker = fields.pop(0) if fields and fields[0] in _MARKERS else ""
        if len(fields) < 3 or fields[0].startswith(("#", "@")) or not _names(fields[0], name):
            continue
        blob = _decoded(fields[2])
        if blob is not None:
            found.append((marker, KnownKey(fields[1], blob, file, number)))
    return found


def _decoded(text: str) -> bytes | None:
    """Return what the text stands for; None unless it is as one would write it."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def _read(file: str) -> str:
    try:
        return Path(file).read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _names(patterns: str, name: str) -> bool:
    return _hash_matches(patterns, name) if patterns.startswith("|") else matches(patterns.lower().split(","), name)


def _hash_matches(hashed: str, name: str) -> bool:
    parts = hashed.split("|")
    if len(parts) != 4 or parts[1] != "1":
        return False
    salt = _decoded(parts[2])
    return salt is not None and _hashed(salt, name) == hashed  # whole: nothing may follow


def _hashed(salt: bytes, name: str) -> str:
    digest = hmac.new(salt, name.encode(errors="surrogateescape"), hashlib.sha1).digest()
    return "|".join(("", "1", base64.b64encode(salt).decode(), base64.b64encode(digest).decode()))


def format_line(name: str, *, key_type: str, blob: bytes, salt: bytes | None) -> str:
    """Return a line that makes the host known; the name is hashed where a salt is given."""
    name = name if salt is None else _hashed(salt, name)
    return f"{name} {key_type} {base64.b64encode(blob).decode()}\n"


def append(file: Path, line: str) -> None:
    """Add one line, creating file (mode 0600) and directory (0700) as needed.

    Raises:
        OSError: it cannot be written.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with open(handle, "r+b", buffering=0) as known_hosts:
        size = os.fstat(handle).st_size
        unfinished = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        known_hosts.write(b"\n" * unfinished + line.encode())


def fingerprint(blob: bytes) -> str:
    """Return the key's fingerprint as ssh shows it. Source: OpenSSH 6.8, FingerprintHash sha256."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
