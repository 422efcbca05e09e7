"""A small file per session in a private directory, so that `rmosh-server status` can tell how a session is.

A live session holds its file locked, which ends with the process however it ends; a session that ended in order
leaves a record of its end for a while. Its log (`session_log.py`) is kept as long, however it ended. Where such
directories are: `places.py`.
"""

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Iterator
from typing import Final

from rmosh.errors import RmoshError
from rmosh.lazy_dataclass import dataclass
from rmosh_server.desk.places import AGENT_SUFFIX, Unusable, check_private, make_private
from rmosh_server.process.trace_file import TRACES

#: How long the record of an end is kept, in seconds. Reason: a laptop closed on Friday asks on Monday.
RECORD_LIFETIME: Final = 7 * 86400.0

#: Most records of ends kept, and as many logs of sessions that are over. Reason: bounds the directory whatever a script
#: that opens sessions does.
MAX_RECORDS: Final = 100

#: How old an unlocked file without a record must be to count as abandoned, in seconds. Reason: one that is being
#: made is not locked yet.
MAKING_TIME: Final = 10.0

#: Most traces kept that clients asked for, as long as records. Reason: each has up to 64 MB.
MAX_TRACES: Final = 20

#: Most bytes of a record that are read. Reason: only its first two lines are asked for.
RECORD_BYTES: Final = 512

#: Held while a name is looked up and its session made, so that two that want the same name get one session.
NAMES_LOCK: Final = "names.lock"

#: How long somebody may wait for that lock, in seconds. Reason: a session is made in 0.1 s, and a stuck one must not
#: hang others.
NAMES_PATIENCE: Final = 10.0

#: How long a session waits for the lock on its own new file, in seconds. Reason: another one that starts or lists may
#: be looking at the file, which takes microseconds.
FILE_PATIENCE: Final = 1.0

#: What the name of a session's socket ends with.
CONTROL_SUFFIX: Final = ".sock"

#: ... and its log's.
LOG_SUFFIX: Final = ".log"

#: How often a lock that is held is tried again, in seconds.
_LOCK_INTERVAL: Final = 0.005

ALIVE: Final = "alive"
NO_SUCH_SESSION: Final = "unknown"
_ENDED: Final = re.compile(r"ended [a-z_]+ [0-9]+")
_REFERENCE: Final = re.compile(r"is ([0-9a-f]{16})")
_SESSION_FILE: Final = re.compile(r"[0-9a-f]{16}")


class NamesHeld(RmoshError):
    """Another process holds the lock on names for too long; the message says where."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that is over.

    Attributes:
        kind, value: of its CLOSE frame, as PROTOCOL.md numbers them.
        ended_at: when, in seconds since 1970.
    """

    session_id: str
    name: str
    kind: str
    value: int
    ended_at: float


class Entry:
    """The files of a session that is alive: of ours.

    Attributes:
        descriptor: holds the lock on its file.
        directory, control: where its control socket belongs.
        log: path of its log.
    """

    def __init__(self, descriptor: int, directory: str, name: str) -> None:
        self.descriptor = descriptor
        self._path = os.path.join(directory, name)
        self.directory = directory
        self.control = name + CONTROL_SUFFIX
        self.log = self._path + LOG_SUFFIX

    def link(self, client: bytes) -> None:
        """Let the id of a further client stand for the session, until it is unlinked or the session ends."""
        path = os.path.join(self.directory, client.hex())
        try:
            os.link(self._path, path)
        except (AttributeError, OSError):  # Android has no hard links, nor have some file systems
            with contextlib.suppress(OSError):
                _refer(path, to=os.path.basename(self._path))

    def unlink(self, client: bytes) -> None:
        """Let the id of a client that is gone mean nothing again; the session's own goes on."""
        path = os.path.join(self.directory, client.hex())
        if path != self._path:
            with contextlib.suppress(OSError):
                os.unlink(path)

    def refresh(self) -> None:
        """Keep cleaners of /tmp from taking a long-lived session's files for litter."""
        agent = self._path + AGENT_SUFFIX
        for file in (self.descriptor, os.path.join(self.directory, self.control), agent, self.log):
            with contextlib.suppress(OSError):
                os.utime(file)

    def note_end(self, record: str) -> None:
        """Write how the session ended, though its process may go on for a while."""
        # A full disk leaves an empty file, which reads as unknown: no reason to fail at the very end.
        with contextlib.suppress(OSError):
            os.pwrite(self.descriptor, record.encode("utf-8", "replace"), 0)

    def end(self, record: str) -> None:
        """Write how the session ended, then let the lock go."""
        self.note_end(record)
        os.close(self.descriptor)
        _remove(os.path.join(self.directory, self.control))

    def withdraw(self) -> None:
        """Leave nothing behind: the session did not come to be."""
        for path in (self._path, os.path.join(self.directory, self.control)):
            _remove(path)
        os.close(self.descriptor)


