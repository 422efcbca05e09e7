"""What the options about standard streams say, with an SSH configuration that has a word in it."""

import argparse
import os
from pathlib import Path

import pytest

from rmosh.errors import BootstrapError
from rmosh_client.bootstrap.request import Request
from rmosh_client.command.parsers import session_parser
from rmosh_client.command.stream_options import wish_for_streams
from rmosh_client.piping.wishes import PipedWish


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: False)


def wish(tmp_path: Path, *words: str, config: str = "") -> PipedWish | None:
    (tmp_path / "config").write_text(config)
    parser = session_parser()
    own, command = parser.split_command([*words])
    arguments: argparse.Namespace = parser.parse_words(own)
    return wish_for_streams(arguments, Request("box", (), str(tmp_path / "config"), command))


def test_a_command_is_joined_by_spaces_as_with_ssh(tmp_path: Path) -> None:
    assert wish(tmp_path, "box", "echo", "a  b", "-n") == PipedWish("echo a  b -n")


def test_options_and_configuration_say_the_same(tmp_path: Path) -> None:
    assert wish(tmp_path, "-n", "box", "ls") == wish(tmp_path, "box", "ls", config="StdinNull yes")
    assert wish(tmp_path, "-tt", "box", "ls") == wish(tmp_path, "box", "ls", config="RequestTTY force")
    assert wish(tmp_path, "-s", "box", "sftp") == wish(tmp_path, "box", "sftp", config="SessionType subsystem")
    assert wish(tmp_path, "box", "uptime") == wish(tmp_path, "box", config="RemoteCommand uptime")


@pytest.mark.parametrize("option", [("-S", "work"), ("--read-only", "-S", "work")])
def test_what_is_about_sessions_needs_its_terminal(tmp_path: Path, option: tuple[str, ...]) -> None:
    assert wish(tmp_path, *option, "box") is None


def test_a_subsystem_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="no subsystem is named"):
        wish(tmp_path, "-s", "box")


def test_a_command_that_is_too_long_is_told_before_the_login(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="16001 bytes; 16000 fit"):
        wish(tmp_path, "box", "ü" + "x" * 15_999)
