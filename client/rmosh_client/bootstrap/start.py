"""Starts a session over SSH: composes route, login and launch."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace

from rmosh.errors import BootstrapError

from .addresses import addresses_of
from .launch import ask_status, launch
from .login import LoginBroken, log_in
from .prompts import NoPrompts, Prompts, TerminalPrompts
from .request import Fate, Request, SessionStatus, Started, say
from .route import RouteInBackground, open_route


async def start(
    request: Request,
    *,
    route: RouteInBackground | None = None,
    prompts: Prompts | None = None,
    say: Callable[[str], None] = say,
) -> Started:
    """Log in, start a server and return where it listens.

    `route` is one whose opening has already begun; the SSH connection closes in the background.

    Raises:
        BootstrapError: with the stage that failed.
    """
    loop = asyncio.get_running_loop()
    opening = route if route is not None else RouteInBackground(request, os.environ)
    opened = await loop.run_in_executor(None, opening.result)
    questions = prompts or TerminalPrompts()
    try:
        login = await log_in(opened, prompts=questions, say=say)
    except LoginBroken:
        opened = await loop.run_in_executor(None, open_route, request, os.environ)
        login = await log_in(opened, prompts=questions, say=say, shortcuts=False)
    try:
        arrived = await launch(login, request, opened.target, tell_arrival=not opened.direct)
    finally:
        login.close()
    assert arrived.announce is not None
    addresses = await loop.run_in_executor(None, addresses_of, opened, arrived.arrival)
    session_id = arrived.announce.session_id

    async def ask_again() -> SessionStatus:
        return await _ask_again(request, session_id)

    return Started(arrived.announce, addresses, ask_again)


async def _ask_again(request: Request, session_id: bytes) -> SessionStatus:
    """Open SSH without a question to anyone and ask for the session's fate."""
    quiet = replace(request, ssh_options=("BatchMode=yes", *request.ssh_options))
    loop = asyncio.get_running_loop()
    try:
        route = await loop.run_in_executor(None, open_route, quiet, os.environ)
        login = await log_in(route, prompts=NoPrompts(), say=_say_nothing)
        try:
            return await ask_status(login, quiet, route.target, session_id)
        finally:
            login.close()
    except BootstrapError as error:
        return SessionStatus(Fate.UNREACHABLE, reason=str(error))


def _say_nothing(_text: str) -> None:
    pass
