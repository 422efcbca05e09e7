"""What a public key or a certificate says of itself: whether it can be read, how long it is, how it was signed.

Source: RFC 4253 section 6.6 (keys); OpenSSH, PROTOCOL.certkeys (certificates).
"""

import base64
import struct
from typing import Final

import asyncssh

from rmosh.errors import Malformed

_CERTIFICATE: Final = "-cert-v01@openssh.com"

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


def signature_algorithm(untrusted: bytes) -> str:
    """Return the algorithm with which an OpenSSH certificate was signed.

    Raises:
        Malformed: it is no certificate, or of a type that is not known.
    """
    fields = _Fields(untrusted)
    name = fields.text()
    key_type = name.removesuffix(_CERTIFICATE)
    if key_type == name or key_type not in _KEY_FIELDS:
        raise Malformed(f"{name!r} is no known type of certificate")
    nonce, key_id, principals, options, extensions, reserved, authority = 1, 1, 1, 1, 1, 1, 1
    fields.skip(nonce + _KEY_FIELDS[key_type])
    fields.skip_bytes(_SERIAL_AND_KIND)
    fields.skip(key_id + principals)
    fields.skip_bytes(_DATES)
    fields.skip(options + extensions + reserved + authority)
    return _Fields(fields.take()).text()


class _Fields:
    """Reads fields that begin with their length. Source: RFC 4251 section 5, `string`."""

    def __init__(self, untrusted: bytes) -> None:
        self._rest = untrusted

    def take(self) -> bytes:
        if len(self._rest) < 4:
            raise Malformed("a field's length is cut short")
        (size,) = struct.unpack_from(">I", self._rest)
        self.skip_bytes(4)
        field = self._rest[:size]
        self.skip_bytes(size)
        return field

    def text(self) -> str:
        return self.take().decode("ascii", errors="replace")

    def skip(self, fields: int) -> None:
        for _ in range(fields):
            self.take()

    def skip_bytes(self, count: int) -> None:
        if len(self._rest) < count:
            raise Malformed(f"{count} bytes were announced, {len(self._rest)} are there")
        self._rest = self._rest[count:]
