"""What a public key or a certificate says of itself: whether it can be read, how long it is, what it is good for.

Source: RFC 4253 section 6.6 (keys); OpenSSH, PROTOCOL.certkeys (certificates).
"""

import base64
import struct
from collections.abc import Iterator
from typing import Final

import asyncssh

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass

#: How the names of certificates' types end. Source: OpenSSH, PROTOCOL.certkeys.
CERTIFICATE_SUFFIX: Final = "-cert-v01@openssh.com"

#: Fields that make up a key of each type, after its name.
_KEY_FIELDS: Final = {
    "ssh-rsa": 2,
    "ssh-dss": 4,
    "ssh-ed25519": 1,
    "ssh-ed448": 1,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519": 2,
    "sk-ecdsa-sha2-nistp256": 3,
}

#: A certificate made for a host, not a user. Source: OpenSSH, PROTOCOL.certkeys, SSH_CERT_TYPE_HOST.
_HOSTS: Final = 2

#: Bytes of a certificate's serial number and kind, and of its two dates.
_SERIAL_AND_KIND: Final = 8 + 4
_DATES: Final = 8 + 8


def can_be_read(key_type: str, blob: bytes) -> bool:
    """Whether the key is whole, of a type that is known here, and of the type that stands before it."""
    try:
        if _Fields(blob).text() != key_type:
            return False
        asyncssh.import_public_key(f"{key_type} {base64.b64encode(blob).decode()}\n")
    except (Malformed, asyncssh.KeyImportError):
        return False
    return True


def rsa_bits(blob: bytes) -> int | None:
    """Return the length of an RSA key's modulus in bits; None for another type.

    Raises:
        Malformed: it is cut short.
    """
    fields = _Fields(blob)
    if fields.text() != "ssh-rsa":
        return None
    fields.take()
    return int.from_bytes(fields.take(), "big").bit_length()


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an OpenSSH certificate says.

    Attributes:
        key_type: of the certificate.
        is_hosts: it was made for a host.
        principals: patterns of the names that it is good for.
        valid_after, valid_before: seconds since 1970; good from the first, up to the second.
        authority: the key that signed it.
        signature: the algorithm of the signature.
    """

    key_type: str
    is_hosts: bool
    principals: tuple[str, ...]
    valid_after: int
    valid_before: int
    authority: bytes
    signature: str


def read_certificate(untrusted: bytes) -> Certificate:
    """Read an OpenSSH certificate.

    Raises:
        Malformed: it is no certificate, or of a type that is not known.
    """
    fields = _Fields(untrusted)
    name = fields.text()
    key_type = name.removesuffix(CERTIFICATE_SUFFIX)
    if key_type == name or key_type not in _KEY_FIELDS:
        raise Malformed(f"{name!r} is no known type of certificate")
    nonce, options, extensions, reserved = 1, 1, 1, 1
    fields.skip(nonce + _KEY_FIELDS[key_type])
    _serial, kind = struct.unpack(">QI", fields.take_bytes(_SERIAL_AND_KIND))
    _key_id, principals = fields.take(), _Fields(fields.take())
    valid_after, valid_before = struct.unpack(">QQ", fields.take_bytes(_DATES))
    fields.skip(options + extensions + reserved)
    return Certificate(
        key_type=name,
        is_hosts=kind == _HOSTS,
        principals=tuple(principals.texts()),
        valid_after=valid_after,
        valid_before=valid_before,
        authority=fields.take(),
        signature=_Fields(fields.take()).text(),
    )


class _Fields:
    """Reads fields that begin with their length. Source: RFC 4251 section 5, `string`."""

    def __init__(self, untrusted: bytes) -> None:
        self._rest = untrusted

    def take(self) -> bytes:
        if len(self._rest) < 4:
            raise Malformed("a field's length is cut short")
        (size,) = struct.unpack(">I", self.take_bytes(4))
        return self.take_bytes(size)

    def text(self) -> str:
        return self.take().decode("ascii", errors="replace")

    def skip(self, fields: int) -> None:
        for _ in range(fields):
            self.take()

    def texts(self) -> Iterator[str]:
        """Read what is left, one text after the other."""
        while self._rest:
            yield self.text()

    def take_bytes(self, count: int) -> bytes:
        if len(self._rest) < count:
            raise Malformed(f"{count} bytes were announced, {len(self._rest)} are there")
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken
