"""One bench run's surroundings: link and far side; opens sessions in them and ends what they started."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from ..errors import BenchFailed
from .drivers import Way
from .far_side import FarSide
from .figures import Figure
from .processes import name_of, parent_of, program_of, started_at_homes_in, usage
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
        self._latest = 0
        self._open: list[int] = []

    @contextlib.contextmanager
    def session(
        self,
        script: str,
        *,
        predict: Predict = Predict.NEVER,
        rows: int = 24,
        columns: int = 80,
        forwards: tuple[str, ...] = (),
    ) -> Iterator[PtySession]:
        """Run a far-side script in a session of the tool; all its processes are gone afterwards."""
        self._latest = number = next(self.far_side.numbers)
        call = self.call(*self.far_side.command(script, number=number), predict=predict, forwards=forwards)
        self.last_command = tuple(self.link.client_command(self.tool.command(call)))
        with PtySession(self.last_command, self.environment, rows=rows, columns=columns) as session:
            self._open.append(number)
            try:
                yield session
            finally:
                self._open.remove(number)
                server = self._server(number)
                self.usage = usage(client=session.process, server=server)
                self._end_script(number)
        if server is not None:
            _end_process(server)

    def call(self, *remote: str, predict: Predict = Predict.NEVER, forwards: tuple[str, ...] = ()) -> Call:
        """Return what a tool is to run, and through what."""
        return Call(remote=remote, predict=predict, folder=self.far_side.folder, way=self.link, forwards=forwards)

    @contextlib.contextmanager
    def rehearsal(self, script: str, *, rows: int = 24, columns: int = 80) -> Iterator[PtySession]:
        """Run a far-side script in a terminal here, without tool and link: what any tool should show."""
        number = next(self.far_side.numbers)
        command = self.far_side.command(script, number=number)
        with PtySession(command, self.environment, rows=rows, columns=columns) as session:
            try:
                yield session
            finally:
                self._end_script(number)

    @property
    def environment(self) -> dict[str, str]:
        """What programs run in: nothing of the user's own settings."""
        return _environment(self.far_side.folder)

    @contextlib.contextmanager
    def program(self, command: Sequence[str], **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a client without a terminal; it has ended afterwards."""
        self.last_command = tuple(self.link.client_command(command))
        program = subprocess.Popen(self.last_command, env=self.environment, **options)  # noqa: S603
        try:
            yield program
        finally:
            for pipe in filter(None, (program.stdin, program.stdout)):
                pipe.close()  # what still writes or reads then ends by itself
            _end_program(program)

    def server_process(self) -> int | None:
        """Return the process id of the latest session's server; None where it has not come up."""
        return self._server(self._latest)

    def servers(self) -> list[int]:
        """Return the servers of all sessions that are open, and what these were forked from where that goes on."""
        servers = {server for number in self._open if (server := self._server(number)) is not None}
        programs = {program_of(server) for server in servers}
        started_there = started_at_homes_in(self.far_side.folder)
        return sorted(servers | {each for each in started_there if program_of(each) in programs})

    def end(self, servers: Sequence[int]) -> None:
        """Wait a little until these have ended, then end them."""
        for server in servers:
            _end_process(server)

    def _server(self, number: int) -> int | None:
        started = self.far_side.processes(number)
        if started is None:
            return None
        process = started[1]
        while name_of(process) in _SHELLS:
            process = parent_of(process)
        return process if process > 1 else None

    def print_far_away(self, text: bytes) -> None:
        """Print to the far side's terminal; it is one of this machine."""
        started = self.far_side.processes(self._latest)
        if started is None:
            raise BenchFailed("the far side's program has not started")
        with open(f"/proc/{started[0]}/fd/1", "wb", buffering=0) as terminal:
            terminal.write(text)

    def _end_script(self, number: int) -> None:
        started = self.far_side.processes(number)
        if started is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(started[0], signal.SIGKILL)


def _environment(home: Path) -> dict[str, str]:
    """Return what a client runs in: nothing of the user's own settings."""
    return {
        "HOME": str(home),
        "PATH": os.environ.get("PATH", os.defpath),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LC_ALL": "C.UTF-8",
        "RMOSH_SHARE": "no",  # each start logs in, as those of the others do
    }


def _end_program(program: "subprocess.Popen[bytes]") -> None:
    for end in (program.poll, program.terminate, program.kill):
        end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(_SERVER_PATIENCE)
            return


def _end_process(process: int) -> None:
    end = time.monotonic() + _SERVER_PATIENCE
    while name_of(process) and time.monotonic() < end:
        time.sleep(0.02)
    if name_of(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
