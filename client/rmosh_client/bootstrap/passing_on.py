"""Looks for what a session is to pass on of this machine before the hello tells that it will."""

import asyncio
import os
import stat
from collections.abc import Callable
from functools import partial
from typing import Final

from rmosh.lazy_dataclass import replace
from rmosh_client.bootstrap.background import in_background
from rmosh_client.bootstrap.display_access import open_display
from rmosh_client.bootstrap.prompts import say_nothing
from rmosh_client.bootstrap.request import Request
from rmosh_client.bootstrap.settings import SshSettings
from rmosh_client.forwarding.passed_on import AgentAccess, DisplayAccess, LoginProof, PassedOn

#: What -A, -X and -Y are short for. Who typed one is told where nothing comes of it; a configuration for all hosts and
#: machines is no such wish.
AGENT_TYPED: Final = "ForwardAgent=yes"
DISPLAY_TYPED: Final = "ForwardX11=yes"


async def look_for_what_is_passed_on(
    request: Request, settings: SshSettings, *, say: Callable[[str], None]
) -> PassedOn:
    """Return it; nothing for who only looks on."""
    if request.wish.read_only:
        return PassedOn()
    agent = _agent(settings.forwarded_agent, say if AGENT_TYPED in request.ssh_options else say_nothing)
    return PassedOn(agent, await _display(settings, say if DISPLAY_TYPED in request.ssh_options else say_nothing))


def with_proof(passed_on: PassedOn, proof: LoginProof | None) -> PassedOn:
    """Return the same with what the host has proved itself with."""
    return replace(passed_on, agent=passed_on.agent and replace(passed_on.agent, proof=proof))


def _agent(path: str | None, say: Callable[[str], None]) -> AgentAccess | None:
    if path is None:
        return None
    if not path:
        say("rmosh: no agent is forwarded: SSH_AUTH_SOCK is not set here")
        return None
    try:
        is_there = stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        is_there = False
    if not is_there:
        say(f"rmosh: no agent is forwarded: there is none at {path}")
        return None
    return AgentAccess(path)


async def _display(settings: SshSettings, say: Callable[[str], None]) -> DisplayAccess | None:
    if settings.display is None:
        return None
    opening = partial(open_display, settings.display, dict(os.environ), say=say)
    return await asyncio.wrap_future(in_background(opening))
