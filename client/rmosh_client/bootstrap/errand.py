"""Runs `rmosh-server ls` and the like on the far side, and brings back what it says."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.attempt import status_of
from rmosh_client.bootstrap.bounded_reading import Readable, read_end
from rmosh_client.bootstrap.exit_status import FAILED
from rmosh_client.bootstrap.prompts import TerminalPrompts, say
from rmosh_client.bootstrap.quiet_login import QuietLogin
from rmosh_client.bootstrap.remote_command import CommandLine, errand_command
from rmosh_client.bootstrap.remote_process import RemoteCommand
from rmosh_client.bootstrap.request import Request
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
    if ssh is not None:
        process = await spawn_with_ssh(request, ssh, line)
        assert process.stdout is not None
        assert process.stderr is not None
        output, complaints = await _answer(process.stdout, process.stderr)
        return Outcome(await process.wait(), output, complaints)
    opened = await opened_route(request, say=say)
    command = RemoteCommand(line.text, opened.target.environment, line.standard_input)
    _, login = await log_in_with_retry(request, opened, command, prompts=TerminalPrompts(), say=say)
    try:
        process_there = login.process
        output, complaints = await _answer(process_there.stdout, process_there.stderr)
        await process_there.wait_closed()
        return Outcome(status_of(process_there), output, complaints)
    finally:
        login.close()


async def _answer(output: Readable, complaints: Readable) -> tuple[bytes, bytes]:
    return await asyncio.gather(read_end(output, limit=_MAX_ANSWER), read_end(complaints, limit=_MAX_ANSWER))
