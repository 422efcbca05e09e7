"""Text of a peer's on its way to the user's terminal: nothing in it may act on that."""

import re
from typing import Final

#: What must never reach a terminal as text: C0, DEL, C1, lone surrogates, line and paragraph separators.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")

#: Shown in place of what must not be shown. Source: Unicode 3.0, REPLACEMENT CHARACTER.
REPLACEMENT: Final = "\ufffd"


def cleaned(text: str) -> str:
    """Return a text with a sign in place of each character that must not be shown."""
    return _UNPRINTABLE.sub(REPLACEMENT, text)


def printable(text: str, *, limit: int) -> str:
    """Return text for a title or the like: nothing unprintable, at most `limit` characters."""
    return _UNPRINTABLE.sub("", text[:limit])
