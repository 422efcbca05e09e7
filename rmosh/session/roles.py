"""What a client was let in for; which channels that gives it stands in `channels.py`."""

from enum import Enum, auto
from typing import Final


class Role(Enum):
    """What a client may do."""

    TYPIST = auto()
    READER = auto()


#: Who ends a session by quitting, and whom quitting does not throw out of it. Only their windows are the terminal's.
_HOLDS_THE_SESSION: Final = frozenset({Role.TYPIST})


def holds_the_session(role: Role) -> bool:
    """Tell whether the session goes on for a client with this role, and may have the size of its window."""
    return role in _HOLDS_THE_SESSION
