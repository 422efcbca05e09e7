"""Runs rmosh-server over an open SSH connection and reads what it announces."""

import asyncio
from collections.abc import Callable
from typing import Final

from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.hello import Hello
from rmosh.lazy_dataclass import replace
from rmosh_client.bootstrap.announcement import Announced, Answer, parse_status, what_printed_it
from rmosh_client.bootstrap.attempt import Attempt
from rmosh_client.bootstrap.choice import SeveralMeant, with_choice
from rmosh_client.bootstrap.errand_output import ErrandOutput
from rmosh_client.bootstrap.login import Login
from rmosh_client.bootstrap.missing_server import MissingServer
from rmosh_client.bootstrap.patience import said_if_long
from rmosh_client.bootstrap.prompts import NoPrompts, Prompts, say_nothing
from rmosh_client.bootstrap.remote_command import CommandLine, new_command, path_command, status_command
from rmosh_client.bootstrap.remote_process import RemoteCommand
from rmosh_client.bootstrap.request import Request, SessionStatus
from rmosh_client.bootstrap.settings import SshSettings
from rmosh_client.bootstrap.tries import announced

#: Seconds from the command to the announce line; a login script may be slow, a hung one must not hang us.
_ANNOUNCE_TIMEOUT: Final = 60.0

#: What helps where the login shell takes long: its own start-up files do, as nothing of ours has run by then. bash
#: reads that file before each command of sshd's, whatever is tried to prevent it, and the session's own shell has to
#: read it again. Found out with bash 5.2 of Debian.
_SLOW_START_HINT: Final = (
    "its start-up files run for the login and again for your shell;"
    " `[[ $- == *i* ]] || return` at the top of ~/.bashrc there spares the first"
)

#: Most bytes of an answer about a session's fate, chatter of login scripts included.
_MAX_STATUS: Final = 1 << 16


def new_session(request: Request, settings: SshSettings, hello: Hello) -> RemoteCommand:
    """Return the command that starts a server; see `await_announce` for what it prints.

    Raises:
        BootstrapError: it is too long.
    """
    return _remote(new_command(request, hello), settings)


def _remote(line: CommandLine, settings: SshSettings) -> RemoteCommand:
    return RemoteCommand(line.text, settings.environment, line.standard_input, line.stays_open)


def new_path(request: Request, settings: SshSettings, client: bytes, hello: Hello) -> RemoteCommand:
    """Return the command that has a session go on in its channel; `opened_channel` reads what it prints.

    Args:
        client: id of the announce line that the client was started by.
    """
    return _remote(path_command(request, client, hello), settings)


def session_status(request: Request, settings: SshSettings, session_id: bytes) -> RemoteCommand:
    """Return the command that asks what became of a session; see `read_status` for what it prints."""
    return _remote(status_command(request, session_id), settings)


async def await_announce(
    login: Login,
    request: Request,
    settings: SshSettings,
    hello: Hello,
    *,
    prompts: Prompts,
    say: Callable[[str], None],
) -> tuple[Request, Announced | None]:
    """Return what a server announces, None where the account runs no command for us; and what for.

    That is another request than the given one where several sessions may be meant and the user has chosen.

    Raises:
        BootstrapError: as for one request; or the user chose none.
    """
    try:
        return request, await _await_one(login, request, settings, hello, say=say)
    except SeveralMeant as several:
        chosen = with_choice(request, several, NoPrompts() if settings.batch else prompts)
        process = await new_session(chosen, settings, hello).start(login.connection)
        again = replace(login, process=process)
        return chosen, await _await_one(again, chosen, settings, hello, say=say)


async def _await_one(
    login: Login, request: Request, settings: SshSettings, hello: Hello, *, say: Callable[[str], None]
) -> Announced | None:
    """Return what a new server announces; None where the account runs no command for us.

    Raises:
        BootstrapError: at the stages server missing, server failed, announce, version and UDP.
    """
    first = Attempt(login.process, hello, MissingServer(request, settings.alias, hello, say=say))
    try:
        announcing = _announce(first, login, request, settings, hello, say)
        return await asyncio.wait_for(announcing, _ANNOUNCE_TIMEOUT)
    except asyncio.TimeoutError:
        raise BootstrapError(
            Stage.ANNOUNCE,
            f"rmosh-server on {settings.alias} announced no session within {_ANNOUNCE_TIMEOUT:.0f} s"
            + (f"; the last it said: {first.reader.chatter}" if first.reader.chatter else ""),
            hint=_why_so_long(first.reader.search.asks),
        ) from None
    except Malformed as error:
        raise BootstrapError(
            Stage.ANNOUNCE,
            f"what {settings.alias} printed cannot be read: {error}",
            hint=what_printed_it(request),
        ) from error


def _why_so_long(asked: str) -> str:
    if asked:
        return f"{asked} there does not answer: mend or remove it, or say where an rmosh-server is: --server PATH"
    return "check whether a login script there waits for input"


async def _announce(
    first: Attempt, login: Login, request: Request, settings: SshSettings, hello: Hello, say: Callable[[str], None]
) -> Announced | None:
    host = settings.alias
    with said_if_long(say, f"rmosh: waiting for the login shell on {host}: {_SLOW_START_HINT}"):
        await first.until_shell_runs()
    search = first.reader.search

    def starting() -> str:
        awaited = f"{search.asks} on {host}, which may hang," if search.asks else f"rmosh-server on {host}"
        return f"rmosh: waiting for {awaited} to start ..."

    with said_if_long(say, starting, is_over=lambda: search.wanted is not None):  # whose sending shows its progress
        answer = await first.answer()

    async def run_line(line: CommandLine) -> Answer:
        process = await _remote(line, settings).start(login.connection)
        return await Attempt(process, hello, MissingServer(request, host, hello, say=say)).answer()

    return await announced(answer, request, host, run_line)


async def read_status(login: Login, request: Request) -> SessionStatus:
    """Return what became of the session that was asked about.

    Raises:
        BootstrapError: the answer makes no sense.
    """
    try:
        told = ErrandOutput(MissingServer(request, request.destination, None, say=say_nothing), limit=_MAX_STATUS)
        reading = told.read(login.process.stdout, login.process.stdin)
        answer = await asyncio.wait_for(reading, _ANNOUNCE_TIMEOUT)
    except asyncio.TimeoutError:
        raise BootstrapError(Stage.SERVER_FAILED, "no answer about the session") from None
    return parse_status(answer)
