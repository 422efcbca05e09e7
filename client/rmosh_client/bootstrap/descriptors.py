"""What a process is given to open files with: what is said where that is used up, and streams that came closed."""

import errno
import os

from rmosh.errors import BootstrapError, Stage


def too_many_files(error: OSError) -> BootstrapError | None:
    """Return what an error means where that is it, None where it is another."""
    if error.errno not in (errno.EMFILE, errno.ENFILE):
        return None
    return BootstrapError(Stage.USAGE, "too many files are open", hint="raise the limit, as with ulimit -n 256")


def fill_closed_streams() -> None:
    """Open the null device where a standard stream is closed, else a socket would come to stand there.

    uvloop 0.23 aborts the process that closes such a one.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
