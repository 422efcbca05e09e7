"""Starting a program on a terminal by fork and exec, where posix_spawn gives it no controlling terminal.

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

from rmosh_server.systems.program import Program

#: What a child that could not be executed ends with. Source: what sh does.
_NOT_EXECUTED: Final = 127

#: Most bytes of an error number in decimal.
_LONGEST_NUMBER: Final = 16


def fork_on_terminal(program: Program, environment: Mapping[str, str], *, terminal: int) -> int:
    """Start a program as the leader of a new session whose controlling terminal is the one given; return its id.

    Raises:
        OSError: it cannot be executed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _become(program, environment, terminal=terminal, report=writing)
    os.close(writing)
    with open(reading, "rb", buffering=0) as report:
        failure = report.read(_LONGEST_NUMBER)  # empty once the program runs, since exec has closed the other end
    if failure:
        os.waitpid(child, 0)
        raise OSError(int(failure), os.strerror(int(failure)))
    return child


def _become(program: Program, environment: Mapping[str, str], *, terminal: int, report: int) -> NoReturn:
    """Be the program, or tell by an error number why not."""
    try:
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        for stream in range(3):
            os.dup2(terminal, stream)
        for number in signal.valid_signals():
            with contextlib.suppress(OSError, ValueError):  # SIGKILL and SIGSTOP, and what a C library keeps for itself
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execve(program.file, program.words, environment)  # noqa: S606 - the account's own shell
    except OSError as error:
        os.write(report, b"%d" % (error.errno or 0))
    finally:
        os._exit(_NOT_EXECUTED)
