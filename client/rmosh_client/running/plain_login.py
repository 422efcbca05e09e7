"""Runs a login without rmosh on the user's terminal: the escape key still quits it."""

from rmosh_client.bootstrap.request import PlainLogin
from rmosh_client.running.ending import HUNG_UP, QUIT, Ending
from rmosh_client.typing.escape import Command, EscapeMachine
from rmosh_client.typing.local_terminal import HungUp, LocalTerminal


async def run_plain_login(login: PlainLogin, terminal: LocalTerminal, escape: EscapeMachine) -> Ending:
    """Show it until it ends."""
    ending: Ending | None = None

    def read_keys() -> bytes | None:
        nonlocal ending
        try:
            typed = escape.feed(terminal.read())
        except HungUp:
            ending = HUNG_UP
            return None
        if Command.QUIT in typed:
            ending = QUIT
            return None
        return b"".join(keys for keys in typed if isinstance(keys, bytes))

    try:
        status = await login.run(terminal, read_keys)
    except HungUp:
        return HUNG_UP
    return ending or Ending(status)
