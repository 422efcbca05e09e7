"""Repeats and releases of keys that come when the program that asked for them has gone, or wants them no more.

The user's terminal learns of that half a round trip later, and a shell would take such an event for letters.
"""

import re
from typing import Final

#: A key with an event type behind its modifiers: 2 repeated, 3 released. Source: kitty keyboard protocol, event types.
_EVENT: Final = re.compile(rb"\x1b\[[0-9:]*;[0-9]*:[23](?:;[0-9:]*)?[~uA-S]")


def presses_of(typed: bytes) -> bytes:
    """Return what was typed without repeats and releases that are told as such."""
    return _EVENT.sub(b"", typed) if b"\x1b[" in typed else typed
