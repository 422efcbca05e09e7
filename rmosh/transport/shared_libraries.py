"""Libraries of C that are found by their names alone: no compiler and no `ldconfig` is run to look for them."""

import ctypes
import importlib
from collections.abc import Iterator
from typing import Any, Final

from rmosh.transport.primitives import KEY_BYTES, Secret

#: Names of libsodium, the newest first. Source: its soname since 1.0.13 and 1.0.19; Homebrew's and MacPorts' places.
LIBSODIUM: Final = (
    "libsodium.so.26",
    "libsodium.so.23",
    "libsodium.so",
    "libsodium.dylib",
    "/opt/homebrew/lib/libsodium.dylib",
    "/usr/local/lib/libsodium.dylib",
    "/opt/local/lib/libsodium.dylib",
)

#: Names of OpenSSL's libcrypto. A bare libcrypto.dylib is left out: macOS ends a process that loads its own.
LIBCRYPTO: Final = (
    "libcrypto.so.3",
    "libcrypto.so.1.1",
    "libcrypto.so",
    "libcrypto.3.dylib",
    "/opt/homebrew/lib/libcrypto.3.dylib",
    "/usr/local/lib/libcrypto.3.dylib",
    "/opt/local/lib/libcrypto.3.dylib",
)

#: Python's own module that is linked to a libcrypto, wherever that is.
_LINKED_TO_LIBCRYPTO: Final = "_hashlib"


def opened(names: tuple[str, ...]) -> Iterator[tuple[str, ctypes.CDLL]]:
    """Open those of the libraries that there are, one by one."""
    for name in names:
        try:
            yield name, ctypes.CDLL(name)
        except OSError:  # not there, or for another machine
            continue


def linked_libcrypto() -> Iterator[tuple[str, ctypes.CDLL]]:
    """Open the libcrypto that this Python is linked to: what is looked up in its module is found in there as well."""
    try:
        module = importlib.import_module(_LINKED_TO_LIBCRYPTO)
        yield f"Python's own {_LINKED_TO_LIBCRYPTO}", ctypes.CDLL(module.__file__)
    except (ImportError, AttributeError, OSError):  # built without, or built in
        return


def function(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
    """Return a function with the types of its result and arguments.

    Raises:
        AttributeError: the library has none of this name.
    """
    found = getattr(library, name)
    found.restype, found.argtypes = result, arguments
    return found


def address_of(secret: Secret) -> int:
    """Return where a secret is in memory; it stays there."""
    if not secret.address:
        exported = (ctypes.c_char * KEY_BYTES).from_buffer(secret.held)
        secret.stay_at(ctypes.addressof(exported), exported)
    return secret.address


class KeptOutput:
    """A buffer that a library writes into again and again.

    Attributes:
        address: where it begins.
        size: its bytes.
    """

    #: Bytes at first. Reason: the largest datagram there is.
    FIRST_BYTES: Final = 1 << 16

    def __init__(self) -> None:
        self.size = 0
        self.hold(self.FIRST_BYTES)

    def hold(self, size: int) -> None:
        """Have room for so many bytes."""
        if size > self.size:
            self._buffer: Any = ctypes.create_string_buffer(size)
            self.address, self.size = ctypes.addressof(self._buffer), size

    def first(self, size: int) -> bytes:
        """Return what was written, so many bytes."""
        written: bytes = self._buffer[:size]
        return written
