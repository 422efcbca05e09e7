"""The channels of a session, all in one table: which there are, and which ends a role has.

A line names the end at a client, the one at a server towards a client that types, and the one towards a client that
only reads. What a reader has no end for it cannot do: what it says of that is acknowledged, and changes nothing.
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Final

from rmosh.channels.channel import Channel, ClientSide, Ends, ServerSide, Unheard
from rmosh.channels.closing.ends import CloseAtClient, CloseAtServer, CloseTowardsReader
from rmosh.channels.echo.ends import EchoAtClient, EchoAtServer
from rmosh.channels.history.ends import HistoryAtClient, HistoryAtServer
from rmosh.channels.input.ends import InputAtClient, InputAtServer
from rmosh.channels.newest.ends import (
    ColoursAtClient,
    ColoursAtServer,
    PeopleAtClient,
    PeopleAtServer,
    ReadsAtClient,
    ReadsAtServer,
    TerminalAtClient,
    TerminalAtServer,
    WindowAtClient,
    WindowAtServer,
)
from rmosh.channels.screen.ends import ScreenAtClient, ScreenAtServer
from rmosh.channels.streams.ends import StreamsAtClient, StreamsAtServer
from rmosh.transport.frame_table import FrameTable


class Role(Enum):
    """What a client was let in for."""

    TYPIST = auto()
    READER = auto()


def frames_of(channels: Sequence[Channel]) -> FrameTable:
    """Return the protocol of somebody who has these channels."""
    return FrameTable(dict.fromkeys(kind for each in channels for kind in (*each.client.takes, *each.typist.takes)))


#: All of them, in an order in which each end finds those that it builds upon above it.
CHANNELS: Final = (
    #       name        at a client       towards a typist  towards a reader
    Channel("input",    InputAtClient,    InputAtServer,    None),
    Channel("echo",     EchoAtClient,     EchoAtServer,     None),
    Channel("window",   WindowAtClient,   WindowAtServer,   WindowAtServer),
    Channel("colours",  ColoursAtClient,  ColoursAtServer,  None),
    Channel("terminal", TerminalAtClient, TerminalAtServer, None),
    Channel("reads",    ReadsAtClient,    ReadsAtServer,    ReadsAtServer),
    Channel("people",   PeopleAtClient,   PeopleAtServer,   PeopleAtServer),
    Channel("screen",   ScreenAtClient,   ScreenAtServer,   ScreenAtServer),
    Channel("history",  HistoryAtClient,  HistoryAtServer,  HistoryAtServer),
    Channel("streams",  StreamsAtClient,  StreamsAtServer,  None),
    Channel("closing",  CloseAtClient,    CloseAtServer,    CloseTowardsReader),
)  # fmt: skip

#: Who ends a session by quitting, and whom quitting does not throw out of it. Only their windows are the terminal's.
_HOLDS_THE_SESSION: Final = frozenset({Role.TYPIST})

#: Every frame of the protocol.
FRAMES: Final = frames_of(CHANNELS)


def ends_of_client(side: ClientSide) -> Ends:
    """Return a client's ends."""
    for channel in CHANNELS:
        side.ends.add(channel.name, channel.client(side))
    return side.ends


def ends_towards(role: Role, side: ServerSide) -> Ends:
    """Return a server's ends towards a client with a role."""
    for channel in CHANNELS:
        end = channel.reader if role is Role.READER else channel.typist
        side.ends.add(channel.name, Unheard(channel.typist.takes) if end is None else end(side))
    return side.ends


def holds_the_session(role: Role) -> bool:
    """Tell whether the session goes on for a client with this role, and may have the size of its window."""
    return role in _HOLDS_THE_SESSION
