"""What is said of a name that there is not."""

import difflib
from collections.abc import Collection


def no_such(kind: str, name: str, known: Collection[str]) -> str:
    """Return it, with the name that was likely meant, or with all that there are."""
    near = difflib.get_close_matches(name, known, n=1)
    rest = f", did you mean {near[0]}?" if near else f": choose from {', '.join(known)}"
    return f"there is no {kind} {name!r}{rest}"
