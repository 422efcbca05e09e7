"""Runs rmosh-server over an open SSH connection and reads what it announces."""

import asyncio
from typing import Final

import asyncssh

from rmosh.errors import BootstrapError, Malformed, Stage

from .announcement import AnnounceReader, check_announce, failed_server, parse_status
from .login import Login
from .prompts import printable
from .remote_command import new_command, status_command
from .request import Request, SessionStatus
from .settings import SshSettings

#: Seconds from the command to the announce line; a login script may be slow, a hung one must not hang us.
_ANNOUNCE_TIMEOUT: Final = 60.0

#: Most bytes of standard error kept.
_MAX_STDERR: Final = 8192

#: Bytes read at once.
_CHUNK: Final = 8192


async def launch(login: Login, request: Request, settings: SshSettings, *, tell_arrival: bool) -> AnnounceReader:
    """Start a server and return the reader that holds its announce line.

    Raises:
        BootstrapError: at the stages server missing, server failed, announce and version.
    """
    command = new_command(request, dict(settings.environment), tell_arrival=tell_arrival)
    process = await _execute(login, command, settings)
    reader = AnnounceReader()
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
    if reader.announce is None:
        stderr = await _read_stderr(process)
        await process.wait_closed()
        raise failed_server(settings.alias, exit_status=process.exit_status, stderr=stderr, reader=reader)
    check_announce(reader.announce, settings.alias, request)
    return reader


async def ask_status(login: Login, request: Request, settings: SshSettings, session_id: bytes) -> SessionStatus:
    """Ask the host what became of a session.

    Raises:
        BootstrapError: the answer makes no sense.
    """
    process = await _execute(login, status_command(request, session_id), settings)
    answer = await asyncio.wait_for(process.stdout.read(_CHUNK), _ANNOUNCE_TIMEOUT)
    return parse_status(answer)


async def _execute(login: Login, command: str, settings: SshSettings) -> asyncssh.SSHClientProcess[bytes]:
    """Run a command without a terminal: a terminal would cost a round trip more."""
    try:
        return await login.connection.create_process(
            command, env=settings.environment, request_pty=False, encoding=None
        )
    except (asyncssh.Error, OSError) as error:
        raise BootstrapError(
            Stage.SERVER_FAILED,
            f"{settings.alias} lets nobody run a command: {printable(str(error)).lower()}",
            hint="check ForceCommand and the account's shell there",
        ) from error


async def _until_announced(process: asyncssh.SSHClientProcess[bytes], reader: AnnounceReader) -> None:
    while reader.announce is None:
        data = await process.stdout.read(_CHUNK)
        if not data:
            return
        reader.feed(data)


async def _read_stderr(process: asyncssh.SSHClientProcess[bytes]) -> bytes:
    kept = b""
    while data := await process.stderr.read(_CHUNK):
        kept = (kept + data)[-_MAX_STDERR:]
    return kept
