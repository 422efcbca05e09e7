"""SSH round trips saved at login, by reaching into asyncssh; without them all works, only later.

- The first request offers a key; plain asyncssh asks with method `none` what is allowed. (RFC 4252 section 5.2) Who
  lets in by `none` lists it nowhere, so it is asked nevertheless: OpenSSH in the same flight as the first key, as only
  a first `none` counts for no failure there; others, which may not stand two requests at once, after the keys.
- A key that costs the user nothing is signed with at once, not offered first. (RFC 4252 section 7) A key of an agent
  is offered first: it may ask for a confirmation or a touch, which no agent tells beforehand.
- The first request follows our service request without waiting for its acceptance, as soon as the server has said
  which signatures it takes. (RFC 4253 section 10: a server that refuses the service disconnects.)
- The remote command goes along with the only key, or with one that the server has said to take: `early_command`.

asyncssh has no public way to any of these. Only the one connection object is touched, never the library; `fits`
tells whether the installed version looks as expected. A connection that breaks nevertheless is tried again plain.
"""

import inspect
from collections.abc import Sequence
from typing import Any, Final

import asyncssh
from asyncssh.connection import SSHClientConnection, SSHConnection
from asyncssh.constants import MSG_EXT_INFO, MSG_SERVICE_ACCEPT, MSG_USERAUTH_FAILURE, MSG_USERAUTH_REQUEST
from asyncssh.packet import SSHPacket, String

from rmosh_client.bootstrap.early_command import CONNECTION_ATTRIBUTES, EarlyCommand, keeps_order
from rmosh_client.bootstrap.identities import is_ready

#: First and first-not version known to work. Source: tests/e2e/test_bootstrap_round_trips.py, run with each.
_VERSIONS: Final = ((2, 21), (2, 25))

#: Parameters of the internal methods that are called or replaced.
_EXPECTED: Final = {
    "_process_ext_info": ["self", "_pkttype", "_pktid", "packet"],
    "_process_service_accept": ["self", "_pkttype", "_pktid", "packet"],
    "_process_userauth_failure": ["self", "_pkttype", "_pktid", "packet"],
    "send_userauth_request": ["self", "method", "args", "key", "trivial"],
}

#: Internal attributes of a connection that are read or set.
_ATTRIBUTES: Final = (
    "_auth",
    "_auth_in_progress",
    "_auth_methods",
    "_gss_mic_auth",
    "_next_service",
    "_owner",
    "_server_sig_algs",
    "_username",
    *CONNECTION_ATTRIBUTES,
)

_USERAUTH: Final = b"ssh-userauth"

#: Methods that cost the user nothing, tried before `none`.
_SILENT_METHODS: Final = (b"gssapi-with-mic", b"publickey")


def fits() -> bool:
    """Whether the installed asyncssh has the internals that the shortcuts touch."""
    version = tuple(int(part) for part in asyncssh.__version__.split(".")[:2] if part.isdecimal())
    if not _VERSIONS[0] <= version < _VERSIONS[1]:
        return False
    for name, parameters in _EXPECTED.items():
        method = getattr(SSHConnection, name, None)
        if method is None or list(inspect.signature(method).parameters) != parameters:
            return False
    return hasattr(SSHClientConnection, "try_next_auth")


