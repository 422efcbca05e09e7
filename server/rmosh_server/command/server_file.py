"""The user's wishes for all sessions on this host: ~/.config/rmosh/server.toml.

client_timeout = "14d"     # forget a client that was not heard for so long: it attaches anew, the session goes on
idle_timeout = "30d"       # end a session that no client was at for so long; without it, it is kept
history_lines = 50000      # keep so many of the lines that scrolled off
history_bytes = 16777216   # ... and no more of them than take so many bytes of memory, packed
screen_checksums = true    # let programs ask for checksums of the screen (DECRQCRA), as terminal tests do

A mistake in it is told at the login and keeps nobody out.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from rmosh.settings_file import MAX_FILE_BYTES, check_kind, no_setting, parse_settings, shown, told
from rmosh.spans import parse_span
from rmosh_server.serving.settings import MAX_BYTES_ASKED, MAX_LINES_ASKED, Settings

#: Where the file is, below $XDG_CONFIG_HOME or ~/.config. Source: XDG Base Directory Specification.
SERVER_FILE: Final = os.path.join("rmosh", "server.toml")


def read_settings(environment: Mapping[str, str], home: str) -> tuple[Settings, list[str]]:
    """Read the file; return what it says, and what to tell the user of it. What it says wrongly is as without it."""
    path = os.path.join(environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), SERVER_FILE)
    try:
        with open(path, "rb", opener=_without_waiting) as opened:
            check_kind(os.fstat(opened.fileno()).st_mode)
            values = parse_settings(opened.read(MAX_FILE_BYTES + 1))
    except FileNotFoundError:
        return Settings(), []
    except OSError as error:
        return Settings(), told(path, [error.strerror or str(error)])
    except ValueError as error:
        return Settings(), told(path, [str(error)])
    understood: dict[str, Any] = {}
    mistakes = []
    for name, value in values.items():
        if name not in _READERS:
            mistakes.append(no_setting(name, _READERS))
            continue
        try:
            understood[name] = _READERS[name](value)
        except ValueError as error:
            mistakes.append(f"{name}: {error}")
    return Settings(**understood), told(path, mistakes)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _duration(value: object) -> float:
    return parse_span(str(value))


def _up_to(limit: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limit:
            raise ValueError(f"it is a number from 0 to {limit}, not {shown(value)}")
        return value

    return read


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"it is true or false, not {shown(value)}")
    return value


#: Setting -> how its value is read.
_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "idle_timeout": _duration,
    "history_lines": _up_to(MAX_LINES_ASKED),
    "history_bytes": _up_to(MAX_BYTES_ASKED),
    "client_timeout": _duration,
    "screen_checksums": _yes_or_no,
}
