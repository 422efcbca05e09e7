"""A file of settings, in TOML, read so that a mistake in it costs what it is about and nothing else.

The one door to tomllib, which is loaded only where there is a file.
"""

import stat
import sys
from collections.abc import Collection, Sequence
from typing import Final

from .near_words import did_you_mean

#: Largest file that is read, in bytes. Reason: one written by hand has a few kB.
MAX_FILE_BYTES: Final = 1 << 20

#: Most mistakes of a file that are told, and most characters of each.
_TOLD: Final = 3
_LONGEST: Final = 300


def check_kind(mode: int) -> None:
    """Refuse what is no file, by its st_mode: whoever reads a pipe or a device may wait for ever.

    Raises:
        ValueError: it is none.
    """
    if not stat.S_ISREG(mode):
        raise ValueError("it is not a regular file")


def parse_settings(content: bytes) -> dict[str, object]:
    """Return what the file says.

    Raises:
        ValueError: it is not TOML; tells where.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(f"it has more than {MAX_FILE_BYTES} bytes")
    try:
        return dict(tomllib.loads(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"it is not UTF-8 text (at line {line})") from None
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
        quotes = ": a text needs quotes" if reason.startswith("Invalid value") else ""
        raise ValueError(f"it is not TOML: {reason[:1].lower()}{reason[1:]}{quotes}") from None
    except RecursionError:
        raise ValueError("its tables and lists are nested too deeply") from None


def shown(value: object) -> str:
    """Return a value as the file has it, for a message."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str) else str(value)


def no_setting(name: str, known: Collection[str]) -> str:
    """Return what is wrong with a name that means nothing."""
    return f"there is no setting {name!r}{did_you_mean(name, known) or ': there are ' + ', '.join(known)}"


def told(path: str, mistakes: Sequence[str]) -> list[str]:
    """Return one line about all mistakes of a file, or none."""
    if not mistakes:
        return []
    shown = "; ".join(mistake[:_LONGEST] for mistake in mistakes[:_TOLD])
    more = f"; and {len(mistakes) - _TOLD} more" if len(mistakes) > _TOLD else ""
    return [f"{path}: {shown}{more} (left out)"]
