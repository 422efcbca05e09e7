"""Patterns of names, users and commands. Source: ssh_config(5), PATTERNS."""

import re
from collections.abc import Iterable
from typing import Final

_WILD: Final = {"*": ".*", "?": "."}


def pattern(text: str) -> re.Pattern[str]:
    """Return what matches as the pattern does."""
    return re.compile("".join(_WILD.get(char, re.escape(char)) for char in text), re.DOTALL)


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns matches, and none that a ! stands before."""
    matched = False
    for wanted in patterns:
        if pattern(wanted.removeprefix("!")).fullmatch(name):
            if wanted.startswith("!"):
                return False
            matched = True
    return matched
