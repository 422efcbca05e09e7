"""By what a host lets a user in, told for `-v`. asyncssh has no public way to that; without it nothing is told."""

from typing import Any, Final

import asyncssh
from asyncssh.connection import SSHClientConnection
from asyncssh.constants import MSG_USERAUTH_SUCCESS
from asyncssh.packet import SSHPacket

from rmosh_client.bootstrap.file_keys import FileKey
from rmosh_client.bootstrap.known_hosts import fingerprint
from rmosh_client.bootstrap.prompts import printable
from rmosh_client.bootstrap.stages import tell_ssh

#: Classes of asyncssh's for methods -> what the user has shown by them.
_PROOFS: Final = {
    "_ClientNullAuth": "nothing at all",
    "_ClientGSSMICAuth": "a Kerberos ticket",
    "_ClientKbdIntAuth": "an answer (keyboard-interactive)",
    "_ClientPasswordAuth": "a password",
}


def tell_when_let_in(connection: SSHClientConnection, who: str) -> None:
    """Have it told once a connection that was just made has let its user in."""
    inner: Any = connection
    if not hasattr(inner, "_packet_handlers"):
        return
    succeed = inner._packet_handlers[MSG_USERAUTH_SUCCESS]

    def succeeded(target: Any, kind: int, number: int, packet: SSHPacket) -> None:
        tell_ssh(f"{who} is let in by {_proof(getattr(target, '_auth', None))}")
        succeed(target, kind, number, packet)

    inner._packet_handlers = inner._packet_handlers | {MSG_USERAUTH_SUCCESS: succeeded}


def _proof(auth: Any) -> str:
    pair = getattr(auth, "_keypair", None)
    if isinstance(pair, asyncssh.SSHKeyPair):
        return key_in_words(pair)
    return _PROOFS.get(type(auth).__name__, "what it does not tell")


def key_in_words(pair: asyncssh.SSHKeyPair) -> str:
    """Return what a key is called: its type, its fingerprint, and where it is."""
    where = str(pair.file) if isinstance(pair, FileKey) else "of the agent"
    named = " ".join(filter(None, [where, printable(pair.get_comment() or "")]))
    return f"the key {pair.algorithm.decode('ascii', 'replace')} {fingerprint(pair.public_data)} ({named})"
