"""What the rest of the host has of a session: its record and its line in `who`, its traces, and where to ask it."""

import json
import os
from collections.abc import Callable
from functools import partial

from rmosh.channels.closing.frames import Close
from rmosh.session.server import ServerSession
from rmosh_server.desk.desk import ChannelTaker, Desk, Facts
from rmosh_server.desk.registry import Entry
from rmosh_server.process.trace_file import told_path, trace_path
from rmosh_server.serving.traces import Traces
from rmosh_server.shell.login_record import add_login_record, remove_login_record
from rmosh_server.shell.pty import Pty
from rmosh_server.sockets.control_socket import ControlSocket


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

    def end(self, close: Close, *, now: float) -> None:
        """Leave a record of the end: a line for `rmosh-server status`, one for `attach`."""
        self._traces.end_all(now=now)
        if self._entry is not None:
            told = json.dumps({"id": self._session_id.hex(), "name": self._name})
            self._entry.end(f"ended {close.kind.name.lower()} {close.value}\n{told}\n")


class Enquiries:
    """Where other processes of the user ask for a session: its socket and its desk.

    Attributes:
        on_kill: ends the session, for a reason, at a moment.
    """

    def __init__(
        self,
        control: ControlSocket,
        facts: Facts,
        core: ServerSession,
        pty: Pty,
        presence: HostPresence,
        streams: ChannelTaker,
        *,
        unsent: Callable[[], int],
        network: Callable[[], str],
    ) -> None:
        self._control = control
        self.on_kill: Callable[..., None] | None = None
        self._desk = Desk(
            facts,
            core,
            terminal=pty.fileno(),
            doors=presence,
            streams=streams,
            end=self._kill,
            unsent=unsent,
            network=network,
        )

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._control.fileno()

    @property
    def next_wakeup(self) -> float:
        """When something is to be done even if nobody says anything, in monotonic seconds."""
        return self._control.next_wakeup

    def answer_questions(self, *, now: float) -> None:
        """Answer what was asked since the last time."""
        self._control.answer_questions(partial(self._desk.answer, now=now), now=now)

    def _kill(self, why: str, now: float) -> None:
        assert self.on_kill is not None
        self.on_kill(why, now=now)
