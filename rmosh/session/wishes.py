"""What a client's core asks of its driver, so that its server stays within reach."""

from rmosh.channels.channel import ClientEvent


class PathWanted(ClientEvent):
    """The paths in use seem dead; open a fresh local socket and add its paths."""

    __slots__ = ()


class StreamIdle(ClientEvent):
    """UDP has held for so long that no stream is needed beside it; close it and drop its path."""

    __slots__ = ()
