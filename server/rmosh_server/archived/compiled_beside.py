"""What serves a session, compiled, beside the archive that is kept: for each Python, as Python keeps a module's.

What has not come whole, or was compiled of another archive or by another Python, is nothing.
"""

import contextlib
import hashlib
import os
import sys
import tempfile
from typing import Final

#: Bytes before what is compiled: its seal.
_SEAL_BYTES: Final = hashlib.sha256().digest_size


class CompiledBeside:
    """The file where it is kept."""

    def __init__(self, kept: str, payload: bytes) -> None:
        """Begin.

        Args:
            kept: the file in which the archive is kept.
            payload: the archive.
        """
        self._path = f"{kept}.{sys.implementation.cache_tag}"
        self._made_of = hashlib.sha256(sys.version.encode() + b"\0" + payload).digest()

    def read(self) -> bytes:
        """Return what is kept; nothing where that is not what was written."""
        content = b""
        with contextlib.suppress(OSError), open(self._path, "rb") as file:
            content = file.read()
        compiled = content[_SEAL_BYTES:]
        return compiled if content[:_SEAL_BYTES] == self._seal(compiled) else b""

    def write(self, compiled: bytes) -> None:
        """Keep it whole or not at all: where there is no room, it is compiled again."""
        with contextlib.suppress(OSError):
            descriptor, made = tempfile.mkstemp(prefix=".new-", dir=os.path.dirname(self._path))
            try:
                with open(descriptor, "wb") as file:
                    file.write(self._seal(compiled) + compiled)
                os.replace(made, self._path)
            except OSError:
                os.unlink(made)

    def _seal(self, compiled: bytes) -> bytes:
        return hashlib.sha256(self._made_of + compiled).digest()
