"""What the command `rmosh-server` does: starts a session, or tells how one is."""

import os
import sys

from rmosh.errors import BootstrapError
from rmosh_server.command.complaints import print_error, print_warning
from rmosh_server.command.options import AskStatus, NewSession, parse_arguments


def run() -> int:
    """Do what the command line asks; return the exit status."""
    wanted = parse_arguments(sys.argv[1:])
    if isinstance(wanted, AskStatus):
        return _print_status(wanted)
    try:
        if isinstance(wanted, NewSession):
            from rmosh_server.command.launch import start_session  # `status`, `--help` and `--version` need none of it

            return start_session(wanted)
        from rmosh_server.command.errands import run_errand

        return run_errand(wanted)
    except BootstrapError as error:
        print_error(error)
        return 1


def _print_status(wanted: AskStatus) -> int:
    from rmosh_server.desk.places import Unusable, usual_places
    from rmosh_server.desk.sessions import status_of

    try:
        print(status_of(wanted.session_id, usual_places(os.environ)))
    except Unusable as problem:
        print_warning(str(problem))
        return 1
    return 0
