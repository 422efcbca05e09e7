"""Datagrams between a session's socket and a channel of SSH."""

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable

import pytest

from rmosh.datagram_stream import DatagramStream, framed, opening_line
from rmosh_client.bootstrap.channel import carry
from rmosh_client.bootstrap.login_channel import LoginChannel

NONCE = "0123456789abcdef" * 2


class Host:
    """The far end of a channel, as bytes; `takes_nothing` stops its reading."""

    def __init__(self) -> None:
        self.incoming = asyncio.StreamReader()
        self.written = b""
        self.room = asyncio.Event()
        self.room.set()
        self.is_closed = False

    def write(self, data: bytes) -> None:
        if self.is_closed:
            raise BrokenPipeError(32, "Broken pipe")
        self.written += data

    def write_eof(self) -> None:
        raise AssertionError("more may always follow")

    async def drain(self) -> None:
        await self.room.wait()

    def close(self) -> None:
        self.is_closed = True

    def channel(self, *, behind: bytes = b"") -> LoginChannel:
        return LoginChannel(self.incoming, self, NONCE, behind, self.close)

    @property
    def datagrams(self) -> list[bytes]:
        return DatagramStream(behind=opening_line(NONCE)).feed(self.written)


def on_loop(story: Callable[[Host, socket.socket, socket.socket], Awaitable[None]]) -> None:
    """Run a story with a host, the session's socket, and the one that is carried from."""

    async def run() -> None:
        ours, carried = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with ours, carried:
            ours.setblocking(False)
            await asyncio.wait_for(story(Host(), ours, carried), 10)

    asyncio.run(run())


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0)


def test_datagrams_go_both_ways_behind_what_was_read_with_the_announce_line() -> None:
    async def story(host: Host, ours: socket.socket, carried: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        carrying = asyncio.ensure_future(carry(host.channel(behind=framed(b"screen")[:4]), carried))
        host.incoming.feed_data(framed(b"screen")[4:] + framed(b"another"))
        assert await loop.sock_recv(ours, 100) == b"screen"
        assert await loop.sock_recv(ours, 100) == b"another"
        ours.send(b"key")
        await until(lambda: host.datagrams == [b"key"])
        host.incoming.feed_eof()
        assert await carrying == "the SSH connection ended"
        assert host.is_closed

    on_loop(story)


def test_nothing_is_lost_or_out_of_order_however_the_channel_cuts_it() -> None:
    print("seed", seed := 3)
    chance = random.Random(seed)
    sizes = [chance.choice((1, 60, 1200, 4096, 30_000)) for _ in range(200)]
    datagrams = [bytes([number % 256]) * size for number, size in enumerate(sizes)]

    async def story(host: Host, ours: socket.socket, carried: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        carrying = asyncio.ensure_future(carry(host.channel(), carried))
        bytes_sent = b"".join(map(framed, datagrams))
        while bytes_sent:
            length = chance.randrange(1, 5000)
            host.incoming.feed_data(bytes_sent[:length])
            bytes_sent = bytes_sent[length:]
        arrived = [await loop.sock_recv(ours, 65536) for _ in datagrams]
        assert arrived == datagrams
        for datagram in datagrams:
            await loop.sock_sendall(ours, datagram)
        await until(lambda: len(host.datagrams) == len(datagrams))
        assert host.datagrams == datagrams
        carrying.cancel()

    on_loop(story)


def test_a_channel_that_takes_nothing_leaves_the_rest_to_the_session() -> None:
    async def story(host: Host, ours: socket.socket, carried: socket.socket) -> None:
        carrying = asyncio.ensure_future(carry(host.channel(), carried))
        host.room.clear()
        with pytest.raises(BlockingIOError):
            for _ in range(1000):
                ours.send(bytes(1000))
                await asyncio.sleep(0)
        assert len(host.written) < 100_000
        host.room.set()
        await until(lambda: len(host.datagrams) > 20)
        carrying.cancel()

    on_loop(story)


def test_nonsense_in_the_channel_ends_the_path_with_its_reason() -> None:
    async def story(host: Host, _ours: socket.socket, carried: socket.socket) -> None:
        host.incoming.feed_data(b"\0\0 Last login: yesterday")
        assert "cannot be read" in await carry(host.channel(), carried)
        assert host.is_closed

    on_loop(story)


def test_a_channel_that_is_closed_ends_the_path_with_its_reason() -> None:
    async def story(host: Host, _ours: socket.socket, carried: socket.socket) -> None:
        host.close()
        assert "broke: [errno 32] broken pipe" in await carry(host.channel(), carried)

    on_loop(story)


def test_who_cancels_it_has_the_connection_closed() -> None:
    async def story(host: Host, _ours: socket.socket, carried: socket.socket) -> None:
        carrying = asyncio.ensure_future(carry(host.channel(), carried))
        await asyncio.sleep(0)
        carrying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await carrying
        assert host.is_closed

    on_loop(story)
