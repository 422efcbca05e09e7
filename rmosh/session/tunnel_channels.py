"""The channels of a tunnel, a session without a terminal: streams, and that it is over.

They stand apart from those of `channels.py`, so that a tunnel's processes load neither terminal nor history.
"""

from collections.abc import Callable
from typing import Final

from rmosh.channels.channel import AnySide, AttachmentEvent, ClientEvent, Ends
from rmosh.channels.closing.bare_ends import BareCloseAtClient, BareCloseAtServer
from rmosh.channels.streams.ends import StreamsAtClient, StreamsAtServer
from rmosh.transport.frame_table import FrameTable

#: Every frame of a tunnel.
TUNNEL_FRAMES: Final = FrameTable((*StreamsAtClient.takes, *BareCloseAtClient.takes))


def tunnel_at_client(side: AnySide, tell: Callable[[ClientEvent], None]) -> Ends:
    """Return a tunnel's ends at its client."""
    side.ends.add("streams", StreamsAtClient(side))
    side.ends.add("closing", BareCloseAtClient(tell))
    return side.ends


def tunnel_at_server(side: AnySide, tell: Callable[[AttachmentEvent], None]) -> Ends:
    """Return a tunnel's ends at its server."""
    streams = StreamsAtServer(side)
    assert streams.streams.is_spoken  # there will be some: they are loaded now
    side.ends.add("streams", streams)
    side.ends.add("closing", BareCloseAtServer(tell))
    return side.ends
