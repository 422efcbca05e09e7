"""What the rest of the host has of a session: its record and its line in `who`, and its traces."""

import json
import os

from rmosh.channels.closing.frames import Close
from rmosh_server.desk.registry import Entry
from rmosh_server.process.trace_file import told_path, trace_path
from rmosh_server.serving.traces import Traces
from rmosh_server.shell.login_record import add_login_record, remove_login_record
from rmosh_server.shell.pty import Pty


class HostPresence:
    """The session in `rmosh-server status` and in `who`."""

    def __init__(self, entry: Entry | None, pty: Pty, traces: Traces, *, session_id: bytes, name: str) -> None:
        self._entry = entry
        self._traces = traces
        self._pty = pty
        self._session_id = session_id
        self._name = name

    def join(self, place: str) -> None:
        """Show up in `who`."""
        add_login_record(self._pty.fileno(), place)

    def refresh(self) -> None:
        """Keep the session's file from growing old."""
        if self._entry is not None:
            self._entry.refresh()

    def leave(self) -> None:
        """Vanish from `who`, while the PTY is still open to name it by."""
        remove_login_record(self._pty.fileno())

    def client_came(self, client: bytes, *, wants_trace: bool, now: float) -> str:
        """Let a further client's id stand for the session in `rmosh-server status`; return where it is traced."""
        if self._entry is None:
            return ""
        self._entry.link(client)
        trace = trace_path(client, os.environ, self._entry.directory, wanted=wants_trace)
        self._traces.begin(client, trace, now=now)
        return told_path(trace)

    def trace_client(self, client: bytes, *, on: bool, now: float) -> str:
        """Trace a client from now on, or no longer; return the file's path, "" where there is none."""
        path = self._traces.path_of(client)
        if not on:
            self._traces.end(client, now=now)
        elif not path and self._entry is not None:
            path = trace_path(client, os.environ, self._entry.directory, wanted=True)
            self._traces.begin(client, path, now=now)
            path = self._traces.path_of(client)
        return path

    def client_left(self, client: bytes, *, now: float) -> None:
        """Let a client's id mean nothing again."""
        self._traces.end(client, now=now)
        if self._entry is not None:
            self._entry.unlink(client)

    def ended(self, close: Close) -> None:
        """Let `attach` tell how it ended, though clients may have to hear of it yet."""
        if self._entry is not None:
            self._entry.note_end(self._record(close))

    def end(self, close: Close, *, now: float) -> None:
        """Leave a record of the end: a line for `rmosh-server status`, one for `attach`."""
        self._traces.end_all(now=now)
        if self._entry is not None:
            self._entry.end(self._record(close))

    def _record(self, close: Close) -> str:
        told = json.dumps({"id": self._session_id.hex(), "name": self._name})
        return f"ended {close.kind.name.lower()} {close.value}\n{told}\n"
