"""The trace of a running session: begun and ended at any time, written a turn at a time."""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from rmosh.containment import Containment
from rmosh.prediction import PredictionStatistics
from rmosh_client.tracing.private_file import create_private

if TYPE_CHECKING:
    from rmosh.transport.qlog import Qlog
    from rmosh.transport.trace import Observer, TraceEvent


class Observed(Protocol):
    """The session; see `rmosh.session.client.ClientSession`."""

    def observe(self, observer: "Observer | None", *, now: float) -> None: ...


class Tracer:
    """Writes one session's traces; costs nothing while there is none.

    Attributes:
        path: of the trace that is written, or was written last; "" before the first.
        log_path: of the file that was made for what is told in words; "" before.
        on_trouble: told in words why a trace ended that nobody ended.
    """

    def __init__(self, session: Observed, walls: Containment, *, group: str, folder: str, at_server: str = "") -> None:
        """Begin with no trace.

        Args:
            walls: a fault in tracing touches nothing else.
            group: what traces of both ends of this session have in common.
            folder: where to.
            at_server: the file there that the server traces this client into; "" where it does not.
        """
        self._session = session
        self._part = walls.part("the trace")
        self._group = group
        self._folder = folder
        self._at_server = at_server
        self._qlog: Qlog | None = None
        self._descriptor = -1
        self._unwritten = bytearray()
        self._guesses: dict[str, int] = {}
        self._shown = 0
        self.path = self.log_path = ""
        self.on_trouble: Callable[[str], None] = _keep_quiet

    @property
    def where(self) -> str:
        """Where the trace is, in words, and the server's."""
        return f"{self.path}, the server's on its host in {self._at_server}" if self._at_server else self.path

    @property
    def is_on(self) -> bool:
        """Whether a trace is written."""
        return self._qlog is not None

    def start(self, *, now: float) -> None:
        """Begin a trace in a file of its own.

        Raises:
            OSError: there can be none.
        """
        from rmosh.transport.qlog import SUFFIX, Qlog  # which hardly a session needs

        self._descriptor, self.path = create_private(self._folder, f"{self._group}-client", SUFFIX)
        self._qlog = Qlog(vantage_point="client", group=self._group, wall_clock=time.time(), now=now)
        self._unwritten += self._qlog.header()
        self._guesses = {}
        self._session.observe(self, now=now)

    def create_log(self) -> str:
        """Make a file beside the traces for what is told in words; return its path.

        Raises:
            OSError: there can be none.
        """
        descriptor, self.log_path = create_private(self._folder, f"{self._group}-client", ".log")
        os.close(descriptor)
        return self.log_path

    def stop(self, *, now: float) -> None:
        """End the trace, if there is one."""
        if self._qlog is None:
            return
        self._session.observe(None, now=now)
        self._unwritten += self._qlog.end(now=now)
        self._write()
        self._close()

    def __call__(self, event: "TraceEvent", *, now: float) -> None:
        """Take an event."""
        self._part.run(None, self._take, event, now)

    def _take(self, event: "TraceEvent", now: float) -> None:
        if self._qlog is not None:
            self._unwritten += self._qlog.records(event, now=now)

    def note(self, name: str, *, now: float, **figures: int | float) -> None:
        """Take note of something that the client did."""
        if self._qlog is not None:
            from rmosh.transport.trace import Noted

            self(Noted(name, figures), now=now)

    def turn_ended(self, guesses: PredictionStatistics, *, shown: int, now: float) -> None:
        """Write what happened in a turn.

        Args:
            shown: how many bytes went to the terminal so far.
        """
        new, self._shown = shown - self._shown, shown
        if self._qlog is None:
            return
        if new > 0:
            self.note("frame_shown", bytes=new, now=now)
        if (figures := _figures(guesses)) != self._guesses:
            self._guesses = figures
            self.note("guesses_judged", now=now, **figures)
        if not self._write():
            self._session.observe(None, now=now)
            self._close()

    def _write(self) -> bool:
        """Write what was not written yet; return whether that went well."""
        try:
            while self._unwritten:
                del self._unwritten[: os.write(self._descriptor, self._unwritten)]
        except OSError as error:
            self._unwritten.clear()
            self.on_trouble(f"the trace ends here, {self.path} takes no more: {error.strerror}")
            return False
        return True

    def _close(self) -> None:
        os.close(self._descriptor)
        self._qlog = None


def _figures(guesses: PredictionStatistics) -> dict[str, int]:
    """Return how many keys were typed, shown at once, and found right and wrong, since the session began."""
    return {
        "keys": guesses.keys,
        "shown_at_once": guesses.shown_at_once,
        "right": guesses.confirmed,
        "wrong": guesses.wrong,
    }


def _keep_quiet(_words: str) -> None:
    pass
