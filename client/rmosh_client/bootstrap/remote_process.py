"""A command on the far side, and its whole standard input, which leaves with it and not a round trip later."""

import asyncio
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import asyncssh

from rmosh.lazy_dataclass import dataclass

#: OpenSSH opens a channel's window only once the command runs, and yet takes what comes behind the command: it starts
#: that before it reads on. Every other server opens the window with the channel. Found out by measurement with 9.2.
_OPENSSH: Final = re.compile(r"SSH-2\.0-OpenSSH_")


@dataclass(frozen=True, slots=True)
class RemoteCommand:
    """What to run on the far side, with which variables and what it reads first.

    Without a line it is the account's login shell, which then reads its commands from that input.

    Attributes:
        stays_open: more input may follow; otherwise its end of file does.
    """

    line: str | None
    environment: Mapping[str, str]
    standard_input: bytes = b""
    stays_open: bool = False

    @property
    def packets(self) -> int:
        """How many packets follow the opening of a channel: variables, the command, its input, the end of that."""
        return len(self.environment) + 1 + bool(self.standard_input) + (not self.stays_open)

    async def start(
        self, connection: asyncssh.SSHClientConnection, *, hurried: bool = True
    ) -> "asyncssh.SSHClientProcess[bytes]":
        """Run it without a terminal: a terminal would cost a round trip more.

        Args:
            hurried: send the input also before OpenSSH has opened a window for it.
        """
        made = partial(_Process, self.standard_input, hurried=hurried, stays_open=self.stays_open)
        environment = list(self.environment.items())
        _, process = await connection.create_session(made, self.line, env=environment, request_pty=False, encoding=None)
        assert isinstance(process, _Process)
        return process


class _Process(asyncssh.SSHClientProcess[bytes]):
    """A process whose input is written behind the request for it, whose answer nobody awaits."""

    def __init__(self, standard_input: bytes, *, hurried: bool, stays_open: bool) -> None:
        super().__init__()
        self._stays_open = stays_open
        self._standard_input = standard_input
        self._hurried = hurried

    def connection_made(self, chan: Any) -> None:
        super().connection_made(chan)
        # The channel's opener goes on when this returns, and stops for the answer to its request: then it is our turn.
        asyncio.get_running_loop().call_soon(self._give_input, chan)

    def _give_input(self, chan: Any) -> None:
        if chan.is_closing():
            return
        server = chan.get_extra_info("server_version", "")
        if self._hurried and _OPENSSH.match(server) and hasattr(chan, "_send_window"):
            chan._send_window = max(chan._send_window, len(self._standard_input))
        chan.write(self._standard_input)
        if not self._stays_open:
            chan.write_eof()
