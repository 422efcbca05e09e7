"""Patterns of names, users and commands. Source: ssh_config(5), PATTERNS."""

import re
from collections.abc import Iterable
from typing import Final

_WILD: Final = {"*": ".*", "?": "."}

#: Several of these are one, and would take for ever beside a name that does not match.
_STARS: Final = re.compile(r"\*+")


def pattern(text: str) -> re.Pattern[str]:
    """Return what matches as the pattern does."""
    return re.compile("".join(_WILD.get(char, re.escape(char)) for char in _STARS.sub("*", text)), re.DOTALL)


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns matches, and none that a ! stands before."""
    matched = False
    for wanted in patterns:
        if pattern(wanted.removeprefix("!")).fullmatch(name):
            if wanted.startswith("!"):
                return False
            matched = True
    return matched
