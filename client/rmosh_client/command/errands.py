"""`rmosh ls`, `attach`, `kill`, `detach` and `log`: the sessions of a host, from here."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final, TextIO

from rmosh.compression import Compression
from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import replace
from rmosh_client.bootstrap.exit_status import FAILED
from rmosh_client.bootstrap.request import Request, SessionWish
from rmosh_client.loading import loading_ssh
from rmosh_client.plain_text import printable

#: Longest line of a host's answer that is shown, in characters.
_LONGEST_LINE: Final = 4096


def client_name() -> str:
    """Return how other clients of a session see this one: user@host."""
    import getpass
    import socket

    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):
        return socket.gethostname()


def add_guest_options(group: argparse._ActionsContainer) -> None:
    """Add what says how to be in a session that others may be in."""
    group.add_argument("--read-only", action="store_true", help="watch without typing")
    group.add_argument(
        "--detach-others", action="store_true", help="take the session over: disconnect its other clients"
    )


def with_wish(
    request: Request, arguments: argparse.Namespace, *, name: str = "", attach_to: str | None = None
) -> Request:
    """Return the request with which session is meant, and how to be in it."""
    if arguments.read_only and not name and attach_to is None:
        raise BootstrapError(
            Stage.USAGE,
            "--read-only is for a session that is already running",
            hint="rmosh attach --read-only host [session]",
        )
    wish = SessionWish(
        name=name,
        attach_to=attach_to,
        read_only=arguments.read_only,
        detach_others=arguments.detach_others,
        client=client_name(),
        idle_timeout=arguments.idle_timeout,
        compression=Compression(arguments.compress),
        obscures_typing=arguments.obscure_typing,
        trace=arguments.trace is not None,
    )
    return replace(request, wish=wish)


def run_on_host(request: Request, words: Sequence[str], *, ssh: str | None) -> int:
    """Run `rmosh-server` with these words on the host and print what it says; return its exit status.

    Raises:
        BootstrapError: with the stage that failed.
    """
    with loading_ssh():
        from rmosh_client.bootstrap.announcement import failed_command, shown, split_words
        from rmosh_client.bootstrap.coroutines import run
        from rmosh_client.bootstrap.errand import run_errand

    outcome = run(run_errand(request, words, ssh=ssh))
    _print(outcome.output, sys.stdout)
    status, said = outcome.status, shown(outcome.complaints)
    of_ssh, said = ("", said) if ssh is None else split_words(said)
    if status and (ssh is None or (said and status != FAILED)):  # else the system's ssh failed
        failure = None
        if request.server is None:
            failure = outcome.search.failure(request.destination, status, said, may_send=request.sends_server)
        failure = failure or failed_command(request.destination, status, said, ends_with=status)
        if failure is not None:
            _print(of_ssh.encode(), sys.stderr)
            raise failure
    _print(outcome.complaints, sys.stderr)
    if outcome.status is None:
        raise BootstrapError(Stage.SERVER_FAILED, f"rmosh-server on {request.destination} was ended by a signal")
    return outcome.status


def _print(untrusted: bytes, stream: TextIO) -> None:
    for line in untrusted.decode("utf-8", "replace").splitlines():
        print(printable(line, limit=_LONGEST_LINE), file=stream)
