"""What rmosh needs of a library of cryptography, and the secrets that it is given: buffers that are overwritten."""

from typing import Any, Final, Protocol

from rmosh.errors import Malformed, NotAuthentic

#: Bytes of a key, a link, a private key and a share. Source: RFC 8439; RFC 7693; RFC 7748.
KEY_BYTES: Final = 32

_NO_KEY: Final = bytes(KEY_BYTES)


class Secret:
    """32 bytes that are overwritten when they are dropped, or before.

    Attributes:
        held: the bytes.
        pointer: what pynacl's library is given for them, once it was.
        address: where they are in memory, for a library called through ctypes, once it was.
    """

    __slots__ = ("_exported", "address", "held", "pointer")

    def __init__(self, value: bytes | bytearray = _NO_KEY) -> None:
        self.held = bytearray(value)
        self.pointer: Any = None
        self.address = 0
        self._exported: object = None

    def stay_at(self, address: int, exported: object) -> None:
        """Take note of the address; what exports the buffer keeps it from being moved."""
        self.address, self._exported = address, exported

    def overwrite(self) -> None:
        """Leave nothing of it in memory; it is of no use any more."""
        self.held[:] = _NO_KEY

    def __del__(self) -> None:
        self.overwrite()


class Primitives(Protocol):
    """What rmosh needs of a library; whatever is no secret may be given as `bytes`."""

    def keyed_hash(self, key: Secret, data: bytes, into: Secret) -> None:
        """Reckon BLAKE2b-256 (RFC 7693) under a key."""

    def mix(self, key: Secret, other: Secret, into: Secret) -> None:
        """Reckon the same of another secret."""

    def public_hash(self, key: Secret, data: bytes) -> bytes:
        """Return the same where the result is no secret."""

    def seal(self, key: Secret, nonce: bytes, plaintext: bytes, header: bytes) -> bytes:
        """Return ciphertext and tag of ChaCha20-Poly1305 (RFC 8439)."""

    def unseal(self, key: Secret, nonce: bytes, untrusted: bytes, header: bytes) -> bytes:
        """Return the plaintext of ciphertext and tag.

        Raises:
            NotAuthentic: another key sealed it, or it was changed.
        """

    def share_of(self, private: Secret) -> bytes:
        """Return the share that belongs to an X25519 private key (RFC 7748)."""

    def agree(self, private: Secret, untrusted: bytes, into: Secret) -> None:
        """Reckon what both ends of an X25519 exchange get.

        Raises:
            Malformed: the other's share makes it the same for every private key (RFC 7748 section 6.1).
        """


def refused_share() -> Malformed:
    """Return what `agree` raises."""
    return Malformed("the share of a key exchange is one of the few that make no secret")


def not_authentic() -> NotAuthentic:
    """Return what `unseal` raises."""
    return NotAuthentic("it was sealed with another key, or changed on the way")
