"""What `-v` shows, and where. Without -v and -E nothing of Python's logging is loaded: it is 1 MB of memory."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rmosh_client.bootstrap.stages import tell_session

if TYPE_CHECKING:
    from rmosh_client.bootstrap.log_handlers import ScreenHandler

#: What writes on the screen, where something does.
_on_screen: "ScreenHandler | None" = None


def log_login(verbosity: int, file: str | None = None) -> None:
    """Log the login for the user where that is wished.

    Args:
        verbosity: how often -v was given: for stages, what the SSH library says, and all of that.
        file: log to the end of this one instead of the screen.

    Raises:
        BootstrapError: that file cannot be written.
    """
    if not verbosity and file is None:
        return
    from rmosh_client.bootstrap.log_handlers import ScreenHandler, begin, file_handler

    global _on_screen
    handler = ScreenHandler() if file is None else file_handler(file)
    _on_screen = handler if isinstance(handler, ScreenHandler) else None
    begin(handler, verbosity)


def hush() -> None:
    """Log nothing more on the screen: it belongs to the session."""
    if _on_screen is not None:
        _on_screen.is_hushed = True


def leave_screen(create: Callable[[], str]) -> None:
    """Log on into a file, where anything is logged on the screen: that belongs to the session now.

    Args:
        create: makes the file and returns its path, or raises OSError.
    """
    if _on_screen is not None and not _on_screen.is_hushed:
        from rmosh_client.bootstrap.log_handlers import add, to_file

        try:
            path = create()
            goes_on = to_file(path)
        except OSError as error:
            tell_session(f"nothing more is told, no file can be made for it: {error.strerror}")
        else:
            tell_session(f"what follows is told in {path}")
            add(goes_on)
    hush()
