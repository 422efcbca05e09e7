"""The files of an SSH configuration, and what they include."""

import glob
import os
from collections.abc import Iterator
from typing import Final

#: What ssh reads, and with it `ssh -G`. Source: ssh_config(5).
CONFIG_FILES: Final = ("~/.ssh/config", "/etc/ssh/ssh_config")

#: Largest file that is looked into, in bytes, and how deeply others may be included. Source: OpenSSH 9.2, readconf.c,
#: READCONF_MAX_DEPTH.
_LARGEST: Final = 1 << 20
_MAX_DEPTH: Final = 16


def texts_of(file: str, *, depth: int = 0) -> Iterator[str]:
    """Yield a file's text and those of all that it may include, under whatever condition."""
    path = os.path.expanduser(file)
    try:
        with open(path, encoding="utf-8", errors="replace") as opened:
            text = opened.read(_LARGEST)
    except OSError:
        return
    yield text
    if depth >= _MAX_DEPTH:
        return
    for line in text.splitlines():
        keyword, *patterns = line.replace("=", " ", 1).split() or [""]
        if keyword.lower() == "include":
            for pattern in patterns:
                for included in _included(pattern.strip('"')):
                    yield from texts_of(included, depth=depth + 1)


def _included(pattern: str) -> list[str]:
    """Return the files of a pattern; a relative one is looked for in both places, as it may stand in either file."""
    whole = os.path.expanduser(pattern)
    places = [os.path.dirname(os.path.expanduser(file)) for file in CONFIG_FILES]
    return [file for place in places for file in glob.glob(os.path.join(place, whole))]
