"""Hears a host's proof of itself, and tells the agent of it, so that keys added with `ssh-add -h` may sign for it.

Source: OpenSSH 8.9, PROTOCOL.agent, section 1. asyncssh has no public way to a key exchange's signature: what it calls
to verify that one is wrapped, on the one connection. Where the installed version looks different, nothing is told, and
an agent refuses such keys.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import asyncssh
from asyncssh.packet import Boolean, String

from rmosh_client.forwarding.passed_on import LoginProof

#: An agent's request by name. Source: draft-miller-ssh-agent, SSH_AGENTC_EXTENSION.
_EXTENSION: Final = 27

_NAME: Final = "session-bind@openssh.com"


def hear_proof(connection: asyncssh.SSHClientConnection, tell: Callable[[LoginProof], None]) -> None:
    """Have the proof told as soon as the host has given it, which it does once."""
    inner: Any = connection
    validate = getattr(inner, "validate_server_host_key", None)
    if validate is None or not hasattr(inner, "_session_id"):
        return

    def validated(shown: bytes) -> Any:
        key = validate(shown)
        verify = key.verify

        def verified(exchange_hash: bytes, signature: bytes) -> bool:
            is_right = bool(verify(exchange_hash, signature))
            if is_right and not inner._session_id:  # the first exchange's hash is the session's name
                tell(LoginProof(shown, exchange_hash, signature))
            return is_right

        key.verify = verified
        return key

    inner.validate_server_host_key = validated


def bind_session(agent: asyncssh.SSHAgentClient, proof: LoginProof) -> None:
    """Have the agent told; whatever is asked of it afterwards comes later."""
    if hasattr(agent, "_make_request"):
        _tasks.add(task := asyncio.ensure_future(_tell(agent, proof)))
        task.add_done_callback(_tasks.discard)


#: Held until they are done: an event loop keeps no hold of its tasks.
_tasks: "set[asyncio.Task[None]]" = set()


async def _tell(agent: Any, proof: LoginProof) -> None:
    """An agent that does not know the request fails it, and goes on."""
    is_forwarded = Boolean(False)
    try:
        fields = (String(proof.host_key), String(proof.session), String(proof.signature))
        await agent._make_request(_EXTENSION, String(_NAME), *fields, is_forwarded)
    except ValueError:
        return
