"""Text that may be shown: nothing in it moves a cursor, begins a line or ends an escape sequence."""

from typing import Final

#: Longest name of a client that is kept, in characters. Reason: an IPv6 address fits; PEOPLE frames carry less of it.
MAX_CLIENT_NAME: Final = 64

#: Longest remark that a user is told in one line, in characters. Reason: a path may be in it, and a few lines of it fit
#: a window.
MAX_REMARK: Final = 1000


def plain(text: str, *, limit: int | None = None) -> str:
    """Return a text without what is unprintable, at most so many characters."""
    return "".join([character for character in text if character.isprintable()])[:limit]


def remark(text: str) -> str:
    """Return what a user is told in one line, a stranger's words in it or not."""
    return plain(text, limit=MAX_REMARK)


def client_name(text: str) -> str:
    """Return what other clients are shown as a client's name."""
    return plain(text, limit=MAX_CLIENT_NAME)
