"""What may stand in a string that a program sends: nothing that could end it, or begin another."""

import re
from typing import Final

#: What a URL spells as it is of a path, and of a host. Source: RFC 3986 sections 2.3 and 3.3.
_SPELLED_OUT: Final = re.compile(rb"[^A-Za-z0-9/._~-]")
_NO_HOST: Final = re.compile(r"[^A-Za-z0-9.:-]")

#: Longest text of one OSC 66, in characters. Source: kitty takes 4096 bytes.
MAX_SIZED_TEXT: Final = 4096


def printable(text: str, length: int) -> str:
    """Return text of at most `length` characters without any control character."""
    return "".join([character for character in text[:length] if character >= " " and not "\x7f" <= character <= "\x9f"])


def sized_text(untrusted: str) -> str:
    """Return the text of an OSC 66, which says behind some metadata what to draw in another size; "" for none.

    No size but one is shown here, and terminals that know none leave the text out; a heading is better small than lost.
    """
    return printable(untrusted.partition(";")[2], MAX_SIZED_TEXT)


def location_of(path: str, *, host: str) -> str:
    """Return the file URL of a path on a host, as OSC 7 tells it."""
    spelled = _SPELLED_OUT.sub(lambda match: b"%%%02X" % match[0][0], path.encode("utf-8", "replace"))
    return f"file://{_NO_HOST.sub('', host)}{spelled.decode('ascii')}"
