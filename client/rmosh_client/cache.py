"""The user's cache: what is in it may be deleted at any time. Source: XDG Base Directory Specification."""

import os
from collections.abc import Mapping


def in_cache(environ: Mapping[str, str], *names: str) -> str:
    """Return the path of our folder there, or of what is in it."""
    return os.path.join(environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "rmosh", *names)
