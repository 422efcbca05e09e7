"""Runs `rmosh-server ls` and the like on the far side, and brings back what it says."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.attempt import status_of
from rmosh_client.bootstrap.bounded_reading import read_end
from rmosh_client.bootstrap.errand_output import ErrandOutput
from rmosh_client.bootstrap.exit_status import FAILED
from rmosh_client.bootstrap.missing_server import MissingServer
from rmosh_client.bootstrap.prompts import TerminalPrompts, say
from rmosh_client.bootstrap.quiet_login import QuietLogin
from rmosh_client.bootstrap.remote_command import CommandLine, errand_command
from rmosh_client.bootstrap.remote_process import RemoteCommand
from rmosh_client.bootstrap.request import Request
from rmosh_client.bootstrap.sending_progress import bytes_left
from rmosh_client.bootstrap.server_search import ServerSearch
from rmosh_client.bootstrap.start import log_in_with_retry, opened_route
from rmosh_client.bootstrap.system_ssh import spawn_with_ssh

#: Most bytes of an answer that are kept, the last ones. Reason: a hundred sessions as JSON are a tenth of it.
_MAX_ANSWER: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command said; `status` is None where a signal ended it."""

    status: int | None
    output: bytes
    complaints: bytes
    search: ServerSearch


async def run_errand(request: Request, arguments: Sequence[str], *, ssh: str | None = None) -> Outcome:
    """Log in, run `rmosh-server` with these arguments and return what it said.

    A script that asks on and on must not lock its user out, so a refusal in batch mode holds for a while.

    Raises:
        BootstrapError: with the stage that failed.
    """
    line = errand_command(request, arguments)
    if not any(option.lower() in ("batchmode=yes", "batchmode=true") for option in request.ssh_options):
        return await _run(request, line, ssh)
    login = QuietLogin(request.destination, *request.ssh_options, request.config_file, ssh, alone=False)
    with login.begun() as may_log_in:
        if not may_log_in:
            raise BootstrapError(
                Stage.AUTHENTICATION,
                f"{request.destination} refused a login in batch mode less than a minute ago,"
                " so this one was not tried",
                hint="it is tried without BatchMode; hosts block an address for a while after a few refusals",
            )
        outcome = await _run(request, line, ssh)
        login.was_refused = ssh is not None and outcome.status == FAILED
        return outcome


async def _run(request: Request, line: CommandLine, ssh: str | None) -> Outcome:
    told = ErrandOutput(MissingServer(request, request.destination, None, say=say), limit=_MAX_ANSWER)
    if ssh is not None:
        process = await spawn_with_ssh(request, ssh, line)
        assert process.stdout is not None
        assert process.stderr is not None
        output, complaints = await asyncio.gather(
            told.read(process.stdout, process.stdin), read_end(process.stderr, limit=_MAX_ANSWER)
        )
        return Outcome(await process.wait(), output, complaints, told.search)
    opened = await opened_route(request, say=say)
    command = RemoteCommand(line.text, opened.target.environment, line.standard_input, line.stays_open)
    _, login = await log_in_with_retry(request, opened, command, prompts=TerminalPrompts(), say=say)
    try:
        process_there = login.process
        output, complaints = await asyncio.gather(
            told.read(process_there.stdout, process_there.stdin, partial(bytes_left, process_there)),
            read_end(process_there.stderr, limit=_MAX_ANSWER),
        )
        await process_there.wait_closed()
        return Outcome(status_of(process_there), output, complaints, told.search)
    finally:
        login.close()
