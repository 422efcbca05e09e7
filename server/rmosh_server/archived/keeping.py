"""A server that was sent keeps itself on the disk, for the next login: `--keep NAME` before its other words.

Below `~/.local/lib/rmosh-server`, in a folder called NAME, is a zip that any Python >= 3.8 runs: no file needs to be
executable, so a home that is mounted noexec will do. Each file is made whole and then renamed, so that logins at the
same time do not meet; `current` leads to the newest folder. What was compiled of it stands beside it. Sessions hold
what they need in memory: an older folder is for logins that are under way, and the one before is kept.
"""

import contextlib
import hashlib
import io
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from typing import Final

from rmosh.announce import KEPT_PREFIX, NOT_KEPT_PREFIX

#: Below the home.
_FOLDER: Final = os.path.join(".local", "lib", "rmosh-server")
_FILE: Final = "rmosh-server.pyz"
_CURRENT: Final = "current"

#: Folders that stay. Reason: the newest, and the one that a login may have just found.
_MOST: Final = 2

#: What a folder may be called: a version, the beginning of a hash.
_NAME: Final = re.compile(r"[0-9A-Za-z.+]{1,64}-[0-9a-f]{8,64}")

#: In the zip: what it runs, and what that unpacks.
_MAIN: Final = "__main__.py"
_PAYLOAD: Final = "server"

#: Bytes of the hash at its very end, over all before. Reason: a line of sh can have it checked by any Python.
_DIGITS: Final = 64

#: Runs what is kept, once it is seen to be whole.
_RUN: Final = """import sys, hashlib, zlib
packed = __loader__.get_data(__loader__.archive + "/{payload}")
if hashlib.sha256(packed).hexdigest() != "{sha256}":
    sys.exit("rmosh-server: " + sys.argv[0] + " is damaged\\nhint: remove it, and it is sent anew")
del sys.path[0]
payload = zlib.decompress(packed)
exec(payload[:payload.index(0)])
run(payload, sys.argv[1:], __loader__.archive)
"""


def keep_and_tell(payload: bytes, name: str) -> str:
    """Keep it and say where, or why not, on a line of standard output; return its path, "" where it is not kept."""
    path = ""
    try:
        path = keep(payload, name, home=os.path.expanduser("~"))
        told = f"{KEPT_PREFIX} {path}"
    except (OSError, ValueError) as error:
        told = f"{NOT_KEPT_PREFIX} {getattr(error, 'strerror', None) or error} ({_shown(error)})"
    print(told, flush=True)
    return path


def keep(payload: bytes, name: str, *, home: str) -> str:
    """Keep it and return its path.

    Args:
        payload: the archive, unpacked.
        name: of its folder; what has this name already is written anew.

    Raises:
        OSError: it cannot be written.
        ValueError: it may not be called so.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a kept server is named by its version and its hash")
    folder = os.path.join(home, _FOLDER)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    made = tempfile.mkdtemp(prefix=".new-", dir=folder)
    try:
        _write(os.path.join(made, _FILE), payload)
        _put(made, os.path.join(folder, name))
        os.symlink(name, os.path.join(made, _CURRENT))
        os.replace(os.path.join(made, _CURRENT), os.path.join(folder, _CURRENT))
    finally:
        shutil.rmtree(made, ignore_errors=True)
    _forget_older(folder, name)
    return os.path.join(folder, name, _FILE)


def _put(made: str, place: str) -> None:
    """Put the file into its folder at once; another login may do the same."""
    os.makedirs(place, mode=0o700, exist_ok=True)
    os.replace(os.path.join(made, _FILE), os.path.join(place, _FILE))


def _write(path: str, payload: bytes) -> None:
    packed = zlib.compress(payload, 9)
    main = _RUN.format(payload=_PAYLOAD, sha256=hashlib.sha256(packed).hexdigest())
    with io.BytesIO() as made, open(path, "wb") as file:
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr(_MAIN, main)
            archive.writestr(_PAYLOAD, packed)
            archive.comment = bytes(_DIGITS)
        content = made.getvalue()[:-_DIGITS]
        file.write(content + hashlib.sha256(content).hexdigest().encode())
        file.flush()
        os.fsync(file.fileno())


def _forget_older(folder: str, newest: str) -> None:
    with contextlib.suppress(OSError):
        others = [os.path.join(folder, name) for name in os.listdir(folder) if _NAME.fullmatch(name) and name != newest]
        others.sort(key=os.path.getmtime, reverse=True)
        for other in others[_MOST - 1 :]:
            shutil.rmtree(other, ignore_errors=True)


def _shown(error: Exception) -> str:
    return str(getattr(error, "filename", None) or f"~/{_FOLDER}")
