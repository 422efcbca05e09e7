from typing import cast

import asyncssh
import pytest
from asyncssh import SSHClientConnection
from asyncssh.connection import SSHConnection
from asyncssh.constants import MSG_EXT_INFO, MSG_SERVICE_ACCEPT, MSG_USERAUTH_FAILURE

from rmosh_client.bootstrap import shortcuts
from rmosh_client.bootstrap.shortcuts import Shortcuts

#: What is offered.
KEYS = asyncssh.load_keypairs([asyncssh.generate_private_key("ssh-ed25519")])


class Bystander:
    """A connection that must not be touched; it knows by whom it was."""

    def __init__(self) -> None:
        self.__dict__["touched"] = []

    def __setattr__(self, name: str, value: object) -> None:
        self.__dict__["touched"].append(name)


def test_installed_asyncssh_has_the_internals_that_are_touched() -> None:
    assert shortcuts.fits()


@pytest.mark.parametrize("version", ["2.20.0", "2.25.0", "3.0.0", "unknown"])
def test_untried_versions_are_left_alone(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(asyncssh, "__version__", version)
    assert not shortcuts.fits()


@pytest.mark.parametrize("name", list(shortcuts._EXPECTED))
def test_changed_internals_are_left_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(SSHConnection, name, lambda self, other: None)
    assert not shortcuts.fits()


def test_connection_is_not_touched_without_keys() -> None:
    connection = Bystander()
    Shortcuts(()).install(cast(SSHClientConnection, connection))
    assert connection.__dict__ == {"touched": []}


def test_connection_with_other_attributes_is_not_touched() -> None:
    connection = Bystander()
    Shortcuts(KEYS).install(cast(SSHClientConnection, connection))
    assert connection.__dict__ == {"touched": []}


class OtherServer:
    """A connection as far as methods are concerned, to a server of which nothing is known."""

    def __init__(self) -> None:
        self._server_version = b"SSH-2.0-Another"
        kinds = (MSG_EXT_INFO, MSG_SERVICE_ACCEPT, MSG_USERAUTH_FAILURE)
        self._packet_handlers = dict.fromkeys(kinds, self.refuse)
        self._gss_mic_auth = False
        self._auth_methods: list[bytes] = []
        self.tried: list[bytes] = []
        for name in shortcuts._ATTRIBUTES:
            self.__dict__.setdefault(name, None)

    def send_userauth_request(self) -> None:
        """Replaced."""

    def try_next_auth(self) -> None:
        self.tried += self._auth_methods[:1]

    def refuse(self, _connection: object, _kind: int, _number: int, allowed: list[bytes]) -> None:
        self._auth_methods = list(allowed)
        self.try_next_auth()


def test_another_server_is_asked_once_for_none_after_the_keys_and_before_a_password() -> None:
    connection = OtherServer()
    hurried = Shortcuts(KEYS)
    hurried.install(cast(SSHClientConnection, connection))
    hurried.begin_auth()
    connection.try_next_auth()
    for _ in range(3):
        connection._packet_handlers[MSG_USERAUTH_FAILURE](connection, 0, 0, [b"password"])
    assert connection.tried == [b"publickey", b"none", b"password", b"password"]


def test_a_connection_that_breaks_after_an_answer_is_no_shortcuts_fault() -> None:
    connection = OtherServer()
    hurried = Shortcuts(KEYS)
    hurried.install(cast(SSHClientConnection, connection))
    hurried.begin_auth()
    assert hurried.taken
    connection._packet_handlers[MSG_USERAUTH_FAILURE](connection, 0, 0, [b"publickey"])
    assert not hurried.taken
