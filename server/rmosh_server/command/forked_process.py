"""A session's process that is forked from the user's fork server: found, asked, and told what to serve."""

import os
from collections.abc import Mapping

from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh_server.command.fresh_interpreter import message_of
from rmosh_server.command.to_start import ToStart
from rmosh_server.fork_server.asking import Fork, ask
from rmosh_server.fork_server.installed import which_server
from rmosh_server.fork_server.left_behind import FORKS_SUFFIX
from rmosh_server.fork_server.request import ForkRequest
from rmosh_server.fork_server.surroundings import NotTold, short_name, surroundings
from rmosh_server.process.memory import forbid_core_dumps
from rmosh_server.serving.handover import MAX_SIZE, Handover, parse_handover
from rmosh_server.shell.pty import not_started
from rmosh_server.sockets.unix_sockets import identity_of


class ForkedProcess:
    """A process that was forked for this session."""

    def __init__(self, wanted: ToStart | None, fork: Fork, pipe: int) -> None:
        """Begin; the pipe is for what is handed over."""
        self._wanted = wanted
        self._fork = fork
        self._pipe = pipe

    def start(self) -> int:
        """Have it start the program."""
        forbid_core_dumps()
        try:
            return self._fork.start()
        except (OSError, Malformed) as error:
            raise (_not_begun(error) if self._wanted is None else not_started(self._wanted.program, error)) from error

    def hand_over(self, session: Handover) -> None:
        """Tell it the rest; it has all descriptors."""
        unsaid = memoryview(bytes(session.announce.secret) + message_of(session))
        while unsaid:
            unsaid = unsaid[os.write(self._pipe, unsaid) :]
        os.close(self._pipe)


def _not_begun(error: Exception) -> BootstrapError:
    """Return the error for a tunnel, which starts no program."""
    return BootstrapError(
        Stage.SERVER_FAILED,
        f"the process forked for the tunnel did not begin: {getattr(error, 'strerror', None) or error}",
        hint="try again; `fork_server = false` in server.toml does without such processes",
    )


def forked_process(session: Handover, wanted: ToStart | None) -> tuple[ForkedProcess | None, str]:
    """Return a process that was forked for a session, None where there is none to be had.

    And where a fork server for logins like this one belongs; "" where nobody can tell which those are.
    """
    try:
        told = surroundings()
    except NotTold:
        return None, ""
    place = os.path.join(session.directory, short_name(told, *which_server()) + FORKS_SUFFIX)
    if identity_of(place) is None:  # which the announce line waits for; what follows would load what serves
        return None, place
    if not _can_be_told(session):
        return None, ""
    reading, writing = os.pipe()
    descriptors = (*session.descriptors, reading)
    fork = ask(place, _request(session, wanted, told, descriptors), descriptors)
    os.close(reading)
    if fork is not None:
        return ForkedProcess(wanted, fork, writing), place
    os.close(writing)
    return None, place


def _can_be_told(session: Handover) -> bool:
    """Whether all of it can be handed over; once the program runs it is too late to find that out."""
    try:
        message = message_of(session)
        parse_handover(message, secret=session.announce.secret)
    except (Malformed, OSError, ValueError):
        return False
    return len(message) < MAX_SIZE // 2


def _request(
    session: Handover, wanted: ToStart | None, told: Mapping[str, str], descriptors: tuple[int, ...]
) -> ForkRequest:
    return ForkRequest(
        surroundings=told,
        installed=which_server(),
        environment=dict(os.environ),
        directory=_working_directory(),
        umask=_mask(),
        program=() if wanted is None else (wanted.program.file, *wanted.program.words),
        program_environment={} if wanted is None else wanted.environment,
        port=session.announce.port,
        descriptors=descriptors,
        pipe=descriptors[-1],
        terminal=session.slave,
    )


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "/"


def _mask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
