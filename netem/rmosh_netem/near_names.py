"""What is said of a name that there is not."""

import difflib
from collections.abc import Collection


def nearest(name: str, known: Collection[str]) -> str:
    """Return the name that was likely meant; "" where none is like it."""
    return next(iter(difflib.get_close_matches(name, known, n=1)), "")


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return the question that ends a sentence about such a name; "" where none is like it."""
    near = nearest(name, known)
    return f", did you mean {near}?" if near else ""


def no_such(kind: str, name: str, known: Collection[str]) -> str:
    """Return that there is none, with the name that was likely meant, or with all that there are."""
    return f"there is no {kind} {name!r}{did_you_mean(name, known) or ': choose from ' + ', '.join(known)}"