class Shortcuts:
    """The shortcuts of one login; `pairs` are the keys in the order in which they will be offered.

    Attributes:
        taken: whether a shortcut was used that the server has not answered yet, so that a connection that breaks now
            may be its fault.
    """

    def __init__(self, pairs: Sequence[asyncssh.SSHKeyPair], command: EarlyCommand | None = None) -> None:
        self._pairs = pairs
        self._command = command
        self._connection: Any = None
        self._send_request: Any = None
        self._try_next: Any = None
        self._awaits_acceptance = False
        self._asked_none = False
        self._none_is_under_way = False
        self.taken = False

    def install(self, connection: asyncssh.SSHClientConnection) -> None:
        """Hook into a connection that was just made; does nothing where it would not help or fit."""
        if not self._pairs or not fits() or not all(hasattr(connection, name) for name in _ATTRIBUTES):
            return
        self._connection = connection
        handlers = self._connection._packet_handlers
        self._connection._packet_handlers = handlers | {
            MSG_EXT_INFO: self._after(handlers[MSG_EXT_INFO]),
            MSG_SERVICE_ACCEPT: self._unless_early(handlers[MSG_SERVICE_ACCEPT]),
            MSG_USERAUTH_FAILURE: self._on_failure(handlers[MSG_USERAUTH_FAILURE]),
        }
        self._try_next = self._connection.try_next_auth
        self._connection.try_next_auth = self._try_none_after_keys
        self._send_request = self._connection.send_userauth_request
        self._connection.send_userauth_request = self._sign_at_once

    def begin_auth(self) -> None:
        """Start with the keys; the server's first refusal tells which methods there are."""
        if self._connection is None or self._connection._gss_mic_auth:
            return
        self.taken = True
        self._connection._auth_methods = [b"publickey"]
        if keeps_order(self._connection):
            self._asked_none = self._none_is_under_way = True
            user = String(self._connection._username)
            self._connection.send_packet(MSG_USERAUTH_REQUEST, user, String(b"ssh-connection"), String(b"none"))

    def _try_none_after_keys(self, *, next_method: bool = False) -> None:
        methods = self._connection._auth_methods
        if next_method:
            methods.pop(0)
        if not self._asked_none and methods[:1] not in ([method] for method in _SILENT_METHODS):
            self._asked_none = True
            methods.insert(0, b"none")
        self._try_next()

    def _on_failure(self, process_failure: Any) -> Any:
        def process(connection: Any, kind: int, number: int, packet: SSHPacket) -> None:
            self.taken = False
            if self._none_is_under_way:  # what comes next is the answer to the key
                self._none_is_under_way = False
                return
            if self._command is not None:
                self._command.take_back()
            process_failure(connection, kind, number, packet)

        return process

    def _after(self, process_ext_info: Any) -> Any:
        def process(connection: Any, kind: int, number: int, packet: SSHPacket) -> None:
            process_ext_info(connection, kind, number, packet)
            if connection._next_service == _USERAUTH and connection._server_sig_algs:
                self._begin_early()

        return process

    def _begin_early(self) -> None:
        connection = self._connection
        self.taken = self._awaits_acceptance = True
        connection._next_service = None
        connection._auth_in_progress = True
        connection._owner.begin_auth(connection._username)
        connection.try_next_auth()

    def _unless_early(self, process_service_accept: Any) -> Any:
        def process(connection: Any, kind: int, number: int, packet: SSHPacket) -> None:
            if not self._awaits_acceptance:
                process_service_accept(connection, kind, number, packet)
                return
            self._awaits_acceptance = False
            if packet.get_string() != _USERAUTH:
                raise asyncssh.ServiceNotAvailable("another service was accepted than the one asked for")
            packet.check_end()

        return process

    async def _sign_at_once(
        self, method: bytes, *args: bytes, key: asyncssh.SSHKeyPair | None = None, trivial: bool = True
    ) -> None:
        pair = getattr(self._connection._auth, "_keypair", None)
        is_offer = method == b"publickey" and key is None and args[:1] == (b"\0",)
        if not is_offer or pair is None or not is_ready(pair):
            await self._send_request(method, *args, key=key, trivial=trivial)
            is_welcome = key is not None  # the server has said that it takes this key
        else:
            self.taken = True
            try:
                await self._send_request(method, b"\1", *args[1:], key=pair, trivial=False)
            except ValueError:
                self._connection.try_next_auth()
                return
            is_welcome = len(self._pairs) == 1
        if is_welcome and self._command is not None:
            self.taken = True
            await self._command.send_with(self._connection)
