"""The one door to pynacl: its libsodium, with keys in buffers that are overwritten.

pynacl's own functions take and return keys as `bytes`, which nobody can overwrite; each would leave a copy in freed
memory. So libsodium is called through the same cffi module that pynacl calls it through. Where that module has gone or
answers wrongly, `ThroughBindings` does the same with such copies: then nothing works less, but an old key may be found
in memory until Python uses that memory again.
"""

import importlib
from typing import Any

from nacl import bindings, exceptions

from rmosh.transport.header import TAG_BYTES
from rmosh.transport.primitives import KEY_BYTES, Primitives, Secret, not_authentic, refused_share

try:
    private_module: Any = importlib.import_module("nacl._sodium")
except ImportError:
    private_module = None


class Direct:
    """libsodium through cffi: keys stay in their buffers."""

    def __init__(self, module: Any) -> None:
        self._ffi, self._null = module.ffi, module.ffi.NULL
        self._from_buffer = module.ffi.from_buffer
        self._hash = module.lib.crypto_generichash_blake2b_salt_personal
        self._seal = module.lib.crypto_aead_chacha20poly1305_ietf_encrypt
        self._unseal = module.lib.crypto_aead_chacha20poly1305_ietf_decrypt
        self._share_of = module.lib.crypto_scalarmult_base
        self._agree = module.lib.crypto_scalarmult

    def _at(self, secret: Secret) -> Any:
        if secret.pointer is None:
            secret.pointer = self._from_buffer("unsigned char[]", secret.held)
        return secret.pointer

    def keyed_hash(self, key: Secret, data: bytes, into: Secret) -> None:
        null = self._null
        self._hash(self._at(into), KEY_BYTES, data, len(data), self._at(key), KEY_BYTES, null, null)

    def mix(self, key: Secret, other: Secret, into: Secret) -> None:
        null = self._null
        self._hash(self._at(into), KEY_BYTES, self._at(other), KEY_BYTES, self._at(key), KEY_BYTES, null, null)

    def public_hash(self, key: Secret, data: bytes) -> bytes:
        digest, null = self._ffi.new("unsigned char[]", KEY_BYTES), self._null
        self._hash(digest, KEY_BYTES, data, len(data), self._at(key), KEY_BYTES, null, null)
        return bytes(self._ffi.buffer(digest))

    def seal(self, key: Secret, nonce: bytes, plaintext: bytes, header: bytes) -> bytes:
        size, null = len(plaintext), self._null
        sealed = self._ffi.new("unsigned char[]", size + TAG_BYTES)
        self._seal(sealed, null, plaintext, size, header, len(header), null, nonce, self._at(key))
        return bytes(self._ffi.buffer(sealed))

    def unseal(self, key: Secret, nonce: bytes, untrusted: bytes, header: bytes) -> bytes:
        size, null = len(untrusted), self._null
        if size < TAG_BYTES:
            raise not_authentic()
        plaintext = self._ffi.new("unsigned char[]", max(1, size - TAG_BYTES))
        if self._unseal(plaintext, null, null, untrusted, size, header, len(header), nonce, self._at(key)) != 0:
            raise not_authentic()
        return bytes(self._ffi.buffer(plaintext, size - TAG_BYTES))

    def share_of(self, private: Secret) -> bytes:
        share = self._ffi.new("unsigned char[]", KEY_BYTES)
        self._share_of(share, self._at(private))
        return bytes(self._ffi.buffer(share))

    def agree(self, private: Secret, untrusted: bytes, into: Secret) -> None:
        if len(untrusted) != KEY_BYTES or self._agree(self._at(into), self._at(private), untrusted) != 0:
            raise refused_share()


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
            raise not_authentic() from error

    def share_of(self, private: Secret) -> bytes:
        return bindings.crypto_scalarmult_base(bytes(private.held))

    def agree(self, private: Secret, untrusted: bytes, into: Secret) -> None:
        try:
            into.held[:] = bindings.crypto_scalarmult(bytes(private.held), untrusted)
        except (exceptions.CryptoError, exceptions.TypeError) as error:
            raise refused_share() from error


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
