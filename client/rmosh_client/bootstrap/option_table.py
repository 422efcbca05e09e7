"""An SSH configuration's evaluated options, read as text, numbers, flags and lists."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from rmosh.errors import BootstrapError, Stage

_NEXT_FILE: Final = re.compile(" (?=[/~])")

#: A time's parts and their seconds. Source: sshd_config(5), TIME FORMATS.
_PART: Final = re.compile("([0-9]+)([smhdw]?)")
_TIME: Final = re.compile(f"(?:{_PART.pattern})+", re.IGNORECASE)
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class OptionTable:
    """Keyword to values, as `ssh -G` prints them: lower-case keywords, one value a line.

    Attributes:
        expanded: keywords whose values hold no tokens any more: what looks like one is meant.
    """

    def __init__(self, values: Mapping[str, Sequence[str]], *, expanded: frozenset[str] = frozenset()) -> None:
        self._values = values
        self.expanded = expanded

    def first(self, keyword: str) -> str | None:
        """Return the first value as it stands, None where there is none."""
        values = self._values.get(keyword)
        return values[0] if values else None

    def text(self, keyword: str, default: str = "") -> str:
        """Return the first value; `none` counts as the default, as in ssh_config(5)."""
        value = self.first(keyword)
        return default if value is None or value.lower() == "none" else value

    def flag(self, keyword: str, *, default: bool) -> bool:
        value = self.text(keyword, "yes" if default else "no").lower()
        return value in ("yes", "true", "on", "1")

    def number(self, keyword: str, default: float) -> float:
        value = self.text(keyword)
        try:
            return float(value) if value else default
        except ValueError:
            raise unusable(keyword, value) from None

    def seconds(self, keyword: str, default: float) -> float:
        value = self.text(keyword)
        return float(seconds_of(value)) if _TIME.fullmatch(value) else self.number(keyword, default)

    def many(self, keyword: str) -> tuple[str, ...]:
        """Return every value, `none` left out."""
        return tuple(value for value in self._values.get(keyword, ()) if value.lower() != "none")

    def files(self, keyword: str) -> tuple[str, ...]:
        """Return the files of a value that lists several; `ssh -G` prints them without the quotes around a blank.

        So a blank inside a list of absolute names parts two of them only before a `/` or a `~`.
        """
        value = self.text(keyword)
        return tuple(_NEXT_FILE.split(value)) if value.startswith(("/", "~")) else tuple(value.split())

    def names(self, keyword: str) -> tuple[str, ...]:
        """Return the names of a comma-separated value."""
        return tuple(name for name in self.text(keyword).split(",") if name)


def seconds_of(time: str) -> int:
    """Return how long a time such as 1h30m is."""
    return sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(time.lower()))


def unusable(keyword: str, value: str) -> BootstrapError:
    """Return what to raise for a value that means nothing."""
    return BootstrapError(Stage.USAGE, f"the SSH configuration sets {keyword} to {value!r}, which means nothing here")
