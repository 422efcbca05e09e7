"""What a process is given to open files with: what is said where that is used up, and streams that came closed."""

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


def fill_closed_streams() -> None:
    """Open the null device where a standard stream is closed, else a socket would come to stand there.

    uvloop 0.23 aborts the process that closes such a one.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
