"""One bench run's surroundings: link and far side; opens sessions in them and ends what they started."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..errors import BenchFailed
from .drivers import Way
from .far_side import FarSide
from .figures import Figure
from .processes import name_of, parent_of, usage
from .pty_session import PtySession
from .tools import Call, Predict, Tool

#: Seconds a tool's server gets to notice that its shell has ended.
_SERVER_PATIENCE: Final = 3.0

#: Programs between a far-side script and the server that started it.
_SHELLS: Final = frozenset({"sh", "bash", "dash"})


class Laboratory:
    """What a workload needs to measure one tool on one link.

    Attributes:
        link: what can be done to the link.
        last_command: the command line of the latest session.
        usage: processor time and memory of the latest session at its end.
    """

    def __init__(self, *, tool: Tool, link: Way, far_side: FarSide) -> None:
        self.tool = tool
        self.link = link
        self.far_side = far_side
        self.last_command: tuple[str, ...] = ()
        self.usage: dict[str, Figure] = {}

    @contextlib.contextmanager
    def session(
        self, script: str, *, predict: Predict = Predict.NEVER, rows: int = 24, columns: int = 80
    ) -> Iterator[PtySession]:
        """Run a far-side script in a session of the tool; all its processes are gone afterwards."""
        (self.far_side.folder / "processes").unlink(missing_ok=True)
        call = Call(
            remote=tuple(self.far_side.command(script)),
            predict=predict,
            folder=self.far_side.folder,
            way=self.link,
        )
        self.last_command = tuple(self.link.client_command(self.tool.command(call)))
        with PtySession(self.last_command, self.environment, rows=rows, columns=columns) as session:
            try:
                yield session
            finally:
                server = self.server_process()
                self.usage = usage(client=session.process, server=server)
                self._end_script()
        if server is not None:
            _end_process(server)

    @contextlib.contextmanager
    def rehearsal(self, script: str, *, rows: int = 24, columns: int = 80) -> Iterator[PtySession]:
        """Run a far-side script in a terminal here, without tool and link: what any tool should show."""
        with PtySession(self.far_side.command(script), self.environment, rows=rows, columns=columns) as session:
            try:
                yield session
            finally:
                self._end_script()

    @property
    def environment(self) -> dict[str, str]:
        """What programs run in: nothing of the user's own settings."""
        return _environment(self.far_side.folder)

    def server_process(self) -> int | None:
        """Return the process id of the session's server; None where no session has come up."""
        started = self._processes()
        if started is None:
            return None
        process = started[1]
        while name_of(process) in _SHELLS:
            process = parent_of(process)
        return process if process > 1 else None

    def print_far_away(self, text: bytes) -> None:
        """Print to the far side's terminal; it is one of this machine."""
        started = self._processes()
        if started is None:
            raise BenchFailed("the far side's program has not started")
        with open(f"/proc/{started[0]}/fd/1", "wb", buffering=0) as terminal:
            terminal.write(text)

    def _end_script(self) -> None:
        started = self._processes()
        if started is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(started[0], signal.SIGKILL)

    def _processes(self) -> tuple[int, int] | None:
        try:
            script, parent = (self.far_side.folder / "processes").read_text(encoding="ascii").split()
        except FileNotFoundError:
            return None
        return int(script), int(parent)


def _environment(home: Path) -> dict[str, str]:
    """Return what a client runs in: nothing of the user's own settings."""
    return {
        "HOME": str(home),
        "PATH": os.environ.get("PATH", os.defpath),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LC_ALL": "C.UTF-8",
    }


def _end_process(process: int) -> None:
    end = time.monotonic() + _SERVER_PATIENCE
    while name_of(process) and time.monotonic() < end:
        time.sleep(0.02)
    if name_of(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
