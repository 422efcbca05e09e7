"""How a host is asked for a session within one login: with a line for sh, then with one for Python.

Both carry one hello, as no more than one of them reaches a server; a host that answers to neither runs no command for
this account.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from rmosh import __version__
from rmosh.errors import BootstrapError, Stage
from rmosh.hello import NONCE_BYTES, Hello, new_hello
from rmosh.session_name import SESSION_VARIABLE
from rmosh.traits import Traits
from rmosh_client.bootstrap.announcement import Announced, Answer, accept_announce, failed_server, shown
from rmosh_client.bootstrap.choice import SeveralMeant
from rmosh_client.bootstrap.remote_command import CommandLine, new_command, new_command_in_python
from rmosh_client.bootstrap.request import PathWish, Request, way_to_sessions
from rmosh_client.bootstrap.stages import tell_ssh
from rmosh_client.forwarding.passed_on import PassedOn

#: What a server ends with that does not know a word of its command line. Source: argparse.
_MISUNDERSTOOD: Final = 2


def hello_from_here(
    environment: Mapping[str, str],
    traits: Traits | None,
    request: Request,
    *,
    ssh: str | None = None,
    stream: bool = True,
    passed_on: PassedOn = PassedOn(),  # noqa: B008 - frozen, so it may be shared
) -> Hello:
    """Return a hello with a nonce of its own.

    Args:
        environment: the variables that go along.
        traits: what the user's terminal has said of itself.
        ssh: the command that logs in, if it is not rmosh itself.
        stream: datagrams may go on where it is said, unless the request has them go by UDP alone.
        passed_on: what of this machine programs there will find.
    """
    within = os.environ.get(SESSION_VARIABLE, "")
    return new_hello(
        entropy=os.urandom(NONCE_BYTES),
        environment=environment,
        traits=traits,
        within=within,
        attach=way_to_sessions(request, ssh=ssh),
        trace=request.wish.trace,
        stream=stream and request.path is not PathWish.UDP,
        streams=True,
        agent=passed_on.agent is not None,
        x11=passed_on.display is not None,
    )


async def announced(
    answer: Answer, request: Request, host: str, run_line: Callable[[CommandLine], Awaitable[Answer]]
) -> Announced | None:
    """Return what a host announces, None where the account runs no command for us.

    Args:
        answer: to the line for sh.
        run_line: has the login shell run another line.

    Raises:
        SeveralMeant: any of several sessions may be meant.
        BootstrapError: it announces nothing of use, and says why.
    """
    if answer.runs_nothing and answer.speaks_python:
        answer = await run_line(new_command_in_python(request, answer.hello))
    if answer.reader.search.missed_it:
        answer = await run_line(new_command(request, answer.hello))
    if answer.line is not None:
        announce = accept_announce(answer.line, host, request, answer.hello)
        server = f"{request.server or 'rmosh-server'} {announce.software}".strip()
        tell_ssh(f"{server} listens on UDP port {announce.port}, protocol {announce.version}")
        was_sent = answer.reader.search.wanted is not None
        return Announced(announce, answer.channel if announce.stream else None, was_sent)
    if answer.runs_nothing and request.wish.attach_to is None and not request.is_tunnel:
        return None
    failure = _none_found(request, host, answer) or _too_old(request, host, answer) or failed_server(host, answer)
    raise SeveralMeant(failure, answer.reader.offers) if answer.reader.offers else failure


def _none_found(request: Request, host: str, answer: Answer) -> BootstrapError | None:
    """Return the error for a host without a server that could run there."""
    if request.server is not None:
        return None
    said = shown(answer.complaints)
    return answer.reader.search.failure(host, answer.status, said, may_send=request.sends_server)


def _too_old(request: Request, host: str, answer: Answer) -> BootstrapError | None:
    """Return the error for a server that does not know what it was asked for."""
    if not request.is_tunnel or answer.status != _MISUNDERSTOOD:
        return None
    return BootstrapError(
        Stage.VERSION,
        f"the rmosh-server on {host} starts nothing without a shell: it is older than this rmosh, {__version__}",
        hint="update it there: pipx install --force . in a newer checkout of rmosh",
    )
