"""The traces of a session's clients, from when they come to when they go."""

from collections.abc import Callable

from rmosh.session.server import ServerSession
from rmosh_server.process.trace_file import TraceFile


class Traces:
    """Has the core tell of the clients that are traced."""

    def __init__(self, core: ServerSession, *, complain: Callable[[str], None]) -> None:
        self._core = core
        self._complain = complain
        self._files: dict[bytes, TraceFile] = {}

    def path_of(self, client: bytes) -> str:
        """Return the path of the file that a client is traced into; "" where it is not, or no more."""
        trace = self._files.get(client)
        return trace.path if trace is not None and trace.is_written else ""

    def begin(self, client: bytes, path: str, *, now: float) -> None:
        """Trace a client that is not traced yet; "" traces nobody, and a file that cannot be made keeps nobody out."""
        if not path:
            return
        try:
            self._files[client] = TraceFile(path, client, complain=self._complain, now=now)
        except OSError as error:
            self._complain(f"no trace can be written to {path}: {error.strerror}")
            return
        self._core.observe(client, self._files[client], now=now)

    def end(self, client: bytes, *, now: float) -> None:
        """Trace a client no longer, or it has gone."""
        if client in self._files:
            self._core.observe(client, None, now=now)
            self._files.pop(client).end(now=now)

    def end_all(self, *, now: float) -> None:
        """The session is over."""
        for client in list(self._files):
            self.end(client, now=now)
