"""Which hosts the user was told of already: an empty file for each in the cache."""

import os
from collections.abc import Mapping
from hashlib import sha256

from rmosh_client.cache import in_cache


def is_first_time(environ: Mapping[str, str], host: str) -> bool:
    """Take note that the user is told of a host; return whether that is news, as where nothing can be noted."""
    folder = in_cache(environ)
    name = sha256(host.encode(errors="surrogateescape")).hexdigest()[:32]
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.close(os.open(os.path.join(folder, f"sent-to-{name}"), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    except OSError:
        return True
    return True
