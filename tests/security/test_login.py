"""Whoever gets a user to log in somewhere: a link's author with a name, a server or a jump host with its words."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from rmosh.errors import BootstrapError
from rmosh_client.bootstrap import login_log
from rmosh_client.bootstrap.asking import NobodyAsked
from rmosh_client.bootstrap.dialogue import Dialogue
from rmosh_client.bootstrap.host_key import HostKeyJudge
from rmosh_client.bootstrap.openssh_config import parse_evaluated, read_settings
from rmosh_client.bootstrap.remote_command import SHELL_MARK
from rmosh_client.bootstrap.request import Request
from rmosh_client.bootstrap.settings import settings_from
from rmosh_client.bootstrap.system_ssh import start_with_ssh

#: Turns the title, the keyboard's mode and the character set; C1 controls; a lone carriage return to overwrite with.
HOSTILE = b"fine \xc3\xa9\r\n\x1b]0;title\x07\x1b[?1049h\x9b31m\xc2\x9b31m\x0e\x7foverwritten\rwith this"


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., str]:
    """A stand-in for ssh: `program(lines of shell)`."""

    def make(*lines: str) -> str:
        script = tmp_path / "ssh"
        script.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
        script.chmod(0o755)
        return str(script)

    return make


@pytest.mark.parametrize("name", ["`touch made`", "$(touch made)", "a;touch made;", "a|touch made", "a\ntouch made\n"])
@pytest.mark.parametrize("where", ["{}", "{}@box", "me@{}"])
def test_a_name_runs_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Callable[..., str], name: str, where: str
) -> None:
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "config"
    config.write_text('Match exec "true %n %h %r"\n  ProxyCommand sh -c "true %n %h %r"\n')
    destination = where.format(name)
    with pytest.raises(BootstrapError, match="is not a"):
        read_settings(destination, options=(), config_file=str(config), environ={})
    with pytest.raises(BootstrapError, match="is not a"):
        asyncio.run(start_with_ssh(Request(destination), program("touch made"), NobodyAsked()))
    with pytest.raises(BootstrapError, match="is not a"):
        read_settings("box", options=(f"ProxyJump={destination}",), config_file=str(config), environ={})
    assert not Path("made").exists()


def test_what_ssh_passes_on_cannot_steer_the_terminal(
    program: Callable[..., str], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "words").write_bytes(HOSTILE)
    ssh = program(f"cat {tmp_path}/words >&2; exit 255")
    with pytest.raises(BootstrapError):
        asyncio.run(start_with_ssh(Request("box", config_file="none"), ssh, NobodyAsked()))
    shown = capfdbinary.readouterr().err
    assert b"fine \xc3\xa9\n" in shown
    assert b"overwritten\nwith this" in shown
    assert not [char for char in shown.decode() if not char.isprintable() and char != "\n" and char != "\ufffd"]


def test_a_character_in_two_parts_is_one_and_a_line_end_too(
    program: Callable[..., str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    ssh = program(r"printf '\303' >&2; sleep 0.1; printf '\251\r' >&2; sleep 0.1; printf '\nnext' >&2; exit 255")
    with pytest.raises(BootstrapError):
        asyncio.run(start_with_ssh(Request("box", config_file="none"), ssh, NobodyAsked()))
    assert b"\xc3\xa9\nnext" in capfdbinary.readouterr().err


@pytest.mark.parametrize(
    ("said", "status", "shown"),
    [
        ("a banner\\nrmosh-server: no room\\nhint: make some\\n", 1, "a banner\n"),
        ("rmosh-server: no room", 1, ""),
        ("a banner, rmosh-server: in it\\nr", 1, "a banner, rmosh-server: in it\nr"),
        ("rmosh-server: no room\\nConnection closed.\\n", 255, "rmosh-server: no room\nConnection closed.\n"),
    ],
)
def test_what_the_server_says_through_ssh_is_not_said_twice(
    program: Callable[..., str], capfdbinary: pytest.CaptureFixture[bytes], said: str, status: int, shown: str
) -> None:
    ssh = program(
        f"echo {SHELL_MARK}", *(f"printf '{part}' >&2; sleep 0.02" for part in (said[:3], said[3:])), f"exit {status}"
    )
    with pytest.raises(BootstrapError):
        asyncio.run(start_with_ssh(Request("box", config_file="none", command=("true",)), ssh, NobodyAsked()))
    assert capfdbinary.readouterr().err.decode() == shown


class Questions:
    """Somebody who is asked, and what he reads."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def ask(self, question: str, *, echo: bool) -> str:
        self.read.append(question)
        return "answer"


def test_what_a_server_says_and_asks_cannot_steer_the_terminal() -> None:
    settings = settings_from(parse_evaluated("hostname box"), alias="box", environ={})
    asked = Questions()
    judge = HostKeyJudge(settings, asked, say=asked.read.append)
    dialogue = Dialogue(settings, judge=judge, prompts=asked, say=asked.read.append, shortcuts=None, direct=True)
    words = HOSTILE.decode(errors="replace")
    dialogue.auth_banner_received(words, "")
    assert dialogue.kbdint_challenge_received(words, words, "", [(words, False)]) == ["answer"]
    assert len(asked.read) == 4
    for text in asked.read:
        assert "fine \xe9\n" in text
        assert not [char for char in text if not char.isprintable() and char not in "\n\ufffd"]


def test_a_key_file_that_cannot_be_used_is_told_once_before_a_password_is_asked_for() -> None:
    settings = settings_from(parse_evaluated("hostname box"), alias="box", environ={})
    asked = Questions()
    judge = HostKeyJudge(settings, asked, say=asked.read.append)
    dialogue = Dialogue(
        settings, judge=judge, prompts=asked, say=asked.read.append, shortcuts=None, direct=True, unusable=["id (why)"]
    )
    assert [dialogue.password_auth_requested(), dialogue.password_auth_requested()] == ["answer", "answer"]
    assert [line.partition(" for ")[0] for line in asked.read] == [
        "rmosh: cannot use the key id (why)", "Password", "Permission denied, please try again.", "Password"
    ]  # fmt: skip


def test_what_the_log_tells_of_a_server_cannot_steer_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "root", logging.RootLogger(logging.WARNING))
    login_log.log_login(2)
    logging.root.info("version %s", HOSTILE.decode(errors="replace"))
    shown = capsys.readouterr().err
    assert shown.startswith("version fine")
    assert "\x1b" not in shown
    assert "\r" not in shown


def test_a_log_on_a_full_disk_writes_nothing_over_the_session(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "root", logging.RootLogger(logging.WARNING))
    monkeypatch.setattr(logging, "raiseExceptions", True)
    login_log.log_login(2, "/dev/full")
    logging.root.info("a name that is no text: \udcff")
    assert capfd.readouterr() == ("", "")
    with pytest.raises(OSError, match="No space"):
        logging.root.handlers[0].close()


def test_a_name_that_is_no_text_is_told_in_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "root", logging.RootLogger(logging.WARNING))
    login_log.log_login(2, str(tmp_path / "log"))
    logging.root.info("key \udcff")
    logging.root.handlers[0].close()
    _date, _time, said = (tmp_path / "log").read_text().split(" ", 2)
    assert said == "key \\udcff\n"