class Registry:
    """The directory of this user's sessions."""

    def __init__(self, directory: str, *, cleans: bool = True) -> None:
        """Look after a directory.

        Args:
            cleans: what dead sessions left may be removed: all that write there are on this host.
        """
        self._directory = directory
        self._cleans = cleans

    def enter(self, session_id: bytes) -> Entry:
        """Make a session's file and keep it locked until the process ends.

        Raises:
            Unusable: the file cannot be made.
        """
        with self._causes_told():
            make_private(self._directory)
            self._remove_old(now=time.time())
            return Entry(self._make_file(session_id.hex()), self._directory, session_id.hex())

    def hold_names(self) -> int:
        """Take the lock on names and return its descriptor; it is free again when that is closed, however.

        Raises:
            Unusable: the directory cannot be used.
            NamesHeld: somebody holds the lock for too long.
        """
        with self._causes_told():
            make_private(self._directory)
            path = os.path.join(self._directory, NAMES_LOCK)
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            if _locked(descriptor, patience=NAMES_PATIENCE):
                return descriptor
            os.close(descriptor)
        raise NamesHeld(f"{path} is held by another process: is a rmosh-server stuck there?")

    def endings(self) -> list[Ended]:
        """Return the sessions whose end is on record.

        Raises:
            Unusable: the directory is not ours alone, so it cannot be believed.
        """
        with self._causes_told(), contextlib.suppress(FileNotFoundError):
            check_private(self._directory)
            return list(self._endings())
        return []

    def _endings(self) -> Iterator[Ended]:
        import json  # which a login does not wait for

        for name in filter(_SESSION_FILE.fullmatch, os.listdir(self._directory)):
            with contextlib.suppress(OSError, ValueError):
                path = os.path.join(self._directory, name)
                with open(path, encoding="utf-8", errors="replace", opener=_without_following) as opened:
                    record, details, *_ = [*opened.read(RECORD_BYTES).split("\n"), ""]
                told = json.loads(details)
                if _ENDED.fullmatch(record) and isinstance(told, dict) and told.get("id") == name:
                    _, kind, value = record.split()
                    yield Ended(name, str(told.get("name", "")), kind, int(value), os.stat(path).st_mtime)

    def status(self, session_id: bytes) -> str:
        """Tell how a session is: `alive`, `ended KIND VALUE` or `unknown`.

        Raises:
            Unusable: the directory is not ours alone, so it cannot be believed.
        """
        with self._causes_told(), contextlib.suppress(FileNotFoundError):
            check_private(self._directory)
            return self._read(session_id.hex(), now=time.time())
        return NO_SUCH_SESSION

    def controls(self) -> list[str]:
        """Return the names of the control sockets of all sessions that are alive; removes what dead ones left.

        Raises:
            Unusable: the directory is not ours alone, so it cannot be believed.
        """
        with self._causes_told(), contextlib.suppress(FileNotFoundError):
            check_private(self._directory)
            names = sorted(name for name in os.listdir(self._directory) if name.endswith(CONTROL_SUFFIX))
            return [name for name in names if self._lives(name.removesuffix(CONTROL_SUFFIX))]
        return []

    def _lives(self, name: str) -> bool:
        """Tell whether the session of a socket is alive; what a killed server left behind is removed."""
        if self._is_alive(name, now=time.time()):
            return True
        self._remove(os.path.join(self._directory, name + CONTROL_SUFFIX))
        return False

    def _remove(self, path: str) -> None:
        if self._cleans:
            _remove(path)

    @contextlib.contextmanager
    def _causes_told(self) -> Iterator[None]:
        """Turn what the system says into what is wrong with the directory."""
        try:
            yield
        except OSError as error:
            raise Unusable(f"{self._directory}: {error.strerror}") from error

    def _make_file(self, name: str) -> int:
        path = os.path.join(self._directory, name)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        try:
            if _locked(descriptor, patience=FILE_PATIENCE):
                return descriptor
            raise Unusable(f"{path} is held by another process")
        except (OSError, Unusable):
            os.close(descriptor)
            _remove(path)
            raise

    def _read(self, name: str, *, now: float) -> str:
        """Return a session's status; what a killed server left behind is removed."""
        path = os.path.join(self._directory, name)
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            record = os.read(descriptor, RECORD_BYTES).decode("utf-8", "replace").partition("\n")[0]
            if _ENDED.fullmatch(record):
                return record
            if reference := _REFERENCE.fullmatch(record):
                return self._follow(path, reference[1], now=now)
            if now - os.fstat(descriptor).st_mtime > MAKING_TIME:
                self._remove(path)
            return NO_SUCH_SESSION
        except BlockingIOError:
            return ALIVE
        finally:
            os.close(descriptor)

    def _follow(self, path: str, session: str, *, now: float) -> str:
        """Return the status of the session that a client's file refers to; the file goes with the session's own."""
        if os.path.basename(path) != session:
            with contextlib.suppress(FileNotFoundError):
                return self._read(session, now=now)
        self._remove(path)
        return NO_SUCH_SESSION

    def _remove_old(self, *, now: float) -> None:
        """Remove records, logs and traces past their time or number, and what else killed servers left behind."""
        ended: list[tuple[float, str]] = []
        for name in filter(_SESSION_FILE.fullmatch, os.listdir(self._directory)):
            with contextlib.suppress(OSError):
                if self._read(name, now=now) not in (ALIVE, NO_SUCH_SESSION):
                    path = os.path.join(self._directory, name)
                    ended.append((os.stat(path).st_mtime, path))
        _remove_surplus(ended, most=MAX_RECORDS, now=now)
        logs: list[tuple[float, str]] = []
        for name in os.listdir(self._directory):
            with contextlib.suppress(OSError):
                if name.endswith(AGENT_SUFFIX) and not self._is_alive(name.removesuffix(AGENT_SUFFIX), now=now):
                    self._remove(os.path.join(self._directory, name))
                if name.endswith(LOG_SUFFIX) and not self._is_alive(name.removesuffix(LOG_SUFFIX), now=now):
                    path = os.path.join(self._directory, name)
                    logs.append((os.lstat(path).st_mtime, path))
        _remove_surplus(logs, most=MAX_RECORDS, now=now)
        with contextlib.suppress(OSError):
            traces = [
                (found.stat().st_mtime, found.path) for found in os.scandir(os.path.join(self._directory, TRACES))
            ]
            _remove_surplus(traces, most=MAX_TRACES, now=now)

    def _is_alive(self, name: str, *, now: float) -> bool:
        try:
            return self._read(name, now=now) == ALIVE
        except FileNotFoundError:
            return False


def _remove_surplus(files: list[tuple[float, str]], *, most: int, now: float) -> None:
    """Remove files of sessions that are over, which are given with when they were written to, past time or number."""
    for position, (modified, path) in enumerate(sorted(files, reverse=True)):
        if position >= most or now - modified > RECORD_LIFETIME:
            _remove(path)


def _locked(descriptor: int, *, patience: float) -> bool:
    """Lock a file for this process alone; False where others have held it for so many seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOCK_INTERVAL)


def _refer(path: str, *, to: str) -> None:
    """Make a file that names another one: under another name first, so that nobody sees it empty."""
    making = f"{path}.new"
    descriptor = os.open(making, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, f"is {to}".encode())
        os.rename(making, path)
    finally:
        os.close(descriptor)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def _without_following(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)
