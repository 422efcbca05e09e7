"""Files that nobody but the user may read, in a folder of the same kind."""

import os
import time
from collections.abc import Mapping
from typing import Final

#: Most files that are called after the same second.
_MOST_OF_A_SECOND: Final = 100


def traces_folder(environment: Mapping[str, str]) -> str:
    """Return where traces go unless the user says otherwise. Source: XDG Base Directory Specification."""
    base = environment.get("XDG_STATE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "rmosh", "traces")


def create_private(folder: str, name: str, suffix: str) -> tuple[int, str]:
    """Make a new file that is called after this moment; return its descriptor and its path.

    Raises:
        OSError: it cannot be made.
    """
    folder = os.path.abspath(os.path.expanduser(folder))
    os.makedirs(folder, mode=0o700, exist_ok=True)
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for number in range(_MOST_OF_A_SECOND):
        path = os.path.join(folder, f"{moment}-{name}{f'-{number}' if number else ''}{suffix}")
        try:
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), path
        except FileExistsError:
            continue
    raise FileExistsError(f"{folder} has {_MOST_OF_A_SECOND} files of this second")
