"""Where no file can be opened any more: what is said then."""

import errno

from rmosh.errors import BootstrapError, Stage


def too_many_files(error: OSError) -> BootstrapError | None:
    """Return what an error means where that is it, None where it is another."""
    if error.errno not in (errno.EMFILE, errno.ENFILE):
        return None
    return BootstrapError(Stage.USAGE, "too many files are open", hint="raise the limit, as with ulimit -n 256")
