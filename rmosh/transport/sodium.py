"""The one door to libsodium: keys in buffers that are overwritten, and what is reckoned with them.

pynacl's own functions take and return keys as `bytes`, which nobody can overwrite; each would leave a copy in freed
memory. So libsodium is called through the same cffi module that pynacl calls it through. Where that module has gone or
answers wrongly, `ThroughBindings` does the same with such copies: then nothing works less, but an old key may be found
in memory until Python uses that memory again. Either way a caller may pass `bytes` that are no secret.
"""

import importlib
from typing import Any, Final, Protocol

from nacl import bindings, exceptions

from rmosh.errors import Malformed, NotAuthentic
from rmosh.transport.header import TAG_BYTES

try:
    _private: Any = importlib.import_module("nacl._sodium")
except ImportError:
    _private = None

#: Bytes of a key, a link, a private key and a share. Source: RFC 8439; RFC 7693; RFC 7748.
KEY_BYTES: Final = 32

_NO_KEY: Final = bytes(KEY_BYTES)


class Secret:
    """32 bytes that are overwritten when they are dropped, or before.

    Attributes:
        held: the bytes.
        pointer: what libsodium is given for them; None where only pynacl's own functions can be used.
    """

    __slots__ = ("held", "pointer")

    def __init__(self, value: bytes | bytearray = _NO_KEY) -> None:
        self.held = bytearray(value)
        self.pointer: Any = None if _private is None else _private.ffi.from_buffer("unsigned char[]", self.held)

    def overwrite(self) -> None:
        """Leave nothing of it in memory; it is of no use any more."""
        self.held[:] = bytes(len(self.held))

    def __del__(self) -> None:
        self.overwrite()


class Primitives(Protocol):
    """What rmosh needs of a library."""

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


def _refused_share() -> Malformed:
    return Malformed("the share of a key exchange is one of the few that make no secret")


def _not_authentic() -> NotAuthentic:
    return NotAuthentic("it was sealed with another key, or changed on the way")


class Direct:
    """libsodium through cffi: keys stay in their buffers."""

    def __init__(self, module: Any) -> None:
        self._ffi, self._null = module.ffi, module.ffi.NULL
        self._hash = module.lib.crypto_generichash_blake2b_salt_personal
        self._seal = module.lib.crypto_aead_chacha20poly1305_ietf_encrypt
        self._unseal = module.lib.crypto_aead_chacha20poly1305_ietf_decrypt
        self._share_of = module.lib.crypto_scalarmult_base
        self._agree = module.lib.crypto_scalarmult

    def keyed_hash(self, key: Secret, data: bytes, into: Secret) -> None:
        null = self._null
        self._hash(into.pointer, KEY_BYTES, data, len(data), key.pointer, KEY_BYTES, null, null)

    def mix(self, key: Secret, other: Secret, into: Secret) -> None:
        null = self._null
        self._hash(into.pointer, KEY_BYTES, other.pointer, KEY_BYTES, key.pointer, KEY_BYTES, null, null)

    def public_hash(self, key: Secret, data: bytes) -> bytes:
        digest, null = self._ffi.new("unsigned char[]", KEY_BYTES), self._null
        self._hash(digest, KEY_BYTES, data, len(data), key.pointer, KEY_BYTES, null, null)
        return bytes(self._ffi.buffer(digest))

    def seal(self, key: Secret, nonce: bytes, plaintext: bytes, header: bytes) -> bytes:
        size, null = len(plaintext), self._null
        sealed = self._ffi.new("unsigned char[]", size + TAG_BYTES)
        self._seal(sealed, null, plaintext, size, header, len(header), null, nonce, key.pointer)
        return bytes(self._ffi.buffer(sealed))

    def unseal(self, key: Secret, nonce: bytes, untrusted: bytes, header: bytes) -> bytes:
        size, null = len(untrusted), self._null
        if size < TAG_BYTES:
            raise _not_authentic()
        plaintext = self._ffi.new("unsigned char[]", max(1, size - TAG_BYTES))
        if self._unseal(plaintext, null, null, untrusted, size, header, len(header), nonce, key.pointer) != 0:
            raise _not_authentic()
        return bytes(self._ffi.buffer(plaintext, size - TAG_BYTES))

    def share_of(self, private: Secret) -> bytes:
        share = self._ffi.new("unsigned char[]", KEY_BYTES)
        self._share_of(share, private.pointer)
        return bytes(self._ffi.buffer(share))

    def agree(self, private: Secret, untrusted: bytes, into: Secret) -> None:
        if len(untrusted) != KEY_BYTES or self._agree(into.pointer, private.pointer, untrusted) != 0:
            raise _refused_share()


class ThroughBindings:
    """pynacl's public functions: every key is copied for them."""

    def keyed_hash(self, key: Secret, data: bytes, into: Secret) -> None:
        into.held[:] = self.public_hash(key, data)

    def mix(self, key: Secret, other: Secret, into: Secret) -> None:
        into.held[:] = self.public_hash(key, bytes(other.held))

    def public_hash(self, key: Secret, data: bytes) -> bytes:
        return bindings.crypto_generichash_blake2b_salt_personal(data, digest_size=KEY_BYTES, key=bytes(key.held))

    def seal(self, key: Secret, nonce: bytes, plaintext: bytes, header: bytes) -> bytes:
        return bindings.crypto_aead_chacha20poly1305_ietf_encrypt(plaintext, header, nonce, bytes(key.held))

    def unseal(self, key: Secret, nonce: bytes, untrusted: bytes, header: bytes) -> bytes:
        try:
            return bindings.crypto_aead_chacha20poly1305_ietf_decrypt(untrusted, header, nonce, bytes(key.held))
        except (exceptions.CryptoError, ValueError) as error:  # the latter where it is shorter than a tag
            raise _not_authentic() from error

    def share_of(self, private: Secret) -> bytes:
        return bindings.crypto_scalarmult_base(bytes(private.held))

    def agree(self, private: Secret, untrusted: bytes, into: Secret) -> None:
        try:
            into.held[:] = bindings.crypto_scalarmult(bytes(private.held), untrusted)
        except (exceptions.CryptoError, exceptions.TypeError) as error:
            raise _refused_share() from error


def choose(private: Any) -> Primitives:
    """Return the direct way where pynacl's private module is there and agrees with its public functions."""
    if private is None:
        return ThroughBindings()
    try:
        direct = Direct(private)
        agrees = _sample(direct) == _sample(ThroughBindings())
    except (AttributeError, TypeError, ValueError):  # a function is gone, or takes other arguments than we know
        agrees = False
    return direct if agrees else ThroughBindings()


def _sample(primitives: Primitives) -> tuple[bytes, ...]:
    """Return what all of it comes to for fixed values."""
    key, other, mixed = Secret(bytes(range(KEY_BYTES))), Secret(), Secret()
    sealed = primitives.seal(key, bytes(12), b"a plaintext", b"a header")
    primitives.keyed_hash(key, b"some data", other)
    primitives.mix(key, other, mixed)
    primitives.agree(key, primitives.share_of(other), other)
    opened = primitives.unseal(key, bytes(12), sealed, b"a header")
    return sealed, bytes(mixed.held), bytes(other.held), opened, primitives.public_hash(key, b"some data")


#: The way that this process takes.
PRIMITIVES: Final = choose(_private)
