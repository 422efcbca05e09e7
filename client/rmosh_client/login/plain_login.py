"""Runs a login without rmosh on the user's terminal: the escape key still quits it."""

import math

from rmosh.terminal_input import InputTokenizer
from rmosh_client.bootstrap.request import PlainLogin
from rmosh_client.link.clocks import monotonic
from rmosh_client.login.messages import PlainEnd, PlainEnded
from rmosh_client.typing.escape import Command, EscapeMachine
from rmosh_client.typing.local_terminal import HungUp, LocalTerminal


async def run_plain_login(login: PlainLogin, terminal: LocalTerminal, escape: EscapeMachine) -> PlainEnded:
    """Show it until it ends."""
    end = PlainEnd.ENDED
    tokenizer = InputTokenizer()

    def read_keys() -> bytes | None:
        nonlocal end
        try:
            tokens = tokenizer.feed(terminal.read(), now=monotonic())
            typed = escape.feed([*tokens, *tokenizer.let_go(now=math.inf)])  # no timer would do that later
        except HungUp:
            end = PlainEnd.HUNG_UP
            return None
        if Command.QUIT in typed:
            end = PlainEnd.QUIT
            return None
        return b"".join(token.data for tokens in typed if isinstance(tokens, list) for token in tokens)

    try:
        status = await login.run(terminal, read_keys)
    except HungUp:
        return PlainEnded(PlainEnd.HUNG_UP, 0)
    return PlainEnded(end, status)
