"""The user's wishes for all sessions on this host: ~/.config/rmosh/server.toml.

client_timeout = "14d"     # forget a client that was not heard for so long: it attaches anew, the session goes on
idle_timeout = "30d"       # end a session that no client was at for so long; without it, it is kept
history_lines = 50000      # keep so many of the lines that scrolled off
history_bytes = 16777216   # ... and no more of them than take so many bytes of memory, packed
screen_checksums = true    # let programs ask for checksums of the screen (DECRQCRA), as terminal tests do
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh.history.bounds import DEFAULT_MAX_BYTES, DEFAULT_MAX_LINES
from rmosh.session.policy import CLIENT_TIMEOUT, NEVER
from rmosh.spans import parse_span

#: Where the file is, below $XDG_CONFIG_HOME or ~/.config. Source: XDG Base Directory Specification.
FILE: Final = os.path.join("rmosh", "server.toml")

#: Most that the file may ask for: lines and bytes. Reason: a slip of a digit must not eat the host's memory.
MAX_HISTORY_LINES: Final = 10_000_000
MAX_HISTORY_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file says.

    Attributes:
        idle_timeout: seconds without a client after which a session is ended.
        history_lines, history_bytes: how much is kept of what scrolled off.
        client_timeout: seconds of silence after which a client is forgotten.
        screen_checksums: programs may ask for checksums of the screen, and so learn what another has shown.
    """

    idle_timeout: float = NEVER
    history_lines: int = DEFAULT_MAX_LINES
    history_bytes: int = DEFAULT_MAX_BYTES
    client_timeout: float = CLIENT_TIMEOUT
    screen_checksums: bool = False


def read_settings(environment: Mapping[str, str], home: str) -> Settings:
    """Read the file; without one everything is as usual.

    Raises:
        BootstrapError: it cannot be read, or says what nobody understands.
    """
    path = os.path.join(environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), FILE)
    try:
        with open(path, "rb") as opened:
            content = opened.read()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    return _understood(content, path)


def _understood(content: bytes, path: str) -> Settings:
    if sys.version_info >= (3, 11):  # most hosts have no such file and need no parser
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]
    try:
        values = tomllib.loads(content.decode("utf-8"))
        known = [field.name for field in fields(Settings)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ValueError(f"there is no setting {unknown[0]}: {', '.join(known)} are all there are")
        return Settings(
            idle_timeout=_duration(values, "idle_timeout", NEVER),
            history_lines=_bounded(values, "history_lines", DEFAULT_MAX_LINES, limit=MAX_HISTORY_LINES),
            history_bytes=_bounded(values, "history_bytes", DEFAULT_MAX_BYTES, limit=MAX_HISTORY_BYTES),
            client_timeout=_duration(values, "client_timeout", CLIENT_TIMEOUT),
            screen_checksums=_yes_or_no(values, "screen_checksums"),
        )
    except ValueError as error:
        raise _unusable(path, str(error)) from error


def _duration(values: Mapping[str, object], name: str, default: float) -> float:
    return parse_span(str(values[name])) if name in values else default


def _bounded(values: Mapping[str, object], name: str, default: int, *, limit: int) -> int:
    value = values.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limit:
        raise ValueError(f"{name} is a number from 0 to {limit}, not {value!r}")
    return value


def _yes_or_no(values: Mapping[str, object], name: str) -> bool:
    value = values.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is true or false, not {value!r}")
    return value


def _unusable(path: str, why: str) -> BootstrapError:
    return BootstrapError(Stage.SERVER_FAILED, f"{path}: {why}", hint="correct the file, or move it away")
