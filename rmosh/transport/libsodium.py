"""libsodium through ctypes, where pynacl is not installed: keys stay in their buffers."""

import ctypes
from ctypes import c_char_p, c_int, c_size_t, c_ulonglong, c_void_p

from rmosh.transport.header import TAG_BYTES
from rmosh.transport.primitives import KEY_BYTES, Secret, not_authentic, refused_share
from rmosh.transport.shared_libraries import KeptOutput, address_of, function


class LibSodium:
    """The same functions that pynacl calls; what they write goes into one kept buffer."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """Begin.

        Raises:
            AttributeError: the library lacks a function.
            OSError: it cannot be used here.
        """
        if function(library, "sodium_init", c_int)() < 0:
            raise OSError("sodium_init failed")
        self._hash = function(
            library, "crypto_generichash_blake2b_salt_personal", c_int,
            c_void_p, c_size_t, c_void_p, c_ulonglong, c_void_p, c_size_t, c_void_p, c_void_p,
        )  # fmt: skip
        self._seal = function(
            library, "crypto_aead_chacha20poly1305_ietf_encrypt", c_int,
            c_void_p, c_void_p, c_char_p, c_ulonglong, c_char_p, c_ulonglong, c_void_p, c_char_p, c_void_p,
        )  # fmt: skip
        self._unseal = function(
            library, "crypto_aead_chacha20poly1305_ietf_decrypt", c_int,
            c_void_p, c_void_p, c_void_p, c_char_p, c_ulonglong, c_char_p, c_ulonglong, c_char_p, c_void_p,
        )  # fmt: skip
        self._share_of = function(library, "crypto_scalarmult_base", c_int, c_void_p, c_void_p)
        self._agree = function(library, "crypto_scalarmult", c_int, c_void_p, c_void_p, c_char_p)
        self._output = KeptOutput()

    def keyed_hash(self, key: Secret, data: bytes, into: Secret) -> None:
        self._hash(address_of(into), KEY_BYTES, data, len(data), address_of(key), KEY_BYTES, None, None)

    def mix(self, key: Secret, other: Secret, into: Secret) -> None:
        self._hash(address_of(into), KEY_BYTES, address_of(other), KEY_BYTES, address_of(key), KEY_BYTES, None, None)

    def public_hash(self, key: Secret, data: bytes) -> bytes:
        output = self._output
        self._hash(output.address, KEY_BYTES, data, len(data), address_of(key), KEY_BYTES, None, None)
        return output.first(KEY_BYTES)

    def seal(self, key: Secret, nonce: bytes, plaintext: bytes, header: bytes) -> bytes:
        output, size = self._output, len(plaintext)
        output.hold(size + TAG_BYTES)
        self._seal(output.address, None, plaintext, size, header, len(header), None, nonce, address_of(key))
        return output.first(size + TAG_BYTES)

    def unseal(self, key: Secret, nonce: bytes, untrusted: bytes, header: bytes) -> bytes:
        output, size = self._output, len(untrusted)
        if size < TAG_BYTES:
            raise not_authentic()
        output.hold(size)
        if self._unseal(output.address, None, None, untrusted, size, header, len(header), nonce, address_of(key)) != 0:
            raise not_authentic()
        return output.first(size - TAG_BYTES)

    def share_of(self, private: Secret) -> bytes:
        self._share_of(self._output.address, address_of(private))
        return self._output.first(KEY_BYTES)

    def agree(self, private: Secret, untrusted: bytes, into: Secret) -> None:
        if len(untrusted) != KEY_BYTES or self._agree(address_of(into), address_of(private), untrusted) != 0:
            raise refused_share()
