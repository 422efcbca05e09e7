"""Short names for the variables of functions, which saves a twentieth of the archive.

Tracebacks name functions, and these keep their names.
"""

import ast
import builtins
import keyword
from collections.abc import Iterator
from itertools import chain, product
from string import ascii_lowercase
from typing import Final

_BUILT_IN: Final = frozenset(dir(builtins))


class Variables:
    """The names in one function, with all functions inside it."""

    def __init__(self) -> None:
        self._places: dict[str, list[ast.Name | ast.ExceptHandler]] = {}
        self._assigned = set[str]()
        self._kept = set[str]()

    def used(self, node: ast.Name) -> None:
        """Take note of a place where a name stands."""
        self._places.setdefault(node.id, []).append(node)
        if isinstance(node.ctx, ast.Store):
            self._assigned.add(node.id)

    def caught(self, node: ast.ExceptHandler) -> None:
        """Take note of an error's name."""
        if node.name is not None:
            self._places.setdefault(node.name, []).append(node)
            self._assigned.add(node.name)

    def keep(self, *names: str) -> None:
        """Take note of names that somebody else uses: arguments, what is imported, what is defined inside."""
        self._kept.update(names)

    def shorten(self, elsewhere: set[str]) -> None:
        """Give each variable a short name, the same wherever it stands.

        Args:
            elsewhere: names of the module, which are the same in a function.
        """
        kept = self._kept | elsewhere | _BUILT_IN
        free = (name for name in _short_names() if name not in self._places and name not in kept)
        for name in self._places:
            if name in self._assigned and name not in kept and len(name) > 1:
                short = next(free)
                for place in self._places[name]:
                    if isinstance(place, ast.Name):
                        place.id = short
                    else:
                        place.name = short


def _short_names() -> Iterator[str]:
    pairs = map("".join, product(ascii_lowercase, repeat=2))
    return (name for name in chain(ascii_lowercase, pairs) if not keyword.iskeyword(name))
