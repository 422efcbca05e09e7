"""The one door to pynacl: its libsodium, with keys in buffers that are overwritten.

pynacl's own functions take and return keys as `bytes`, which nobody can overwrite; each would leave a copy in freed
memory. So libsodium is called through the same cffi module that pynacl calls it through. Where that module has gone or
answers wrongly, `ThroughBindings` does the same with such copies: then nothing works less, but an old key may be found
in memory until Python uses that memory again.
"""

import importlib
from typing import Any, Final

from rmosh.transport.header import TAG_BYTES
from rmosh.transport.known_answers import wrong_answer
from rmosh.transport.primitives import KEY_BYTES, Primitives, Secret, not_authentic, refused_share

try:
    private_module: Any = importlib.import_module("nacl._sodium")
except ImportError:
    private_module = None


#: Bytes of output that room is kept for at first. Reason: datagrams have hardly more than 1,500.
_USUAL_BYTES: Final = 2048


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

        self._digest = module.ffi.new("unsigned char[]", KEY_BYTES)
        self._digested = module.ffi.buffer(self._digest)
        self._hold(_USUAL_BYTES)

    def _hold(self, size: int) -> None:
        """Have room for so many bytes of output, in a buffer that is kept: making one costs as much as sealing."""
        self._output, self._size = self._ffi.new("unsigned char[]", size), size
        self._written = self._ffi.buffer(self._output)

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
        null = self._null
        self._hash(self._digest, KEY_BYTES, data, len(data), key.pointer or self._at(key), KEY_BYTES, null, null)
        digest: bytes = self._digested[:]
        return digest

    def seal(self, key: Secret, nonce: bytes, plaintext: bytes, header: bytes) -> bytes:
        size, null, at = len(plaintext), self._null, key.pointer or self._at(key)
        if size + TAG_BYTES > self._size:
            self._hold(size + TAG_BYTES)
        self._seal(self._output, null, plaintext, size, header, len(header), null, nonce, at)
        sealed: bytes = self._written[: size + TAG_BYTES]
        return sealed

    def unseal(self, key: Secret, nonce: bytes, untrusted: bytes, header: bytes) -> bytes:
        size, null, at = len(untrusted), self._null, key.pointer or self._at(key)
        if size < TAG_BYTES:
            raise not_authentic()
        if size > self._size:
            self._hold(size)
        if self._unseal(self._output, null, null, untrusted, size, header, len(header), nonce, at) != 0:
            raise not_authentic()
        plaintext: bytes = self._written[: size - TAG_BYTES]
        return plaintext

    def share_of(self, private: Secret) -> bytes:
        share = self._ffi.new("unsigned char[]", KEY_BYTES)
        self._share_of(share, self._at(private))
        return bytes(self._ffi.buffer(share))

    def agree(self, private: Secret, untrusted: bytes, into: Secret) -> None:
        if len(untrusted) != KEY_BYTES or self._agree(self._at(into), self._at(private), untrusted) != 0:
            raise refused_share()


class ThroughBindings:
    """pynacl's public functions: every key is copied for them. They are 0.6 MB, so they are loaded here."""

    def __init__(self) -> None:
        from nacl import bindings, exceptions

        self._bindings, self._exceptions = bindings, exceptions

    def keyed_hash(self, key: Secret, data: bytes, into: Secret) -> None:
        into.held[:] = self.public_hash(key, data)

    def mix(self, key: Secret, other: Secret, into: Secret) -> None:
        into.held[:] = self.public_hash(key, bytes(other.held))

    def public_hash(self, key: Secret, data: bytes) -> bytes:
        return self._bindings.crypto_generichash_blake2b_salt_personal(data, digest_size=KEY_BYTES, key=bytes(key.held))

    def seal(self, key: Secret, nonce: bytes, plaintext: bytes, header: bytes) -> bytes:
        return self._bindings.crypto_aead_chacha20poly1305_ietf_encrypt(plaintext, header, nonce, bytes(key.held))

    def unseal(self, key: Secret, nonce: bytes, untrusted: bytes, header: bytes) -> bytes:
        try:
            return self._bindings.crypto_aead_chacha20poly1305_ietf_decrypt(untrusted, header, nonce, bytes(key.held))
        except (self._exceptions.CryptoError, ValueError) as error:  # the latter where it is shorter than a tag
            raise not_authentic() from error

    def share_of(self, private: Secret) -> bytes:
        return self._bindings.crypto_scalarmult_base(bytes(private.held))

    def agree(self, private: Secret, untrusted: bytes, into: Secret) -> None:
        try:
            into.held[:] = self._bindings.crypto_scalarmult(bytes(private.held), untrusted)
        except (self._exceptions.CryptoError, self._exceptions.TypeError) as error:
            raise refused_share() from error


def choose(private: Any) -> Primitives:
    """Return the direct way where pynacl's private module is there and answers as published."""
    if private is None:
        return ThroughBindings()
    try:
        begun = private.lib.sodium_init() >= 0
        direct = Direct(private)
        is_right = begun and not wrong_answer(direct)
    except (AttributeError, TypeError, ValueError):  # a function is gone, or takes other arguments than we know
        is_right = False
    return direct if is_right else ThroughBindings()


def sign_once(seed: bytes, message: bytes) -> tuple[bytes, bytes]:
    """Return the Ed25519 public key of a seed of 32 bytes, and its signature of a message. Source: RFC 8032."""
    from nacl import bindings

    public, private = bindings.crypto_sign_seed_keypair(seed)
    return public, bindings.crypto_sign(message, private)[: bindings.crypto_sign_BYTES]
