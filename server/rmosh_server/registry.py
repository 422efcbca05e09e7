"""A small file per session in a private directory, so that `rmosh-server status` can tell how a session is.

A live session holds its file locked, which ends with the process however it ends; a session that ended in order
leaves a record of its end for a while. The directory is /tmp/rmosh-UID, not $XDG_RUNTIME_DIR, because the latter is
emptied when the user's last login ends, and a roaming session outlives its login.
"""

import contextlib
import fcntl
import os
import re
import stat
import time
from collections.abc import Mapping
from typing import Final

#: Names another directory than the usual one.
DIRECTORY_VARIABLE: Final = "RMOSH_RUNTIME_DIR"

#: How long the record of an end is kept, in seconds. Reason: a laptop closed on Friday asks on Monday.
RECORD_LIFETIME: Final = 7 * 86400.0

#: Most records of ends kept. Reason: bounds the directory whatever a script that opens sessions does.
MAX_RECORDS: Final = 100

#: How old an unlocked file without a record must be to count as abandoned, in seconds. Reason: one that is being
#: made is not locked yet.
MAKING_TIME: Final = 10.0

#: Most bytes of a record that are read. Reason: only its first line is asked for.
RECORD_BYTES: Final = 256

ALIVE: Final = "alive"
UNKNOWN: Final = "unknown"
_ENDED: Final = re.compile(r"ended [a-z_]+ [0-9]+")
_SESSION_FILE: Final = re.compile(r"[0-9a-f]{16}")


class Unusable(Exception):
    """The directory or a file in it cannot be used; the message says which and why."""


def usual_directory(environment: Mapping[str, str]) -> str:
    """Return where this user's sessions are kept."""
    return environment.get(DIRECTORY_VARIABLE) or f"/tmp/rmosh-{os.getuid()}"  # noqa: S108 - owner and mode are checked


class Entry:
    """The file of a session that is alive: of ours."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def refresh(self) -> None:
        """Keep cleaners of /tmp from taking a long-lived session's file for litter."""
        with contextlib.suppress(OSError):
            os.utime(self._descriptor)

    def end(self, record: str) -> None:
        """Write how the session ended, then let the lock go."""
        # A full disk leaves an empty file, which reads as unknown: no reason to fail at the very end.
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, record.encode("utf-8", "replace"), 0)
        os.close(self._descriptor)


class Registry:
    """The directory of this user's sessions."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def enter(self, session_id: bytes) -> Entry:
        """Make a session's file and keep it locked until the process ends.

        Raises:
            Unusable: the file cannot be made.
        """
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._directory, 0o700)
            self._check()
            self._remove_old(now=time.time())
            return Entry(self._make_file(session_id.hex()))
        except OSError as error:
            raise Unusable(f"{self._directory}: {error.strerror}") from error

    def status(self, session_id: bytes) -> str:
        """Tell how a session is: `alive`, `ended KIND VALUE` or `unknown`.

        Raises:
            Unusable: the directory is not ours alone, so it cannot be believed.
        """
        try:
            self._check()
            return self._read(session_id.hex(), now=time.time())
        except FileNotFoundError:
            return UNKNOWN
        except OSError as error:
            raise Unusable(f"{self._directory}: {error.strerror}") from error

    def _check(self) -> None:
        """Raise unless the directory is a real one, ours, and closed to everyone else."""
        found = os.lstat(self._directory)
        if not stat.S_ISDIR(found.st_mode):
            raise Unusable(f"{self._directory} is not a directory: move it away")
        if found.st_uid != os.getuid():
            raise Unusable(f"{self._directory} belongs to user id {found.st_uid}: somebody took the name, remove it")
        if found.st_mode & 0o077:
            raise Unusable(f"{self._directory} is open to others: chmod 700 {self._directory}")

    def _make_file(self, name: str) -> int:
        path = os.path.join(self._directory, name)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _read(self, name: str, *, now: float) -> str:
        """Return a session's status; a file that a killed server left behind is removed."""
        path = os.path.join(self._directory, name)
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            record = os.read(descriptor, RECORD_BYTES).decode("utf-8", "replace").partition("\n")[0]
            if _ENDED.fullmatch(record):
                return record
            if now - os.fstat(descriptor).st_mtime > MAKING_TIME:
                os.unlink(path)
            return UNKNOWN
        except BlockingIOError:
            return ALIVE
        finally:
            os.close(descriptor)

    def _remove_old(self, *, now: float) -> None:
        """Remove records past their time or number, and what killed servers left behind."""
        ended: list[tuple[float, str]] = []
        for name in filter(_SESSION_FILE.fullmatch, os.listdir(self._directory)):
            with contextlib.suppress(OSError):
                if self._read(name, now=now) not in (ALIVE, UNKNOWN):
                    path = os.path.join(self._directory, name)
                    ended.append((os.stat(path).st_mtime, path))
        ended.sort(reverse=True)
        for position, (modified, path) in enumerate(ended):
            if position >= MAX_RECORDS or now - modified > RECORD_LIFETIME:
                with contextlib.suppress(OSError):
                    os.unlink(path)
