"""What a session's server complained about: a bounded file beside its record, for its user alone.

It tells what went wrong, where in the code and how often; never a word of what was typed or shown.
"""

import contextlib
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rmosh.containment import places_of
from rmosh.lazy_dataclass import dataclass
from rmosh.session_name import is_session_name
from rmosh_server.desk.places import Places, Unusable, check_private
from rmosh_server.desk.registry import LOG_SUFFIX
from rmosh_server.plain_text import remark

#: Most bytes of a log. Reason: some hundred complaints; of more, the newer half stays, and the line about the session.
MAX_LOG_BYTES: Final = 65536

#: Most bytes that are read of one: the interpreter's own last words are not counted.
_READ_BYTES: Final = 2 * MAX_LOG_BYTES

#: The line about the session, which every log begins with.
_HEAD: Final = re.compile(r"\S+ \S+ session (?P<id>[0-9a-f]{16})(?: named (?P<name>\S+))?: .*")

#: What `SessionLog.end` begins a line with, behind the time.
_END: Final = re.compile(r"\S+ \S+ ended: .*")

#: Datagrams that were dropped, by the name of what was wrong with them. Source: rmosh/errors.py.
_DROPPED: Final = {
    "Foreign": "for no client of the session",
    "NotAuthentic": "not sealed by its client",
    "Replayed": "that had come already, or far too late",
    "Malformed": "that made no sense",
}


class SessionLog:
    """A session's own log, while it is served.

    Attributes:
        descriptor: of the file; None where there is none.
    """

    def __init__(self, path: str, *, clock: Callable[[], float] = time.time) -> None:
        """Open it.

        Args:
            path: "" for a session that is not known on its host, which has no log.
            clock: seconds since 1970.
        """
        self.descriptor: int | None = None
        self._clock = clock
        self._head = b""
        if path:
            flags = os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            with contextlib.suppress(OSError):
                self.descriptor = os.open(path, flags, 0o600)

    def begin(self, session_id: bytes, *, name: str, told: str) -> None:
        """Write whose log it is, and what may be said of the server."""
        named = f" named {name}" if name else ""
        self._head = self._line(f"session {session_id.hex()}{named}: {told}")
        self._write(self._head)

    def complain(self, line: str) -> None:
        """Tell of a fault that the session survived: its user, and in the system's log whoever looks after the host."""
        import syslog  # faults are rare

        self.write(line)
        with contextlib.suppress(OSError):
            syslog.openlog("rmosh-server", syslog.LOG_PID, syslog.LOG_USER)
            syslog.syslog(syslog.LOG_ERR, remark(line))

    def write(self, line: str) -> None:
        """Add a line with the time before it; on a full disk it is lost."""
        self._write(self._line(line))

    def crashed(self, error: Exception) -> None:
        """Write which fault of ours ended the session, without its words: they may hold what was typed or shown."""
        self.write(f"a fault of the server's own ended the session: {type(error).__name__}, from the outside in:")
        for place in places_of(error):
            self.write(f"    {place}")

    def end(self, told: str) -> None:
        """Write how the session ended."""
        self.write(f"ended: {told}")

    def _line(self, told: str) -> bytes:
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self._clock()))
        return f"{moment} {remark(told)}\n".encode("utf-8", "replace")

    def _write(self, line: bytes) -> None:
        if self.descriptor is not None:
            with contextlib.suppress(OSError):
                self._add(line, self.descriptor)

    def _add(self, line: bytes, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        if size == 0 and line != self._head:  # a full disk took no head
            line = self._head + line
        elif size + len(line) > MAX_LOG_BYTES:
            head, _, rest = os.pread(descriptor, _READ_BYTES, 0).partition(b"\n")
            newer = rest[-MAX_LOG_BYTES // 2 :].partition(b"\n")[2]
            line = head[: MAX_LOG_BYTES // 4] + b"\n" + newer + line
            os.ftruncate(descriptor, 0)
        os.write(descriptor, line)


@dataclass(frozen=True, slots=True)
class KeptLog:
    """A log that is kept, of a session that lives or has ended.

    Attributes:
        name: what the user called the session, "" for nothing.
        written_at: when it was written to last, in seconds since 1970.
        lines: what it says, each line printable.
    """

    session_id: str
    name: str
    written_at: float
    lines: tuple[str, ...]

    @property
    def tells_the_end(self) -> bool:
        """Whether the session ended in order: a server that is killed says nothing."""
        return any(map(_END.fullmatch, self.lines))

    def is_of(self, wanted: str, *, least: int) -> bool:
        """Tell whether somebody may mean this one by the beginning of a name or, of so many digits, of an id."""
        by_id = len(wanted) >= least and self.session_id.startswith(wanted.lower())
        return by_id or (wanted != "" and self.name.startswith(wanted))


def kept_logs(places: Places) -> list[KeptLog]:
    """Return the logs of this user's sessions on this host, the one written to last first.

    Raises:
        Unusable: the directory that was chosen is not ours alone, so it cannot be believed.
    """
    found: list[KeptLog] = []
    for directory in places.known():
        try:
            check_private(directory)
            paths = [os.path.join(directory, name) for name in os.listdir(directory) if name.endswith(LOG_SUFFIX)]
        except OSError:
            continue
        except Unusable:
            if places.chosen:
                raise
            continue
        found += [log for log in map(_read, paths) if log is not None]
    return sorted(found, key=lambda log: log.written_at, reverse=True)


def _read(path: str) -> KeptLog | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        written_at = os.fstat(descriptor).st_mtime
        text = os.read(descriptor, _READ_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    finally:
        os.close(descriptor)
    lines = tuple(map(remark, text.splitlines()))
    head = _HEAD.fullmatch(lines[0]) if lines else None
    if head is None:
        return None
    name = head["name"] or ""
    return KeptLog(head["id"], name if is_session_name(name) else "", written_at, lines)


def losses_in_words(dropped: Mapping[str, int], *, failed_sends: int) -> str:
    """Return what became of datagrams that were not taken or not sent, "" where there are none."""
    told = [f"{dropped[what]} {words}" for what, words in _DROPPED.items() if dropped.get(what)]
    parts: Sequence[str] = [
        *([f"datagrams dropped: {', '.join(told)}"] if told else []),
        *([f"datagrams that this host refused to send: {failed_sends}"] if failed_sends else []),
    ]
    return "; ".join(parts)
