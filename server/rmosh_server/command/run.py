"""What the command `rmosh-server` does: starts a session, or tells how one is."""

import os
import sys

from rmosh.errors import BootstrapError, Stage
from rmosh_server.command.complaints import print_error, print_warning
from rmosh_server.command.options import AskStatus, KeepPort, NewSession, parse_arguments


def run() -> int:
    """Do what the command line asks; return the exit status."""
    wanted = parse_arguments(sys.argv[1:])
    if isinstance(wanted, AskStatus):
        return _print_status(wanted)
    try:
        if isinstance(wanted, NewSession):
            from rmosh_server.command.launch import start_session  # `status`, `--help` and `--version` need none of it

            return start_session(wanted)
        if isinstance(wanted, KeepPort):
            return _keep_port(wanted)
        from rmosh_server.command.errands import run_errand

        return run_errand(wanted)
    except BootstrapError as error:
        print_error(error)
        return 1


def _keep_port(wanted: KeepPort) -> int:
    from rmosh_server.desk.places import SYSTEM_KEEPER, own_keeper

    try:
        from rmosh_server.port.main import keep_port
    except ModuleNotFoundError as error:
        raise BootstrapError(
            Stage.SERVER_FAILED,
            "this rmosh-server was sent by a client and serves sessions alone",
            hint="install rmosh on this host: its rmosh-server keeps a port for them all",
        ) from error
    place = wanted.place or own_keeper(os.environ)
    for_all = os.geteuid() == 0 and place in (wanted.place, SYSTEM_KEEPER)
    return keep_port(wanted.ports, place, for_all=for_all, user=wanted.user)


def _print_status(wanted: AskStatus) -> int:
    from rmosh_server.desk.places import Unusable, usual_places
    from rmosh_server.desk.registry import ALIVE
    from rmosh_server.desk.sessions import status_of
    from rmosh_server.shell.login_record import arrival_address

    try:
        told = status_of(wanted.session_id, usual_places(os.environ))
        if told == ALIVE and arrival_address():  # who lost contact asks over SSH, and may look for us elsewhere
            print(_where())
        print(told)
    except Unusable as problem:
        print_warning(str(problem))
        return 1
    return 0


def _where() -> str:
    from rmosh.announce import format_where
    from rmosh_server.command.reachable import addresses_of_running
    from rmosh_server.shell.account import own_account

    return format_where(addresses_of_running(own_account().home))
