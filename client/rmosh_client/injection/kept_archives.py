"""Archives in the user's cache: written whole or not at all, read by nobody else, and checked when they are read."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Mapping
from typing import Final

from rmosh_client.cache import in_cache

#: Where they are, in the cache.
_FOLDER: Final = "archives"

#: Most that are kept. Reason: one is in use; an older one may belong to another install that takes turns with it.
MOST_KEPT: Final = 4

#: Bytes of the hash in front of the data.
_HASH_BYTES: Final = 32


def kept(environ: Mapping[str, str], name: str) -> bytes | None:
    """Return an archive; None where it is not kept, is another's, or was changed."""
    try:
        descriptor = os.open(in_cache(environ, _FOLDER, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "rb") as opened:
            if os.fstat(descriptor).st_uid != os.getuid():
                return None
            content = opened.read()
    except OSError:
        return None
    digest, data = content[:_HASH_BYTES], content[_HASH_BYTES:]
    return data if hashlib.sha256(data).digest() == digest else None


def keep(environ: Mapping[str, str], name: str, data: bytes) -> None:
    """Keep an archive, where that can be done, and forget the oldest."""
    folder = in_cache(environ, _FOLDER)
    with contextlib.suppress(OSError):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor, path = tempfile.mkstemp(dir=folder)  # for nobody else to read
        try:
            with open(descriptor, "wb") as opened:
                opened.write(hashlib.sha256(data).digest() + data)
            os.replace(path, os.path.join(folder, name))
        except OSError:
            os.unlink(path)
            raise
        _forget_oldest(folder)


def _forget_oldest(folder: str) -> None:
    paths = sorted((os.path.join(folder, name) for name in os.listdir(folder)), key=os.path.getmtime, reverse=True)
    for path in paths[MOST_KEPT:]:
        os.unlink(path)
