"""The channel of SSH that a session was announced in goes on as one more path: it carries the same sealed datagrams.

They come from the session's process and go there by a socket; what has to wait in the channel waits in the session.
"""

import asyncio
import contextlib
import socket
from typing import Final

from rmosh.datagram_stream import MAX_DATAGRAM, DatagramStream, framed, opening_line
from rmosh.errors import Malformed
from rmosh_client.bootstrap.login_channel import LoginChannel
from rmosh_client.bootstrap.prompts import printable

#: Bytes read from the channel at once.
_CHUNK: Final = 65536

#: Most datagrams of the session that leave in one packet of SSH. Reason: a window of keys; a packet holds 32 KiB.
_TOGETHER: Final = 16

#: Most characters of an error's own words.
_MOST_WORDS: Final = 200


async def carry(channel: LoginChannel, endpoint: socket.socket) -> str:
    """Carry datagrams between a channel and a session's socket until either is over; return in words which, and why.

    Cancelling it ends it as well; the channel is closed in any case.
    """
    endpoint.setblocking(False)
    ways = [asyncio.ensure_future(_to_host(channel, endpoint)), asyncio.ensure_future(_to_session(channel, endpoint))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        return next(_why(way) for way in ways if way.done())
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        channel.close()


async def _to_host(channel: LoginChannel, endpoint: socket.socket) -> str:
    loop = asyncio.get_running_loop()
    channel.writer.write(opening_line(channel.nonce))
    while data := await loop.sock_recv(endpoint, MAX_DATAGRAM):
        channel.writer.write(framed(data) + b"".join(map(framed, _more(endpoint))))
        await channel.writer.drain()
    return "the session is over"


def _more(endpoint: socket.socket) -> list[bytes]:
    """Return what else the session has sent by now."""
    datagrams: list[bytes] = []
    with contextlib.suppress(OSError):
        while len(datagrams) < _TOGETHER and (data := endpoint.recv(MAX_DATAGRAM)):
            datagrams.append(data)
    return datagrams


async def _to_session(channel: LoginChannel, endpoint: socket.socket) -> str:
    loop = asyncio.get_running_loop()
    stream, untrusted = DatagramStream(), channel.behind
    while True:
        for datagram in stream.feed(untrusted):
            await loop.sock_sendall(endpoint, datagram)
        if not (untrusted := await channel.reader.read(_CHUNK)):
            return "the SSH connection ended"


def _why(way: "asyncio.Future[str]") -> str:
    error = way.exception()
    if error is None:
        return way.result()
    if isinstance(error, Malformed):
        return f"what came in the SSH channel cannot be read: {error}"
    words = printable(str(error) or type(error).__name__)  # the far side may have chosen them
    return f"the SSH connection broke: {words[:_MOST_WORDS].lower()}"
