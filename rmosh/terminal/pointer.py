"""The mouse pointer's shape (OSC 22): set by name as xterm does, or kept and brought back as kitty does."""

import re
from typing import Final

#: What a shape may be called, X's names and CSS's alike. Source: X's cursorfont.h, kitty's "Mouse pointer shapes".
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")

#: Most shapes kept. Source: kitty keeps 16.
_MOST_KEPT: Final = 16


class PointerShape:
    """The shape that a program asks for, with those below it."""

    def __init__(self) -> None:
        self._shapes = [""]

    @property
    def name(self) -> str:
        """The shape's name; "" as the terminal likes."""
        return self._shapes[-1]

    def reset(self) -> None:
        """Ask for nothing any more."""
        self._shapes = [""]

    def count_on(self, name: str) -> None:
        """Take over what was asked for before."""
        self._shapes = [name]

    def execute(self, rest: str) -> None:
        """OSC 22: set (also `=`), keep one more (`>`), or go back to the one below (`<`); questions get no answer."""
        action, names = (rest[0], rest[1:]) if rest[:1] in ("=", ">", "<", "?") else ("=", rest)
        wanted = [name for name in names.split(",", _MOST_KEPT)[:_MOST_KEPT] if _NAME.fullmatch(name)]
        if action == "=":
            self._shapes[-1] = wanted[0] if wanted else ""
        elif action == ">":
            self._shapes += wanted
            del self._shapes[:-_MOST_KEPT]
        elif action == "<" and len(self._shapes) > 1:
            self._shapes.pop()
