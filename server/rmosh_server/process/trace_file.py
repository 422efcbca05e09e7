"""Traces of clients that asked for one, or of all where the host's user wants that: files of his own."""

import contextlib
import os
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from rmosh.containment import place_of

if TYPE_CHECKING:
    from rmosh.transport.trace import TraceEvent

#: Names the folder of traces, and has every client traced.
TRACE_VARIABLE: Final = "RMOSH_TRACE"

#: The folder of traces beside the sessions' other files; `registry.py` clears it.
TRACES: Final = "traces"

#: Digits of a client's id in a file's name, as `rmosh ls` shows it.
_ID_DIGITS: Final = 8

#: Most traces of a client that are called after the same second.
_MOST_OF_A_SECOND: Final = 100

#: Paths that an announce line can tell. Source: PROTOCOL.md.
_TELLABLE: Final = re.compile(r"/[!-~]{1,511}")


def trace_path(client: bytes, environment: Mapping[str, str], directory: str, *, wanted: bool) -> str:
    """Return where a client's trace is to be; "" where there is to be none.

    Args:
        directory: where the session's other files are; "" for nowhere.
        wanted: the client asked for one.
    """
    folder = environment.get(TRACE_VARIABLE, "")
    if not folder and (not wanted or not directory):
        return ""
    folder = os.path.abspath(os.path.expanduser(folder)) if folder else os.path.join(directory, TRACES)
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    name = os.path.join(folder, f"{moment}-{client.hex()[:_ID_DIGITS]}-server")
    paths = (f"{name}{f'-{number}' if number else ''}.sqlog" for number in range(_MOST_OF_A_SECOND))
    return next((path for path in paths if not os.path.lexists(path)), f"{name}.sqlog")


def told_path(path: str) -> str:
    """Return what an announce line tells of a path; "" for one that it has no room or no signs for."""
    return path if _TELLABLE.fullmatch(path) else ""


class TraceFile:
    """Writes what happens with one client, an event at a time; one that cannot be written any more is given up.

    Attributes:
        path: where it is.
    """

    def __init__(self, path: str, client: bytes, *, complain: Callable[[str], None], now: float) -> None:
        """Begin.

        Raises:
            OSError: there can be no such file.
        """
        from rmosh.transport.qlog import Qlog  # hardly a session is traced

        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        self.path = path
        self._complain = complain
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        group = client.hex()[:_ID_DIGITS]
        self._qlog: Qlog | None = Qlog(vantage_point="server", group=group, wall_clock=time.time(), now=now)
        self._write(self._qlog.header())

    @property
    def is_written(self) -> bool:
        """Whether it goes on: it neither ended nor was given up."""
        return self._qlog is not None

    def __call__(self, event: "TraceEvent", *, now: float) -> None:
        """Take an event."""
        if self._qlog is None:
            return
        try:
            self._write(self._qlog.records(event, now=now))
        except Exception as fault:  # what is traced goes on
            self._complain(f"the trace {self.path} ends early: {type(fault).__name__} in {place_of(fault)}")
            self._give_up()

    def end(self, *, now: float) -> None:
        """Write that it ends here."""
        if self._qlog is not None:
            self._write(self._qlog.end(now=now))
            self._give_up()

    def _write(self, records: bytes) -> None:
        try:
            while records:
                records = records[os.write(self._descriptor, records) :]
        except OSError as error:
            self._complain(f"the trace {self.path} ends early: {error.strerror}")
            self._give_up()

    def _give_up(self) -> None:
        if self._qlog is not None:
            self._qlog = None
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
