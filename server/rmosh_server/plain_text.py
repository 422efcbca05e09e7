"""Text that may be shown: nothing in it moves a cursor, begins a line or ends an escape sequence."""

from typing import Final

#: Longest name of a client that is kept, in characters. Reason: an IPv6 address fits; PEOPLE frames carry less of it.
MAX_CLIENT_NAME: Final = 64


def plain(text: str, *, limit: int | None = None) -> str:
    """Return a text without what is unprintable, at most so many characters."""
    return "".join([character for character in text if character.isprintable()])[:limit]


def client_name(text: str) -> str:
    """Return what other clients are shown as a client's name."""
    return plain(text, limit=MAX_CLIENT_NAME)
