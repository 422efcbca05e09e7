"""Runs a login without rmosh on the user's terminal: the escape key still quits it."""

import math

from rmosh.terminal_input import InputTokenizer
from rmosh_client.bootstrap.request import PlainLogin
from rmosh_client.link.clocks import monotonic
from rmosh_client.running.ending import HUNG_UP, QUIT, Ending
from rmosh_client.typing.escape import Command, EscapeMachine
from rmosh_client.typing.local_terminal import HungUp, LocalTerminal


async def run_plain_login(login: PlainLogin, terminal: LocalTerminal, escape: EscapeMachine) -> Ending:
    """Show it until it ends."""
    ending: Ending | None = None
    tokenizer = InputTokenizer()

    def read_keys() -> bytes | None:
        nonlocal ending
        try:
            tokens = tokenizer.feed(terminal.read(), now=monotonic())
            typed = escape.feed([*tokens, *tokenizer.let_go(now=math.inf)])  # no timer would do that later
        except HungUp:
            ending = HUNG_UP
            return None
        if Command.QUIT in typed:
            ending = QUIT
            return None
        return b"".join(token.data for tokens in typed if isinstance(tokens, list) for token in tokens)

    try:
        status = await login.run(terminal, read_keys)
    except HungUp:
        return HUNG_UP
    return ending or Ending(status)
