"""Packets between two ends over paths that lose, delay and move: sealing, loss, congestion, whatever channels say.

It knows no screen and no key; what is said is a channel's, which is handed in. Here a client greets a server:

>>> from random import Random
>>> from rmosh.announce import new_announce
>>> from rmosh.transport import *
>>> from rmosh.wire import append_bytes
>>> class Greeting(WireFrame):
...     def __init__(self, text):
...         self.text = text
>>> def write(buffer, frame):
...     append_bytes(buffer, frame.text)
>>> def read(reader):
...     return Greeting(reader.counted_bytes(limit=64))
>>> GREETING = FrameType(0x4D, "GREETING", Greeting, True, write, read)
>>> class Greeter(ChannelEnd):
...     def __init__(self):
...         self.newest = NewestSender(GREETING)
...         self.senders = ((Urgency.NEWS, self.newest),)
>>> class Greeted(ChannelEnd):
...     takes = (GREETING,)
...     def take(self, frame, *, now):
...         print(frame.text.decode())
>>> def endpoint(end, protection, routes):
...     return Endpoint(
...         protection=protection, routes=routes, frames=FrameTable([GREETING]), channels={"greeting": end},
...         deliver=lambda frames, now: Reception([end]).take(frames, now=now), answers_follow=False,
...     )
>>> here, there, entropy = Path(0, "192.0.2.1", 40000), Path(0, "192.0.2.2", 60001), Random(1).randbytes
>>> announce, greeter = new_announce(port=there.port, entropy=entropy(40)), Greeter()
>>> client = endpoint(greeter, PacketProtection.of_client(announce, entropy, now=0.0), SeekingRoutes([there]))
>>> server = endpoint(Greeted(), PacketProtection.of_server(announce, entropy, now=0.0), FollowingRoutes(entropy))
>>> greeter.newest.tell(Greeting(b"hello"))
>>> for datagram in client.datagrams_to_send(now=0.0):
...     server.receive_datagram(datagram.data, here, now=0.0)
hello

Stability: alpha. The wire is held compatible (`rmosh/PROTOCOL.md`); names and arguments may change with any 0.x.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rmosh.transport.channel import ChannelEnd, Reception, Urgency
    from rmosh.transport.endpoint import Endpoint
    from rmosh.transport.frame_table import FrameTable
    from rmosh.transport.frame_type import FrameType, WireFrame
    from rmosh.transport.newest import NewestSender
    from rmosh.transport.packet_protection import PacketProtection
    from rmosh.transport.path import Datagram, Path
    from rmosh.transport.routes import FollowingRoutes, SeekingRoutes

__all__ = [
    "ChannelEnd",
    "Datagram",
    "Endpoint",
    "FollowingRoutes",
    "FrameTable",
    "FrameType",
    "NewestSender",
    "PacketProtection",
    "Path",
    "Reception",
    "SeekingRoutes",
    "Urgency",
    "WireFrame",
]

#: Where each name is from. Loaded when asked for, so that who wants one module of this loads no other.
_HOMES: Final = {
    "ChannelEnd": "channel",
    "Datagram": "path",
    "Endpoint": "endpoint",
    "FollowingRoutes": "routes",
    "FrameTable": "frame_table",
    "FrameType": "frame_type",
    "NewestSender": "newest",
    "PacketProtection": "packet_protection",
    "Path": "path",
    "Reception": "channel",
    "SeekingRoutes": "routes",
    "Urgency": "channel",
    "WireFrame": "frame_type",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
