"""Where a log goes that is wished for: the screen, or a file. What a server says in it must not steer the terminal."""

import logging
import sys
from typing import TYPE_CHECKING, TextIO

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.stages import STAGES

if TYPE_CHECKING:
    _StreamHandler = logging.StreamHandler[TextIO]
else:
    _StreamHandler = logging.StreamHandler  # it has had a type to name since Python 3.11 only


class ScreenHandler(_StreamHandler):
    """Writes on standard error, until hushed; a terminal may be raw by then.

    Attributes:
        is_hushed: it writes nothing more.
    """

    terminator = "\r\n" if sys.stderr is not None and sys.stderr.isatty() else "\n"

    def __init__(self) -> None:
        super().__init__()
        self.is_hushed = False
        self.addFilter(_made_printable)

    def emit(self, record: logging.LogRecord) -> None:
        if not self.is_hushed:
            super().emit(record)


def begin(handler: logging.Handler, verbosity: int) -> None:
    """Log what is wished for, see `log_login`, by this handler."""
    logging.getLogger(STAGES).setLevel(logging.INFO if verbosity else logging.WARNING)
    level = (logging.WARNING, logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 3)]
    logging.raiseExceptions = False  # a full disk costs lines of the log: a traceback would be drawn over the session
    logging.basicConfig(level=level, format="%(message)s", handlers=[handler])


def file_handler(file: str) -> logging.FileHandler:
    """Return what writes at the end of a file that the user named.

    Raises:
        BootstrapError: it cannot be written.
    """
    try:
        return to_file(file)
    except OSError as error:
        raise BootstrapError(Stage.USAGE, f"cannot log to {file}: {error.strerror}", hint="check -E") from None


def add(handler: logging.Handler) -> None:
    """Log by this handler as well."""
    logging.getLogger().addHandler(handler)


def to_file(file: str) -> logging.FileHandler:
    """Return what writes at the end of a file.

    Raises:
        OSError: it cannot be written.
    """
    handler = logging.FileHandler(file, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    handler.addFilter(_made_printable)
    return handler


def _made_printable(record: logging.LogRecord) -> bool:
    from rmosh_client.bootstrap.prompts import printable

    record.msg, record.args = printable(record.getMessage()), None
    return True
