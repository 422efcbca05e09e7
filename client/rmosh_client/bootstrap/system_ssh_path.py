"""One more path inside SSH for a session that runs, through the user's own ssh."""

import asyncio
import contextlib
import os
from asyncio.subprocess import PIPE, Process
from functools import partial
from typing import Final

from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.hello import NONCE_BYTES, new_hello
from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.bounded_reading import read_end
from rmosh_client.bootstrap.exit_status import FAILED
from rmosh_client.bootstrap.missing_server import MissingServer
from rmosh_client.bootstrap.path_line import opened_channel
from rmosh_client.bootstrap.prompts import say_nothing
from rmosh_client.bootstrap.quiet_login import NOT_NOW, QuietLogin
from rmosh_client.bootstrap.remote_command import path_command
from rmosh_client.bootstrap.request import OpenedPath, Request, SessionStatus
from rmosh_client.bootstrap.system_ssh import end_ssh, fate_with_ssh, spawn_with_ssh

#: Seconds from the start to the line, where nobody is asked anything.
_WITHIN: Final = 60.0

#: Seconds that an ssh may take to be gone once it was told to.
_PARTING: Final = 2.0

#: Most bytes of standard error that are looked at.
_MAX_STDERR: Final = 2048

#: What ssh says where only an answer of the user's could have helped. Source: OpenSSH 10.2, sshconnect2.c.
_REFUSED: Final = (b"Permission denied", b"Too many authentication failures", b"Host key verification failed")


@dataclass(frozen=True, slots=True)
class SshOfPath:
    """The ssh that a path goes through."""

    process: Process

    async def end(self) -> None:
        """End it."""
        await _end(self.process)


async def _end(ssh: Process) -> None:
    end_ssh(ssh)
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(ssh.wait(), _PARTING)


async def open_path_with_ssh(
    request: Request, ssh: str, session_id: bytes, *, by_user: bool
) -> OpenedPath | SessionStatus:
    """Run ssh and have a client's session go on there; return what became of it where it does not.

    `by_user` lets ssh ask.

    Raises:
        BootstrapError: it does not, or another login there has just been refused, or is under way.
    """
    if by_user:
        return await _open(request, ssh, session_id, stderr=None)
    turn = QuietLogin(request.destination, *request.ssh_options, request.config_file)
    with turn.begun() as may_log_in:
        if not may_log_in:
            raise BootstrapError(Stage.CONNECT, NOT_NOW.reason)
        opening = _open(request, ssh, session_id, "BatchMode=yes", stderr=PIPE)
        try:
            return await asyncio.wait_for(opening, _WITHIN)
        except asyncio.TimeoutError:
            raise BootstrapError(Stage.CONNECT, f"`{ssh}` opened no path within {_WITHIN:.0f} s") from None


async def _open(
    request: Request, ssh: str, session_id: bytes, *options: str, stderr: int | None
) -> OpenedPath | SessionStatus:
    hello = new_hello(entropy=os.urandom(NONCE_BYTES), stream=True)
    line = path_command(request, session_id, hello)
    process = await spawn_with_ssh(request, ssh, line, *options, stderr=stderr)
    assert process.stdout is not None and process.stdin is not None
    try:
        close = partial(end_ssh, process)
        missing = MissingServer(request, request.destination, hello, say=say_nothing)
        channel = await opened_channel(process.stdout, process.stdin, hello, missing, close=close)
        if channel is not None:
            return OpenedPath(SshOfPath(process), channel)
        said = b"" if process.stderr is None else await read_end(process.stderr, limit=_MAX_STDERR)
        status = await process.wait()
    except Malformed as error:
        await _end(process)
        raise BootstrapError(Stage.SERVER_FAILED, f"{request.destination} opened no path: {error}") from None
    except BaseException:
        await _end(process)
        raise
    if status == FAILED:
        stage = Stage.AUTHENTICATION if any(words in said for words in _REFUSED) else Stage.CONNECT
        raise BootstrapError(stage, f"`{ssh}` could not log in to {request.destination}")
    return await fate_with_ssh(request, ssh, session_id, *options)
