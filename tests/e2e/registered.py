"""Which processes serve the sessions of a registry, as they say themselves: no system's table of processes is asked.

One that has ended keeps that for its client to hear of, and answers no more; its log still names it.
"""

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

from rmosh_server.desk.places import Places
from rmosh_server.desk.registry import CONTROL_SUFFIX
from rmosh_server.desk.session_log import kept_logs
from rmosh_server.desk.sessions import Sessions
from rmosh_server.fork_server.left_behind import FORKS_SUFFIX
from rmosh_server.sockets.asking import Door, Unanswered, ask_all
from rmosh_server.sockets.unix_sockets import connect
from rmosh_server.systems import peer_process
from tests.patience import PATIENCE


class Registered:
    """The servers of one directory of sessions.

    A server is asked once: one that is stopped later is still known.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._places = Places(str(directory), "", ())
        self._sessions = Sessions(self._places)
        self._known: dict[Door, int] = {}

    def processes(self) -> list[int]:
        """Return the process ids of those whose session goes on."""
        doors = self._sessions.doors()
        unknown = [door for door in doors if door not in self._known]
        for door, answer in zip(unknown, ask_all(unknown, {"do": "describe"}, patience=PATIENCE), strict=True):
            if not isinstance(answer, Unanswered) and "pid" in answer:
                self._known[door] = answer["pid"]
        return [self._known[door] for door in doors if door in self._known]

    def kill(self) -> None:
        """Kill every server that lives, whether it is stopped or its session has ended, and wait for its end.

        What they are forked from goes too: it would stay for a minute by itself.
        """
        for place in self._directory.glob(f"*{FORKS_SUFFIX}"):
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
                connect(asking, str(self._directory), place.name)
                os.kill(peer_process(asking), signal.SIGKILL)
        alive = {door.name.removesuffix(CONTROL_SUFFIX) for door in self._sessions.doors()}
        heads = [log.lines[0] for log in kept_logs(self._places) if log.session_id in alive]
        for process in [int(told[1]) for head in heads if (told := re.search(r", process (\d+),", head))]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                wait_until_gone(process)


def wait_until_gone(process: int) -> None:
    """Wait until a process has ended, whether its parent has noticed or not; fail where that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while _state(process).strip()[:1] not in ("", "Z"):
        assert time.monotonic() < deadline, f"process {process} does not end"
        select.select([], [], [], 0.01)


def _state(process: int) -> str:
    told = subprocess.run(["ps", "-o", "state=", "-p", str(process)], capture_output=True, text=True, timeout=PATIENCE)
    return told.stdout
