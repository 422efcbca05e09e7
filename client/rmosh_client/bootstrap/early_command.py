"""Two more round trips saved: the remote command travels with the login request instead of after its answer.

Behind the signed request, in the same flight, go the opening of a channel, the command for it and the command's input.
sshd reads them once the login has succeeded; their recipient is the channel number that it will then give, which is 0
for a first channel. A server that refuses the login answers each with "unimplemented" (RFC 4253 section 11.4), and
asyncssh sends them again after a later success, as it does with whatever was sent too early. That a server keeps to
this order is known of OpenSSH only, so it is done with OpenSSH only. Found out by measurement with 9.2.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final

import asyncssh
from asyncssh.constants import MSG_CHANNEL_OPEN_CONFIRMATION
from asyncssh.packet import SSHPacket

from rmosh_client.bootstrap.remote_process import RemoteCommand

#: The number OpenSSH gives a connection's first channel: the lowest free one. Source: OpenSSH, channels.c.
_FIRST_CHANNEL: Final = 0

#: Largest packet assumed until the server tells its own, in bytes: what RFC 4253 section 6.1 makes everyone take.
_PACKET_BYTES: Final = 32768

#: OpenSSH on Unix since version 8; OpenSSH_for_Windows is another thing.
_OPENSSH: Final = re.compile(rb"SSH-2\.0-OpenSSH_([89]|[1-9][0-9])\.")

#: Internal attributes of a connection and of a channel that are read or set.
CONNECTION_ATTRIBUTES: Final = (
    "_auth_complete",
    "_channels",
    "_deferred_packets",
    "_packet_handlers",
    "_server_version",
)
_CHANNEL_ATTRIBUTES: Final = ("_open_waiter", "_send_chan", "_send_window", "_send_pktsize")

#: Turns of the event loop within which asyncssh comes from one of its packets to the next; it takes one or two.
_TURNS: Final = 10


def keeps_order(connection: Any) -> bool:
    """Whether the server is known to answer requests that arrive together one by one."""
    return _OPENSSH.match(connection._server_version) is not None


class EarlyCommand:
    """A command that goes out with the login request.

    Attributes:
        process: resolves as `RemoteCommand.start` does; None as long as nothing was sent.
    """

    def __init__(self, command: RemoteCommand) -> None:
        self._command = command
        self._connection: Any = None
        self._channel: Any = None
        self._sent: list[tuple[int, tuple[bytes, ...]]] = []
        self.process: asyncio.Task[asyncssh.SSHClientProcess[bytes]] | None = None

    async def send_with(self, connection: Any) -> None:
        """Send it on a connection whose login request has just gone out."""
        if self.process is not None or not keeps_order(connection):
            return
        self._connection = connection
        handlers = connection._packet_handlers
        connection._packet_handlers = handlers | {
            MSG_CHANNEL_OPEN_CONFIRMATION: self._on_confirmation(handlers[MSG_CHANNEL_OPEN_CONFIRMATION]),
        }
        self.process = asyncio.ensure_future(self._command.start(connection))
        self.process.add_done_callback(_note_outcome)
        if await self._queued(1) and self._assume_open() and await self._queued(1 + self._command.packets):
            self._send_queued()

    def take_back(self) -> None:
        """Have it sent again after a later success: the login request that it went with was refused."""
        if self._sent:
            self._connection._deferred_packets = self._sent + self._connection._deferred_packets
            self._sent = []

    async def _queued(self, packets: int) -> bool:
        """Whether asyncssh has queued so many packets for after the login: the opening, then the command's."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
            if len(self._connection._deferred_packets) >= packets:
                return True
        return False

    def _assume_open(self) -> bool:
        """Tell the channel that it is open, as it will be, so that it goes on with its request."""
        [channel] = self._connection._channels.values()
        if not all(hasattr(channel, name) for name in _CHANNEL_ATTRIBUTES) or channel._open_waiter is None:
            return False
        channel.process_open_confirmation(_FIRST_CHANNEL, 0, _PACKET_BYTES, SSHPacket(b""))
        self._channel = channel
        return True

    def _send_queued(self) -> None:
        connection = self._connection
        self._sent, connection._deferred_packets = connection._deferred_packets, []
        connection._auth_complete = True
        try:
            for kind, parts in self._sent:
                connection.send_packet(kind, *parts)
        finally:
            connection._auth_complete = False

    def _on_confirmation(self, process_confirmation: Callable[..., None]) -> Callable[..., None]:
        def process(connection: Any, kind: int, number: int, packet: SSHPacket) -> None:
            if self._channel is None:
                process_confirmation(connection, kind, number, packet)
                return
            channel, self._channel = self._channel, None
            packet.get_uint32()
            if packet.get_uint32() != _FIRST_CHANNEL:
                raise asyncssh.ProtocolError("the server gave the first channel another number than 0")
            channel._send_window, channel._send_pktsize = packet.get_uint32(), packet.get_uint32()
            packet.check_end()

        return process


def _note_outcome(process: "asyncio.Task[asyncssh.SSHClientProcess[bytes]]") -> None:
    """Take note of a failure: where the login fails too, nobody else asks for it."""
    if not process.cancelled():
        process.exception()
