import asyncssh
import pytest
from asyncssh.connection import SSHConnection

from rmosh_client.bootstrap import shortcuts
from rmosh_client.bootstrap.shortcuts import Shortcuts


class Bystander:
    """A connection that must not be touched."""

    def __setattr__(self, name, value):
        raise AssertionError(f"{name} was set")


def test_installed_asyncssh_has_the_internals_that_are_touched():
    assert shortcuts.fits()


@pytest.mark.parametrize("version", ["2.20.0", "2.25.0", "3.0.0", "unknown"])
def test_untried_versions_are_left_alone(monkeypatch, version):
    monkeypatch.setattr(asyncssh, "__version__", version)
    assert not shortcuts.fits()


@pytest.mark.parametrize("name", list(shortcuts._EXPECTED))
def test_changed_internals_are_left_alone(monkeypatch, name):
    monkeypatch.setattr(SSHConnection, name, lambda self, other: None)
    assert not shortcuts.fits()


def test_connection_is_not_touched_without_keys():
    Shortcuts(()).install(Bystander())


def test_connection_with_other_attributes_is_not_touched():
    Shortcuts((asyncssh.generate_private_key("ssh-ed25519"),)).install(Bystander())
