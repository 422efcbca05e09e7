"""A session of SSH alone, at an account that runs no command for us: what `ssh` would show, until it ends.

An account without a shell says so and ends with its status, a menu or a shell of another kind goes on; nothing of rmosh
is in it, so it neither roams nor predicts, and a line says that.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import Final

import asyncssh

from rmosh_client.bootstrap.exit_status import FAILED, signalled
from rmosh_client.bootstrap.login import Login
from rmosh_client.bootstrap.prompts import printable
from rmosh_client.bootstrap.request import PLAIN, RawTerminal, Request
from rmosh_client.bootstrap.settings import SshSettings

#: Seconds within which an account without a shell has said so; one that goes on longer is told of as a session.
_SHORT: Final = 0.5

#: Bytes taken at once.
_CHUNK: Final = 16384


class PlainSession:
    """An open login that nothing of ours runs on."""

    def __init__(self, login: Login, request: Request, settings: SshSettings) -> None:
        self._login = login
        self._command = " ".join(request.command) or None
        self._settings = settings

    async def run(self, terminal: RawTerminal, read_keys: Callable[[], bytes | None]) -> int:
        """Run it on the user's terminal, as `PlainLogin` says."""
        rows, columns = terminal.size()
        terminal.enter_raw()
        try:
            process = await self._login.connection.create_process(
                self._command,
                env=dict(self._settings.environment),
                request_pty="force",
                term_type=os.environ.get("TERM", ""),
                term_size=(columns, rows),
                encoding=None,
            )
            return await _Relay(process, terminal, read_keys).run(self._notice())
        except asyncssh.Error as error:
            terminal.write(
                f"rmosh: the ssh session to {self._settings.alias} broke: {printable(error.reason)}\r\n".encode()
            )
            return FAILED
        finally:
            terminal.restore()
            self._login.close()

    def _notice(self) -> bytes:
        return f"rmosh: {self._settings.alias} {PLAIN}\r\n".encode()


class _Relay:
    """Carries keys there and output back."""

    def __init__(
        self,
        process: "asyncssh.SSHClientProcess[bytes]",
        terminal: RawTerminal,
        read_keys: Callable[[], bytes | None],
    ) -> None:
        self._process = process
        self._terminal = terminal
        self._read_keys = read_keys

    async def run(self, notice: bytes) -> int:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._terminal.fileno(), self._on_keys)
        loop.add_signal_handler(signal.SIGWINCH, self._on_resize)
        ended = asyncio.ensure_future(self._process.wait_closed())
        try:
            await asyncio.wait([ended], timeout=_SHORT)
            if not ended.done():
                await self._show(notice)
            while data := await self._process.stdout.read(_CHUNK):
                await self._show(data)
            await ended
        finally:
            ended.cancel()
            loop.remove_signal_handler(signal.SIGWINCH)
            loop.remove_reader(self._terminal.fileno())
        return self._status()

    def _status(self) -> int:
        if self._process.exit_signal is not None:
            number = getattr(signal, f"SIG{self._process.exit_signal[0]}", None)
            return FAILED if number is None else signalled(number)
        return FAILED if self._process.exit_status is None else self._process.exit_status

    def _on_keys(self) -> None:
        keys = self._read_keys()
        if keys is None:
            self._process.close()
        elif keys:
            with contextlib.suppress(BrokenPipeError):  # it has ended already
                self._process.stdin.write(keys)

    def _on_resize(self) -> None:
        rows, columns = self._terminal.size()
        self._process.change_terminal_size(columns, rows)

    async def _show(self, data: bytes) -> None:
        """Write it all, however slow the terminal is."""
        while data := data[self._terminal.write(data) :]:
            await self._writable()

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(self._terminal.fileno(), ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_writer(self._terminal.fileno())
