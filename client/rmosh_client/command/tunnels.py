"""The words that ask for a tunnel: `-W`, `-N`, `-f`."""

import argparse

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import replace
from rmosh_client.bootstrap.request import Request, SessionWish
from rmosh_client.command.errands import client_name
from rmosh_client.forwarding.specification import parse_destination
from rmosh_client.login.messages import Errand, ErrandKind
from rmosh_client.login.process import LoginProcess
from rmosh_client.tunnel.background import begin_behind
from rmosh_client.tunnel.wish import TunnelWish


def begin_tunnel(request: Request, arguments: argparse.Namespace) -> tuple[TunnelWish, LoginProcess]:
    """Start the login of a tunnel, in the background where that is wished; return what it is for, too.

    Raises:
        BootstrapError: it cannot be.
    """
    direct = None if arguments.W is None else parse_destination(arguments.W)
    _check(request, arguments)
    background = begin_behind() if arguments.f else None
    return TunnelWish(direct, background), LoginProcess(tunnel_errand(request, arguments), by_fork=True)


def tunnel_errand(request: Request, arguments: argparse.Namespace) -> Errand:
    """Return what logs in for a tunnel."""
    return Errand(
        ErrandKind.SESSION,
        replace(request, wish=SessionWish(client=client_name()), is_tunnel=True, is_lasting=False),
        ssh=arguments.ssh,
        verbosity=arguments.verbose,
        log_file=arguments.E,
        in_background=arguments.f,
    )


def _check(request: Request, arguments: argparse.Namespace) -> None:
    if arguments.f and arguments.W is not None:
        raise BootstrapError(Stage.USAGE, "-f goes without -W: in the background nothing reads standard input")
    if arguments.f and not arguments.N:
        raise BootstrapError(
            Stage.USAGE,
            "-f: a shell needs its terminal",
            hint="for forwards alone: -N -f; to leave a session: Ctrl-^ d",
        )
    if request.command:
        option = "-N" if arguments.W is None else "-W"
        raise BootstrapError(Stage.USAGE, f"{option} runs no command", hint="leave one of them out")
    if arguments.S:
        raise BootstrapError(Stage.USAGE, "-S: there is nothing to attach to where no shell runs", hint="leave it out")
