"""Folders of ours that tell whose they are, so that `sweep` can remove what a killed owner left: files and processes.

What runs for a bench or a carried session has the folder's name in its command line or its environment: sshd by its
configuration, clients and far sides by their HOME.
"""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .lab.namespaces import Owner, kill_if

_PREFIX: Final = "rmosh-netem-"

_OWNED: Final = re.compile(re.escape(_PREFIX) + r"(?P<pid>[0-9]+)-(?P<start>[0-9]+)-\w+", re.ASCII)


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """Yield a new folder that goes at the end of the block, or else is found by `sweep_folders`."""
    owner = Owner.this_process()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{owner.pid}-{owner.start}-") as name:
        yield Path(name)


def sweep_folders() -> list[str]:
    """End the processes and remove the folders of owners that are dead, this user's only; return what went."""
    gone = []
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")):
        match = _OWNED.fullmatch(folder.name)
        if match is None or folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            continue
        if not Owner(int(match["pid"]), int(match["start"])).is_alive:
            gone += [f"process {pid} of {folder}" for pid in _processes_of(folder) if _killed(pid, folder)]
            shutil.rmtree(folder, ignore_errors=True)
            gone.append(str(folder))
    return gone


def _processes_of(folder: Path) -> list[int]:
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _belongs(pid, folder)]


def _belongs(pid: int, folder: Path) -> bool:
    for name in ("cmdline", "environ"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder) in Path(f"/proc/{pid}/{name}").read_bytes():
                return True
    return False


def _killed(pid: int, folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return kill_if(pid, lambda: _belongs(pid, folder))
    return False
