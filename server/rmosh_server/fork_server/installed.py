"""What is installed of the server and its Python: a process that was loaded long ago must not stand for another."""

import os
import sys

import rmosh


def which_server() -> "tuple[str, ...]":
    """Return which server a process runs, in words."""
    return (rmosh.__version__, rmosh.__file__ or "", sys.base_prefix, *map(str, sys.version_info[:3]))


class LoadedFiles:
    """The files that this process has loaded so far, and its interpreter, as they are now.

    Their names are kept in one piece: who looks at each module's would come to have the modules' memory for itself.
    """

    def __init__(self) -> None:
        files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        self._names = "\0".join([file for file in files if file])
        self._state = self._look()

    @property
    def are_outdated(self) -> bool:
        """Whether any is another one now."""
        return self._look() != self._state

    def _look(self) -> int:
        return hash((_interpreter(), *map(_state, self._names.split("\0"))))


def _interpreter() -> str:
    """Return the interpreter's file; one that was replaced has another name. Source: proc_pid_exe(5)."""
    try:
        return os.readlink("/proc/self/exe")
    except OSError:
        return ""


def _state(path: str) -> "tuple[int, int, int, int]":
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0, 0, 0
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
