"""Runs rmosh-server over an open SSH connection and reads what it announces."""

import asyncio
from dataclasses import replace
from typing import Final

import asyncssh

from rmosh.announce import Announce
from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.hello import Hello

from .announcement import AnnounceReader, accept_announce, failed_server, parse_status
from .login import Login
from .remote_command import hello_input, new_command, status_command
from .remote_process import RemoteCommand
from .request import Request, SessionStatus
from .settings import SshSettings

#: Seconds from the command to the announce line; a login script may be slow, a hung one must not hang us.
_ANNOUNCE_TIMEOUT: Final = 60.0

#: Most bytes of standard error kept.
_MAX_STDERR: Final = 8192

#: Bytes read at once.
_CHUNK: Final = 8192

#: Most bytes of an answer about a session's fate, chatter of login scripts included.
_MAX_STATUS: Final = 1 << 16


def new_session(request: Request, settings: SshSettings, hello: Hello) -> RemoteCommand:
    """Return the command that starts a server; see `await_announce` for what it prints.

    Raises:
        BootstrapError: it is too long.
    """
    if settings.remote_command and not request.command:
        request = replace(request, command=("/bin/sh", "-c", settings.remote_command))
    return RemoteCommand(new_command(request), settings.environment, standard_input=hello_input(hello))


def session_status(request: Request, settings: SshSettings, session_id: bytes) -> RemoteCommand:
    """Return the command that asks what became of a session; see `read_status` for what it prints."""
    return RemoteCommand(status_command(request, session_id), settings.environment)


async def await_announce(login: Login, request: Request, settings: SshSettings, hello: Hello) -> Announce:
    """Return what a new server announces.

    Raises:
        BootstrapError: at the stages server missing, server failed, announce, version and UDP.
    """
    process = login.process
    reader = AnnounceReader(hello)
    try:
        await asyncio.wait_for(_until_announced(process, reader), _ANNOUNCE_TIMEOUT)
    except asyncio.TimeoutError:
        raise BootstrapError(
            Stage.ANNOUNCE,
            f"rmosh-server on {settings.alias} announced nothing within {_ANNOUNCE_TIMEOUT:.0f} s"
            + (f"; the last it said: {reader.chatter}" if reader.chatter else ""),
            hint="look for something in the login scripts there that waits for input",
        ) from None
    except Malformed as error:
        raise BootstrapError(
            Stage.ANNOUNCE,
            f"what {settings.alias} printed cannot be read: {error}",
            hint="is --server an rmosh-server?",
        ) from error
    if reader.line is None:
        stderr = await read_end(process.stderr, limit=_MAX_STDERR)
        await process.wait_closed()
        status = process.exit_status
        raise failed_server(settings.alias, exit_status=status, stderr=stderr, reader=reader, hello=hello)
    return accept_announce(reader.line, settings.alias, request, hello)


async def read_status(login: Login) -> SessionStatus:
    """Return what became of the session that was asked about.

    Raises:
        BootstrapError: the answer makes no sense.
    """
    try:
        answer = await asyncio.wait_for(read_end(login.process.stdout, limit=_MAX_STATUS), _ANNOUNCE_TIMEOUT)
    except asyncio.TimeoutError:
        raise BootstrapError(Stage.SERVER_FAILED, "no answer about the session") from None
    return parse_status(answer)


async def _until_announced(process: asyncssh.SSHClientProcess[bytes], reader: AnnounceReader) -> None:
    while reader.line is None:
        data = await process.stdout.read(_CHUNK)
        if not data:
            return
        reader.feed(data)


async def read_end(stream: "asyncssh.SSHReader[bytes]", *, limit: int) -> bytes:
    """Read to the end of a stream and return its last bytes."""
    kept = b""
    while data := await stream.read(_CHUNK):
        kept = (kept + data)[-limit:]
    return kept
