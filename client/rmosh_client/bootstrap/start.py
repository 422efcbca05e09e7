"""Starts a session over SSH: composes route, login and launch."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from rmosh.errors import BootstrapError
from rmosh.lazy_dataclass import replace
from rmosh_client.bootstrap.addresses import addresses_of
from rmosh_client.bootstrap.asking import Asking, NobodyAsked
from rmosh_client.bootstrap.background import in_background
from rmosh_client.bootstrap.launch import await_announce, new_session, read_status, session_status
from rmosh_client.bootstrap.login import Login, LoginBroken, log_in
from rmosh_client.bootstrap.passing_on import look_for_what_is_passed_on, with_proof
from rmosh_client.bootstrap.patience import said_if_long
from rmosh_client.bootstrap.plain_session import PlainSession
from rmosh_client.bootstrap.prompts import NoPrompts, Prompts, TerminalPrompts, say, say_nothing
from rmosh_client.bootstrap.quiet_login import NOT_NOW, QuietLogin
from rmosh_client.bootstrap.remote_command import with_remote_command
from rmosh_client.bootstrap.remote_process import RemoteCommand
from rmosh_client.bootstrap.request import Fate, Launch, PlainLogin, Request, SessionStatus
from rmosh_client.bootstrap.route import Route, begin_route
from rmosh_client.bootstrap.started import started_session
from rmosh_client.bootstrap.tries import hello_from_here
from rmosh_client.bootstrap.uncarried import told


async def start(
    request: Request,
    *,
    route: "Future[Route] | None" = None,
    prompts: Prompts | None = None,
    asking: Asking | None = None,
    say: Callable[[str], None] = say,
) -> Launch | PlainLogin:
    """Log in, start a server and return where it listens; where the account runs no command, the login alone.

    `route` is one whose opening has already begun (`begin_route`), `asking` the terminal that was asked about itself.
    The SSH connection stays open.

    Raises:
        BootstrapError: with the stage that failed.
    """
    opened = await opened_route(request, route, say=say)
    asking = asking or NobodyAsked()
    passed_on = await look_for_what_is_passed_on(request, opened.target, say=say)
    hello = hello_from_here(opened.target.environment, await asking.traits(), request, passed_on=passed_on)
    if missing := told(opened.target.uncarried, is_tunnel=request.is_tunnel):
        say(missing)
    wanted = with_remote_command(request, opened.target)
    command = new_session(wanted, opened.target, hello)
    prompts = prompts or TerminalPrompts(asking.make_way)
    opened, login = await log_in_with_retry(request, opened, command, prompts=prompts, say=say)
    try:
        wanted, announced = await await_announce(login, wanted, opened.target, hello, prompts=prompts, say=say)
        if announced is None:
            if opened.target.forwarding.with_more(request.forwarding).is_wanted:
                say(f"rmosh: {opened.target.alias} runs no rmosh-server for this account, and nothing is forwarded")
            return PlainSession(login, wanted, opened.target)
        announce = announced.announce
        addresses = await asyncio.wrap_future(in_background(partial(addresses_of, opened, announce.arrival)))
    except BaseException:
        login.close()
        raise
    passed_on = with_proof(passed_on, login.proof)
    starts_others = not announced.was_sent
    started = started_session(
        announce, addresses, wanted, opened.hops, passed_on=passed_on, starts_others=starts_others
    )
    return Launch(started, login, announced.channel)


async def opened_route(request: Request, route: "Future[Route] | None" = None, *, say: Callable[[str], None]) -> Route:
    """Return the way to the host once it is open; say what keeps us waiting where that is long.

    Raises:
        BootstrapError: at the stages usage, resolve and connect.
    """
    with said_if_long(say, f"rmosh: connecting to {request.destination} ..."):
        return await asyncio.wrap_future(route or begin_route(request))


async def log_in_with_retry(
    request: Request, route: Route, command: RemoteCommand, *, prompts: Prompts, say: Callable[[str], None]
) -> tuple[Route, Login]:
    """Log in, and where shortcuts broke the connection do so without them; return the route that was used.

    Raises:
        BootstrapError: as `log_in` does.
    """
    try:
        return route, await log_in(route, command, prompts=prompts, say=say)
    except LoginBroken:
        again = await asyncio.wrap_future(begin_route(request))
        return again, await log_in(again, command, prompts=prompts, say=say, shortcuts=False)


async def ask_for_fate(request: Request, session_id: bytes) -> SessionStatus:
    """Open SSH without a question to anyone and ask what became of a session."""
    login = QuietLogin(request.destination, *request.ssh_options, request.config_file)
    try:
        with login.begun() as may_log_in:
            return await _ask_now(request, session_id) if may_log_in else NOT_NOW
    except BootstrapError as error:
        return SessionStatus(Fate.UNREACHABLE, reason=str(error))


async def _ask_now(request: Request, session_id: bytes) -> SessionStatus:
    quiet = replace(request, ssh_options=("BatchMode=yes", *request.ssh_options))
    route = await asyncio.wrap_future(begin_route(quiet))
    command = session_status(quiet, route.target, session_id)
    login = await log_in(route, command, prompts=NoPrompts(), say=say_nothing)
    try:
        status = await read_status(login, quiet)
    finally:
        login.close()
    return replace(status, reached=(route.peer,)) if route.direct else status
