"""What an SSH configuration says of the program's streams is known before the login, as OpenSSH 9.2 evaluates it."""

from pathlib import Path

import pytest

from rmosh_client.bootstrap.program_settings import ProgramSettings, program_settings
from rmosh_client.bootstrap.request import Request


def settings(tmp_path: Path, text: str, *options: str, command: tuple[str, ...] = ()) -> ProgramSettings:
    config = tmp_path / "config"
    config.write_text(text)
    return program_settings(Request("box", options, str(config), command))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", ProgramSettings()),
        ("RequestTTY no", ProgramSettings(request_tty="no")),
        ("requesttty=force", ProgramSettings(request_tty="force")),
        ("RequestTTY yes", ProgramSettings(request_tty="yes")),
        ("RequestTTY auto", ProgramSettings()),
        ("RemoteCommand uptime -p", ProgramSettings(command="uptime -p")),
        ("StdinNull yes", ProgramSettings(reads_input=False)),
        ("SessionType subsystem", ProgramSettings(is_subsystem=True)),
        ("SessionType none", ProgramSettings(runs_nothing=True)),
        ("SessionType none\nForkAfterAuthentication yes", ProgramSettings(runs_nothing=True, in_background=True)),
        ("Host other\nRequestTTY no", ProgramSettings()),
    ],
)
def test_each_setting_counts_for_its_host(tmp_path: Path, line: str, found: ProgramSettings) -> None:
    assert settings(tmp_path, line) == found


def test_an_option_counts_before_the_file(tmp_path: Path) -> None:
    assert settings(tmp_path, "RequestTTY no", "RequestTTY=yes").request_tty == "yes"


def test_a_command_that_was_typed_counts_before_one_that_is_configured(tmp_path: Path) -> None:
    assert settings(tmp_path, "RemoteCommand uptime", command=("ls",)).command == ""


def test_a_file_that_is_included_counts(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("RequestTTY force")
    assert settings(tmp_path, f"Include {tmp_path}/m*").request_tty == "force"


def test_ssh_is_not_asked_where_no_file_says_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmosh_client.bootstrap.openssh_config.read_options", lambda *_, **__: pytest.fail("asked"))
    assert settings(tmp_path, "User me") == ProgramSettings()
