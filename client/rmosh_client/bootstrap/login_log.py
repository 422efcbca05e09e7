"""What `-v` shows, and where; what it must not do to the terminal: a server's words are in it."""

import logging
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.stages import STAGES, tell_session

_hushed = threading.Event()


def log_login(verbosity: int, file: str | None = None) -> None:
    """Log the login for the user, or nothing at all: Python's own last resort would write over the session.

    Args:
        verbosity: how often -v was given: for stages, what the SSH library says, and all of that.
        file: log to the end of this one instead of the screen.

    Raises:
        BootstrapError: that file cannot be written.
    """
    if not verbosity and file is None:
        logging.getLogger().addHandler(logging.NullHandler())
        return
    handler: logging.Handler = _ScreenHandler() if file is None else _file_handler(file)
    STAGES.setLevel(logging.INFO if verbosity else logging.WARNING)
    level = (logging.WARNING, logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 3)]
    logging.raiseExceptions = False  # a full disk costs lines of the log: a traceback would be drawn over the session
    logging.basicConfig(level=level, format="%(message)s", handlers=[handler])


def _file_handler(file: str) -> logging.FileHandler:
    try:
        return _to_file(logging.FileHandler(file, encoding="utf-8", errors="backslashreplace"))
    except OSError as error:
        raise BootstrapError(Stage.USAGE, f"cannot log to {file}: {error.strerror}", hint="check -E") from None


if TYPE_CHECKING:
    _StreamHandler = logging.StreamHandler[TextIO]
else:
    _StreamHandler = logging.StreamHandler  # it has had a type to name since Python 3.11 only


class _ScreenHandler(_StreamHandler):
    """Writes on standard error, until hushed; a terminal may be raw by then."""

    terminator = "\r\n" if sys.stderr is not None and sys.stderr.isatty() else "\n"

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(_made_printable)

    def emit(self, record: logging.LogRecord) -> None:
        if not _hushed.is_set():
            super().emit(record)


def hush() -> None:
    """Log nothing more on the screen: it belongs to the session."""
    _hushed.set()


def leave_screen(create: Callable[[], str]) -> None:
    """Log on into a file, where anything is logged on the screen: that belongs to the session now.

    Args:
        create: makes the file and returns its path, or raises OSError.
    """
    root = logging.getLogger()
    if any(isinstance(handler, _ScreenHandler) for handler in root.handlers) and not _hushed.is_set():
        try:
            path = create()
            goes_on = _to_file(logging.FileHandler(path, encoding="utf-8", errors="backslashreplace"))
        except OSError as error:
            tell_session(f"nothing more is told, no file can be made for it: {error.strerror}")
        else:
            tell_session(f"what follows is told in {path}")
            root.addHandler(goes_on)
    hush()


def _to_file(handler: logging.FileHandler) -> logging.FileHandler:
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    handler.addFilter(_made_printable)
    return handler


def _made_printable(record: logging.LogRecord) -> bool:
    from rmosh_client.bootstrap.prompts import printable

    record.msg, record.args = printable(record.getMessage()), None
    return True
