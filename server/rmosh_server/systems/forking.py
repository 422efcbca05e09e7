"""Starting a program by fork and exec, where posix_spawn makes no session or gives it no controlling terminal.

macOS opens the terminal before it makes the session, so the session gets none. The child does nothing but system
calls, and the server has one thread.
"""

import contextlib
import fcntl
import os
import signal
import termios
from collections.abc import Mapping
from typing import Final, NoReturn

from rmosh_server.systems.program import ChildStreams, Program

#: What a child that could not be executed ends with. Source: what sh does.
_NOT_EXECUTED: Final = 127

#: Most bytes of an error number in decimal.
_LONGEST_NUMBER: Final = 16


def fork_on_terminal(program: Program, environment: Mapping[str, str], *, terminal: int) -> int:
    """Start a program as the leader of a new session whose controlling terminal is the one given; return its id.

    Raises:
        OSError: it cannot be executed.
    """
    return _fork(program, environment, ChildStreams(terminal, terminal, terminal), is_terminal=True)


def fork_on_streams(program: Program, environment: Mapping[str, str], streams: ChildStreams) -> int:
    """Start a program as the leader of a new session without a terminal; return its id.

    Raises:
        OSError: it cannot be executed.
    """
    return _fork(program, environment, streams, is_terminal=False)


def _fork(program: Program, environment: Mapping[str, str], streams: ChildStreams, *, is_terminal: bool) -> int:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _become(program, environment, streams, is_terminal=is_terminal, report=writing)
    os.close(writing)
    with open(reading, "rb", buffering=0) as report:
        failure = report.read(_LONGEST_NUMBER)  # empty once the program runs, since exec has closed the other end
    if failure:
        os.waitpid(child, 0)
        raise OSError(int(failure), os.strerror(int(failure)))
    return child


def _become(
    program: Program, environment: Mapping[str, str], streams: ChildStreams, *, is_terminal: bool, report: int
) -> NoReturn:
    """Be the program, or tell by an error number why not."""
    try:
        os.setsid()
        if is_terminal:
            fcntl.ioctl(streams.input, termios.TIOCSCTTY, 0)
        for number, stream in enumerate((streams.input, streams.output, streams.errors)):
            os.dup2(stream, number)
        for number in signal.valid_signals():
            with contextlib.suppress(OSError, ValueError):  # SIGKILL and SIGSTOP, and what a C library keeps for itself
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execve(program.file, program.words, environment)  # noqa: S606 - the account's own shell
    except OSError as error:
        os.write(report, b"%d" % (error.errno or 0))
    finally:
        os._exit(_NOT_EXECUTED)
