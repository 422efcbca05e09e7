"""OpenSSL's libcrypto through ctypes, 1.1 or 3: nearly always there, since sshd needs it.

It has no BLAKE2b with a key, so that is Python's own. A cipher's context is kept for each direction: making one costs
more than sealing. So the keys that last sealed and opened something are in memory until the next ones do, and no other.
"""

import ctypes
from ctypes import c_char_p, c_int, c_size_t, c_void_p
from typing import Any, Final

from rmosh.transport.header import TAG_BYTES
from rmosh.transport.primitives import KEY_BYTES, Secret, not_authentic, refused_share
from rmosh.transport.shared_libraries import KeptOutput, address_of, function

#: EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG. Source: <openssl/evp.h>.
_GET_TAG: Final = 0x10
_SET_TAG: Final = 0x11

#: EVP_PKEY_X25519. Source: <openssl/obj_mac.h>, NID_X25519.
_X25519: Final = 1034


class LibCrypto:
    """ChaCha20-Poly1305 and X25519 of the EVP interface, BLAKE2b of Python."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """Begin.

        Raises:
            AttributeError: the library lacks a function.
            ImportError: Python has no BLAKE2b.
            OSError: the library refuses the cipher, as one restricted to FIPS 140 does.
        """
        self._blake2b = _blake2b()
        self._wipe = ctypes.memset
        self._exchange = _Exchange(library)
        self._ctrl = function(library, "EVP_CIPHER_CTX_ctrl", c_int, c_void_p, c_int, c_int, c_void_p)
        self._begin_sealing, self._seal, self._end_sealing = _steps(library, "Encrypt")
        self._begin_opening, self._open, self._end_opening = _steps(library, "Decrypt")
        self._sealing, self._opening = _context(library, "Encrypt"), _context(library, "Decrypt")
        self._output = KeptOutput()
        self._length = ctypes.byref(c_int())

    def keyed_hash(self, key: Secret, data: bytes | bytearray, into: Secret) -> None:
        digest = self._blake2b(data, digest_size=KEY_BYTES, key=key.held).digest()
        into.held[:] = digest
        self._wipe(c_char_p(digest), 0, KEY_BYTES)  # nobody else has this object

    def mix(self, key: Secret, other: Secret, into: Secret) -> None:
        self.keyed_hash(key, other.held, into)

    def public_hash(self, key: Secret, data: bytes) -> bytes:
        digest: bytes = self._blake2b(data, digest_size=KEY_BYTES, key=key.held).digest()
        return digest

    def seal(self, key: Secret, nonce: bytes, plaintext: bytes, header: bytes) -> bytes:
        context, output, length, size = self._sealing, self._output, self._length, len(plaintext)
        output.hold(size + TAG_BYTES)
        end = output.address + size
        self._begin_sealing(context, None, None, address_of(key), nonce)
        self._seal(context, None, length, header, len(header))
        self._seal(context, output.address, length, plaintext, size)
        self._end_sealing(context, end, length)
        self._ctrl(context, _GET_TAG, TAG_BYTES, end)
        return output.first(size + TAG_BYTES)

    def unseal(self, key: Secret, nonce: bytes, untrusted: bytes, header: bytes) -> bytes:
        context, output, length, size = self._opening, self._output, self._length, len(untrusted) - TAG_BYTES
        if size < 0:
            raise not_authentic()
        output.hold(size + TAG_BYTES)
        self._begin_opening(context, None, None, address_of(key), nonce)
        self._ctrl(context, _SET_TAG, TAG_BYTES, untrusted[size:])
        self._open(context, None, length, header, len(header))
        self._open(context, output.address, length, untrusted, size)
        if self._end_opening(context, output.address + size, length) <= 0:
            raise not_authentic()
        return output.first(size)

    def share_of(self, private: Secret) -> bytes:
        return self._exchange.share_of(private)

    def agree(self, private: Secret, untrusted: bytes, into: Secret) -> None:
        if len(untrusted) != KEY_BYTES or not self._exchange.agrees(private, untrusted, into):
            raise refused_share()


class _Exchange:
    """X25519: rare, so nothing is kept; libcrypto overwrites what it frees."""

    def __init__(self, library: ctypes.CDLL) -> None:
        raw = (c_int, c_void_p, c_void_p, c_size_t)
        self._private = function(library, "EVP_PKEY_new_raw_private_key", c_void_p, *raw)
        self._public = function(library, "EVP_PKEY_new_raw_public_key", c_void_p, *raw)
        self._share = function(library, "EVP_PKEY_get_raw_public_key", c_int, c_void_p, c_void_p, c_void_p)
        self._free = function(library, "EVP_PKEY_free", None, c_void_p)
        self._context = function(library, "EVP_PKEY_CTX_new", c_void_p, c_void_p, c_void_p)
        self._free_context = function(library, "EVP_PKEY_CTX_free", None, c_void_p)
        self._begin = function(library, "EVP_PKEY_derive_init", c_int, c_void_p)
        self._set_peer = function(library, "EVP_PKEY_derive_set_peer", c_int, c_void_p, c_void_p)
        self._derive = function(library, "EVP_PKEY_derive", c_int, c_void_p, c_void_p, c_void_p)

    def share_of(self, private: Secret) -> bytes:
        own = self._private(_X25519, None, address_of(private), KEY_BYTES)
        share = ctypes.create_string_buffer(KEY_BYTES)
        self._share(own, share, ctypes.byref(c_size_t(KEY_BYTES)))
        self._free(own)
        return share.raw

    def agrees(self, private: Secret, untrusted: bytes, into: Secret) -> bool:
        own = self._private(_X25519, None, address_of(private), KEY_BYTES)
        peer = self._public(_X25519, None, untrusted, KEY_BYTES)
        context = self._context(own, None)
        done: bool = (
            self._begin(context) > 0
            and self._set_peer(context, peer) > 0
            and self._derive(context, address_of(into), ctypes.byref(c_size_t(KEY_BYTES))) > 0
        )
        self._free_context(context)
        self._free(peer)
        self._free(own)
        return done


def _blake2b() -> Any:
    """Return Python's BLAKE2b, without the libcrypto that hashlib loads for other hashes."""
    try:
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b
    return blake2b


def _steps(library: ctypes.CDLL, way: str) -> tuple[Any, Any, Any]:
    """Return the functions that begin, go on and end, `Encrypt` or `Decrypt`."""
    return (
        function(library, f"EVP_{way}Init_ex", c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_char_p),
        function(library, f"EVP_{way}Update", c_int, c_void_p, c_void_p, c_void_p, c_char_p, c_int),
        function(library, f"EVP_{way}Final_ex", c_int, c_void_p, c_void_p, c_void_p),
    )


def _context(library: ctypes.CDLL, way: str) -> int:
    """Return a context for the cipher.

    Raises:
        OSError: the library refuses it.
    """
    cipher = function(library, "EVP_chacha20_poly1305", c_void_p)()
    context = function(library, "EVP_CIPHER_CTX_new", c_void_p)()
    if not cipher or not context or _steps(library, way)[0](context, cipher, None, None, None) <= 0:
        raise OSError("it refuses ChaCha20-Poly1305, as a library restricted to FIPS 140 does")
    return int(context)
