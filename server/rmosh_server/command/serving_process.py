"""The process that will serve a session: this one, executed anew, or one forked from the user's fork server.

A fork saves the start of an interpreter and shares most of its memory with the user's other sessions. It is used only
where it would have all that a process of this login has; else, and wherever anything is in doubt, this one serves.
"""

import os
import sys
from typing import Protocol

from rmosh_server.command.fresh_interpreter import hand_over, is_in_memory
from rmosh_server.command.to_start import ToStart
from rmosh_server.desk.places import Unusable
from rmosh_server.desk.registry import Registry
from rmosh_server.process.memory import forbid_core_dumps
from rmosh_server.serving.handover import Handover


class ServingProcess(Protocol):
    """Who will serve."""

    def start(self) -> int:
        """Start the program and return its id; a tunnel's is the process's own.

        Raises:
            BootstrapError: it cannot be started.
        """

    def hand_over(self, session: Handover) -> None:
        """Have the session served; where this process is executed anew, this does not return."""


class FreshInterpreter:
    """This process, executed anew once it has told of the session."""

    def __init__(self, wanted: ToStart | None, *, fork_server: str = "") -> None:
        """Begin; where a place for a fork server is given, it is split off on the way."""
        self._wanted = wanted
        self._fork_server = fork_server

    def start(self) -> int:
        """Start the program."""
        wanted = self._wanted
        started = os.getpid() if wanted is None else wanted.pty.start(wanted.program, wanted.environment)
        if not self._fork_server:  # which is to have the login's own limits
            forbid_core_dumps()
        return started

    def hand_over(self, session: Handover) -> None:
        """Serve."""
        hand_over(session, fork_server=self._fork_server)


def serving_process(session: Handover, wanted: ToStart | None, *, forks: bool) -> ServingProcess:
    """Return who will serve a session.

    Args:
        session: as far as it is known yet.
        wanted: what is started for it; none for a tunnel.
        forks: this host's settings let sessions be forked.
    """
    if not forks or not session.directory or not sys.executable or is_in_memory() or not _has_others(session):
        return FreshInterpreter(wanted)
    from rmosh_server.command.forked_process import forked_process  # which one alone does without

    fork, place = forked_process(session, wanted)
    return fork or FreshInterpreter(wanted, fork_server=place)


def _has_others(session: Handover) -> bool:
    """Whether another session of this user lives: one alone does not pay for a fork server."""
    try:
        return len(Registry(session.directory).controls()) > 1
    except Unusable:
        return False
