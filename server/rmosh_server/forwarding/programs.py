"""Programs that run for streams, started as sshd starts a command without a terminal.

The account's login shell gets the text behind -c, in the home directory, in a session of its own, with pipes for its
standard streams and the environment that the login gave. A program whose client is gone for good gets SIGHUP; sshd
sends that only where there is a terminal, and else leaves the program to find its pipes broken.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from rmosh.errors import BootstrapError
from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.byte_stream import ByteStream
from rmosh.forwarding.requests import OutputBroken, RunProgram
from rmosh_server.forwarding.running_program import OurEnds, RunningProgram, Watch
from rmosh_server.forwarding.subsystems import subsystem_command
from rmosh_server.process.descriptor_limit import descriptor_limit_of_login
from rmosh_server.shell.account import Account, go_home, login_program, own_account
from rmosh_server.shell.environment import may_be_set, program_environment
from rmosh_server.shell.pty import open_pty
from rmosh_server.systems import start_on_streams
from rmosh_server.systems.program import ChildStreams, Program

#: Where the server itself stays: it keeps no file system from being unmounted.
_OUR_PLACE: Final = "/"


class NotStarted(Exception):
    """A program could not be started, for the reason that its text tells the client."""

    def __init__(self, status: AnswerStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


class Programs:
    """All that run, by their process ids and by the names that their clients gave them."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._running: list[tuple[bytes, str, RunningProgram]] = []

    def start(
        self,
        request: RunProgram,
        stream: ByteStream,
        *,
        client: bytes,
        ways_to_client: Mapping[str, str],
        on_end: Callable[[], None],
    ) -> RunningProgram:
        """Start what a client asks for.

        Args:
            ways_to_client: variables that tell where the client's agent and display are found.
            on_end: called when its end was told.

        Raises:
            NotStarted: it cannot be.
        """
        process, ends = _start(request, ways_to_client)
        running = RunningProgram(stream, process, ends, self._watch, on_end=on_end)
        self._running = [each for each in self._running if not each[2].is_over]
        self._running.append((client, request.name, running))
        return running

    def output_broken(self, request: OutputBroken, *, client: bytes) -> None:
        """Let a program of a client's know that nobody reads what it writes."""
        for owner, name, running in self._running:
            if (owner, name) == (client, request.name):
                running.output_broken(is_error=request.is_error)

    def child_ended(self, process: int, wait_status: int) -> None:
        """A child of the server's has ended, perhaps one of these."""
        for _, _, running in self._running:
            if running.process == process:
                running.ended(wait_status)


def _start(request: RunProgram, ways_to_client: Mapping[str, str]) -> "tuple[int, OurEnds]":
    """Start a program; return its process id and our ends of what it reads and writes.

    Raises:
        NotStarted: it cannot be.
    """
    account = own_account()
    program = login_program(account, _command(request))
    environment = program_environment(os.environ, account, requested=list(_settable(request.environment)))
    environment.update(ways_to_client)
    try:
        with _at_home(account) as remark, descriptor_limit_of_login():
            if request.terminal:
                return _in_terminal(program, environment, request, remark)
            return _with_pipes(program, environment, remark)
    except BootstrapError as failure:
        raise NotStarted(AnswerStatus.FAILED, str(failure)) from failure
    except OSError as error:
        raise NotStarted(*_reason(program, error)) from error


def _command(request: RunProgram) -> Sequence[str]:
    """Return what the shell is to run; nothing where that is the shell itself.

    Raises:
        NotStarted: it is no text for a shell, or the host lacks the subsystem.
    """
    if "\0" in request.command:
        raise NotStarted(AnswerStatus.FAILED, "a command has no NUL in it")
    if not request.is_subsystem:
        return (request.command,) if request.command else ()
    command = subsystem_command(request.command)
    if command is None:
        raise NotStarted(AnswerStatus.NOT_THERE, f"the host has no subsystem {request.command}")
    return (command,)


def _settable(pairs: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name, _, value in (pair.partition("=") for pair in pairs):
        if may_be_set(name) and "\0" not in value:
            yield name, value


@contextlib.contextmanager
def _at_home(account: Account) -> "Iterator[bytes]":
    """Be in the account's home, or in / where that fails; yield what to tell the user about it, as sshd does."""
    remark = go_home(account)
    try:
        yield remark.replace("\r", "").encode(errors="surrogateescape")
    finally:
        os.chdir(_OUR_PLACE)


def _with_pipes(program: Program, environment: "dict[str, str]", remark: bytes) -> "tuple[int, OurEnds]":
    """Start it with pipes for its standard streams.

    Raises:
        OSError: there are too many files, or it cannot be executed.
    """
    with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
        their_input, our_input = _pipe(theirs, ours)
        our_output, their_output = _pipe(ours, theirs)
        our_errors, their_errors = _pipe(ours, theirs)
        for end in (our_input, our_output, our_errors):
            os.set_blocking(end, False)
        os.write(their_errors, remark)
        process = start_on_streams(program, environment, ChildStreams(their_input, their_output, their_errors))
        ours.pop_all()
        return process, OurEnds(our_input, our_output, our_errors)


def _pipe(readers: contextlib.ExitStack, writers: contextlib.ExitStack) -> "tuple[int, int]":
    reading, writing = os.pipe()
    readers.callback(os.close, reading)
    writers.callback(os.close, writing)
    return reading, writing


def _in_terminal(
    program: Program, environment: "dict[str, str]", request: RunProgram, remark: bytes
) -> "tuple[int, OurEnds]":
    """Start it in a terminal of its own.

    Raises:
        BootstrapError: there is no terminal to be had, or it cannot be executed.
    """
    pty = open_pty(rows=request.rows, columns=request.columns)
    master, slave = pty.descriptors
    environment["TERM"] = request.terminal
    if "SSH_CONNECTION" in environment:
        environment["SSH_TTY"] = pty.name
    try:
        os.write(slave, remark)
        process = pty.start(program, environment)
    except (BootstrapError, OSError):
        pty.close()
        raise
    os.close(slave)  # so that reading ends when the last program has closed its own
    return process, OurEnds(os.dup(master), master, None)


def _reason(program: Program, error: OSError) -> "tuple[AnswerStatus, str]":
    if isinstance(error, FileNotFoundError):
        return AnswerStatus.NOT_THERE, f"the account's shell {program.file} is not there"
    return AnswerStatus.FAILED, f"{program.file} could not be started: {error.strerror}"
