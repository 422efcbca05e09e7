"""One more path inside SSH for a session that runs: a login of its own, and the channel that the server goes on in."""

import asyncio
import os
from typing import Final

from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.hello import NONCE_BYTES, new_hello
from rmosh.lazy_dataclass import replace
from rmosh_client.bootstrap.announcement import failed_command, shown
from rmosh_client.bootstrap.attempt import status_of
from rmosh_client.bootstrap.bounded_reading import read_end
from rmosh_client.bootstrap.launch import new_path, read_status, session_status
from rmosh_client.bootstrap.login import Login
from rmosh_client.bootstrap.missing_server import MissingServer
from rmosh_client.bootstrap.path_line import opened_channel
from rmosh_client.bootstrap.prompts import NobodyThere, Prompts, say, say_nothing
from rmosh_client.bootstrap.quiet_login import NOT_NOW, QuietLogin
from rmosh_client.bootstrap.request import Fate, OpenedPath, Request, SessionStatus
from rmosh_client.bootstrap.start import log_in_with_retry, opened_route

#: Seconds from the command to the line; a login script may be slow, a hung one must not hang us.
_WITHIN: Final = 60.0

#: Most bytes of standard error that are read.
_MAX_STDERR: Final = 8192


async def open_path_quietly(request: Request, session_id: bytes) -> OpenedPath | SessionStatus:
    """Do as `open_path` does without a question to anybody, and without a key that asks for a touch.

    Raises:
        BootstrapError: as for `open_path`; or another login there has just been refused, or is under way.
    """
    turn = QuietLogin(request.destination, *request.ssh_options, request.config_file)
    with turn.begun() as may_log_in:
        if not may_log_in:
            raise BootstrapError(Stage.CONNECT, NOT_NOW.reason)
        quiet = replace(request, ssh_options=("BatchMode=yes", *request.ssh_options))
        return await open_path(quiet, session_id, prompts=NobodyThere())


async def open_path(request: Request, session_id: bytes, *, prompts: Prompts) -> OpenedPath | SessionStatus:
    """Log in and have a client's session go on there; return what became of it where it does not.

    Args:
        session_id: the one of this client's announce line.

    Raises:
        BootstrapError: with the stage that failed.
    """
    quietly = isinstance(prompts, NobodyThere)
    words = say_nothing if quietly else say
    route = await opened_route(request, say=words)
    hello = new_hello(entropy=os.urandom(NONCE_BYTES), stream=True)
    command = new_path(request, route.target, session_id, hello)
    route, login = await log_in_with_retry(request, route, command, prompts=prompts, say=words)
    try:
        process = login.process
        missing = MissingServer(request, request.destination, hello, say=words)
        opening = opened_channel(process.stdout, process.stdin, hello, missing, close=process.close)
        channel = await asyncio.wait_for(opening, _WITHIN)
        if channel is not None:
            return OpenedPath(login, channel)
        said = shown(await read_end(process.stderr, limit=_MAX_STDERR))
        await process.wait_closed()
        failure = failed_command(request.destination, status_of(process), said)
        login = replace(login, process=await session_status(request, route.target, session_id).start(login.connection))
        return await _fate(login, request, failure)
    except asyncio.TimeoutError:
        login.close()
        why = f"opened no path within {_WITHIN:.0f} s"
        raise BootstrapError(Stage.SERVER_FAILED, f"{request.destination} {why}") from None
    except Malformed as error:
        login.close()
        raise BootstrapError(Stage.SERVER_FAILED, f"{request.destination} opened no path: {error}") from None
    except BaseException:
        login.close()
        raise


async def _fate(login: Login, request: Request, failure: BootstrapError | None) -> SessionStatus:
    """Return what became of the session, where anything has; else raise why there is no path to it."""
    status = await read_status(login, request)
    await login.end()
    if status.fate is Fate.ALIVE and failure is not None:
        raise failure
    return status
