"""What was handed over, served by what it needs: a session with its terminal, or a tunnel without one."""

import os
from collections.abc import Sequence

from rmosh_server.process.memory import forbid_core_dumps
from rmosh_server.serving.handover import FORK_SERVER_VARIABLE, PYTHON_VARIABLES, Handover, receive


def main(descriptor: int) -> None:
    """Serve what was handed over through a pipe, until it is over.

    Before anything of it is read, a fork server is split off where one was asked for; each session that is forked from
    that goes on here.
    """
    place = os.environ.pop(FORK_SERVER_VARIABLE, "")
    session = _from_fork_server(place) if place else None
    if session is None:
        forbid_core_dumps()
        session = receive(descriptor)
        _give_back_environment(session.python_variables)
    serve(session)


def _from_fork_server(place: str) -> "Handover | None":
    from rmosh_server.serving.forked_session import forked_session  # which a session alone does without

    return forked_session(place)


def _give_back_environment(python_variables: Sequence[str]) -> None:
    """Have the environment that the login gave: programs must not get what this interpreter was told beside it."""
    for name in PYTHON_VARIABLES:
        os.environ.pop(name, None)
    for name, _, value in (pair.partition("=") for pair in python_variables):
        os.environ[name] = value


def serve(session: Handover) -> None:
    """Serve it until it is over; only what that takes is loaded."""
    if session.is_tunnel:
        from rmosh_server.serving.tunnel import serve_tunnel

        serve_tunnel(session)
    else:
        from rmosh_server.serving.main import serve as serve_session

        serve_session(session)
