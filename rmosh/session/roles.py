"""What a client may do in a session, by its role: what is not in these tables, it cannot do.

A frame that a client's role does not let it say is acknowledged and changes nothing: a guest that types by mistake
shall not lose its connection over it.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.history.frames import HistoryWant
from rmosh.channels.input.frames import Input
from rmosh.channels.newest.frames import Colours, Reads, Terminal, Window
from rmosh.channels.screen.frames import ScreenAck
from rmosh.transport.frame_type import WireFrame


class Role(Enum):
    """What a client was let in for."""

    TYPIST = auto()
    READER = auto()


#: What says what a client sees itself, and that it goes.
_LOOKING: Final = frozenset({ScreenAck, HistoryWant, Window, Reads, Close})

_SAYS: Final[Mapping[Role, frozenset[type[WireFrame]]]] = {
    Role.TYPIST: _LOOKING | {Input, Colours, Terminal},
    Role.READER: _LOOKING,
}

#: What a client of any role sends, besides what the endpoint takes itself.
FROM_A_CLIENT: Final = frozenset[type[WireFrame]]().union(*_SAYS.values())

#: Who ends a session by quitting, and whom quitting does not throw out of it. Only their windows are the terminal's.
_HOLDS_THE_SESSION: Final = frozenset({Role.TYPIST})


def may_say(role: Role, frame: WireFrame) -> bool:
    """Tell whether a frame of a client with this role does anything."""
    return type(frame) in _SAYS[role]


def holds_the_session(role: Role) -> bool:
    """Tell whether the session goes on for a client with this role, and may have the size of its window."""
    return role in _HOLDS_THE_SESSION


def wants_the_end(role: Role, close: Close) -> bool:
    """Tell whether a client's goodbye asks for the session's end, and it may ask for that."""
    return close.kind is CloseKind.CLIENT_QUIT and holds_the_session(role)
