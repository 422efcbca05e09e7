"""What a process is given to open files with: what is said where that is used up, and streams that came closed."""

import contextlib
import errno
import os

from rmosh.errors import BootstrapError, Stage


def too_many_files(error: BaseException) -> BootstrapError | None:
    """Return what an error means where that is it, or led to it; None where it is another."""
    reason: BaseException | None = error
    while reason is not None:
        if isinstance(reason, OSError) and reason.errno in (errno.EMFILE, errno.ENFILE):
            return BootstrapError(Stage.USAGE, "too many files are open", hint="raise the limit, as with ulimit -n 256")
        reason = reason.__cause__ or reason.__context__
    return None


def point_at_null(*descriptors: int) -> None:
    """Let descriptors lead nowhere: who had the other ends sees that they are gone."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def own_terminal(descriptor: int) -> int | None:
    """Return a descriptor of our own for a terminal; None where it is none, or has no name here.

    It never waits, while what is shared would until all is written that it is given: select() tells only that a
    terminal takes something. Found out with Linux 6.18.
    """
    if not os.isatty(descriptor):
        return None
    with contextlib.suppress(OSError):
        return os.open(os.ttyname(descriptor), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    return None


def fill_closed_streams() -> None:
    """Open the null device where a standard stream is closed, else a socket would come to stand there.

    uvloop 0.23 aborts the process that closes such a one.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
