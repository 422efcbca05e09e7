"""A command on the far side that shall announce a session, and what comes of it."""

from functools import partial
from typing import Final

import asyncssh

from rmosh.hello import Hello
from rmosh_client.bootstrap.announcement import AnnounceReader, Answer
from rmosh_client.bootstrap.bounded_reading import read_end
from rmosh_client.bootstrap.login_channel import LoginChannel
from rmosh_client.bootstrap.missing_server import MissingServer
from rmosh_client.bootstrap.sending_progress import bytes_left

#: Most bytes of standard error kept.
_MAX_STDERR: Final = 8192

#: Bytes read at once.
_CHUNK: Final = 8192


class Attempt:
    """A command that shall announce a session, and what it has said so far."""

    def __init__(self, process: "asyncssh.SSHClientProcess[bytes]", hello: Hello, missing: MissingServer) -> None:
        self._process = process
        self._missing = missing
        self._hello = hello
        self.reader = AnnounceReader(hello)

    async def until_shell_runs(self) -> None:
        """Read on until sh has run, or all has ended.

        Raises:
            Malformed: too much came.
        """
        self._missing.await_shell(self._process.stdin)
        while not self.reader.shell_ran and await self._read_on():
            pass

    async def answer(self) -> Answer:
        """Return what it announces, or how it ended without.

        Raises:
            Malformed: too much came.
        """
        while self.reader.line is None and await self._read_on():
            pass
        if self.reader.line is not None:
            return Answer(self._hello, self.reader, channel=self._channel())
        complaints = await read_end(self._process.stderr, limit=_MAX_STDERR)
        await self._process.wait_closed()
        return Answer(self._hello, self.reader, status_of(self._process), complaints)

    def _channel(self) -> LoginChannel:
        process = self._process
        return LoginChannel(process.stdout, process.stdin, self._hello.nonce, self.reader.behind, process.close)

    async def _read_on(self) -> bool:
        data = await self._process.stdout.read(_CHUNK)
        self.reader.feed(data)
        await self._missing.answer(self.reader.search, self._process.stdin, partial(bytes_left, self._process))
        return bool(data)


def status_of(process: "asyncssh.SSHClientProcess[bytes]") -> int | None:
    """Return how a process ended, None where a signal ended it, for which asyncssh has -1."""
    return None if process.exit_signal else process.exit_status
