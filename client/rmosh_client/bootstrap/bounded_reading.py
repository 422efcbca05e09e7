"""Reading what a host says to its end, however much that is."""

from typing import Final, Protocol

#: Bytes read at once.
_CHUNK: Final = 8192


class Readable(Protocol):
    """What bytes are read from: asyncssh's and asyncio's streams."""

    async def read(self, most: int, /) -> bytes: ...


async def read_end(stream: Readable, *, limit: int) -> bytes:
    """Read to the end of a stream and return its last bytes."""
    kept = b""
    while data := await stream.read(_CHUNK):
        kept = (kept + data)[-limit:]
    return kept
