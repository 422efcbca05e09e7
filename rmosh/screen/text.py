"""Strings of a screen as UTF-8 that is safe to write to a terminal: no control character gets through.

The encoder replaces what must not be sent, so that nothing a program prints can stop the session;
the decoder refuses it, so that nothing a peer sends can act on the user's terminal.
"""

import re
from typing import Final

from rmosh.errors import Malformed
from rmosh.wire import Reader, append_bytes

#: C0, DEL and C1: what a terminal would act on instead of showing it. Source: ECMA-48 section 5.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")

#: The same but for the tab, which lines of history may hold.
_CONTROL_BUT_TAB: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")

#: What stands for a character that must not be sent. Source: Unicode, REPLACEMENT CHARACTER.
_REPLACEMENT: Final = "\ufffd"


def encoded_text(text: str, *, with_tabs: bool = False) -> bytes:
    """Return the UTF-8 of a text, with replacements for control characters and lone surrogates."""
    return _control(with_tabs=with_tabs).sub(_REPLACEMENT, text).encode("utf-8", "replace")


def append_text(buffer: bytearray, text: str, *, with_tabs: bool = False) -> None:
    """Append a text of any length behind its length in bytes."""
    append_bytes(buffer, encoded_text(text, with_tabs=with_tabs))


def append_cut_text(buffer: bytearray, text: str, *, limit: int) -> None:
    """Append a text behind its length, cut after the last character that ends within `limit` bytes."""
    encoded = encoded_text(text)
    if len(encoded) > limit:
        encoded = encoded[:limit].decode("utf-8", "ignore").encode()
    append_bytes(buffer, encoded)


def read_text(reader: Reader, *, limit: int, with_tabs: bool = False) -> str:
    """Take a text of at most `limit` bytes behind its length.

    Raises:
        Malformed: it is longer, cut short, not UTF-8, or holds a control character.
    """
    return checked_text(reader.counted_bytes(limit=limit), with_tabs=with_tabs)


def checked_text(untrusted: bytes, *, with_tabs: bool = False) -> str:
    """Return a text's UTF-8 as a text.

    Raises:
        Malformed: it is not UTF-8, or holds a control character.
    """
    try:
        text = untrusted.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"a text is not UTF-8: {error}") from error
    if found := _control(with_tabs=with_tabs).search(text):
        raise Malformed(f"a text holds the control character U+{ord(found[0]):04X}")
    return text


def _control(*, with_tabs: bool) -> re.Pattern[str]:
    return _CONTROL_BUT_TAB if with_tabs else _CONTROL
