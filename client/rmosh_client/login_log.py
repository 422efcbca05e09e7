"""What `-v` shows of the login, and what it must not do to the terminal: a server's words are in it."""

import logging

from rmosh.errors import BootstrapError, Stage


def log_login(verbosity: int, file: str | None = None) -> None:
    """Log the login for the user, or nothing at all: Python's own last resort would write over the session.

    Args:
        verbosity: how often -v was given.
        file: log to the end of this one instead of the screen.

    Raises:
        BootstrapError: that file cannot be written.
    """
    if not verbosity and file is None:
        logging.getLogger().addHandler(logging.NullHandler())
        return
    handler: logging.Handler = logging.StreamHandler() if file is None else _file_handler(file)
    handler.addFilter(_made_printable)
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)]
    logging.basicConfig(level=level, format="%(message)s", handlers=[handler])


def _file_handler(file: str) -> logging.FileHandler:
    try:
        return logging.FileHandler(file, encoding="utf-8")
    except OSError as error:
        raise BootstrapError(Stage.USAGE, f"cannot log to {file}: {error.strerror}", hint="check -E") from None


def hush() -> None:
    """Log nothing more: the screen belongs to the session."""
    logging.disable()


def _made_printable(record: logging.LogRecord) -> bool:
    from .bootstrap.prompts import printable

    record.msg, record.args = printable(record.getMessage()), None
    return True
