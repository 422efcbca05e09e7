"""A subsystem is what sshd's configuration says, and sftp is found where no file says where. Source: OpenSSH 9.2."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from rmosh_server.forwarding.subsystems import SFTP_SERVERS, subsystem_command

USUAL = SFTP_SERVERS[0]


def found(
    tmp_path: Path, text: str | None, name: str = "sftp", *, there: Iterable[str] = (USUAL, "/opt/sftp")
) -> str | None:
    config = tmp_path / "sshd_config"
    if text is not None:
        config.write_text(text)
    return subsystem_command(name, config=str(config), exists=set(there).__contains__)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Subsystem\tsftp\t/opt/sftp\n", "/opt/sftp"),
        ("subsystem sftp /opt/sftp -l INFO -f AUTH\n", "/opt/sftp -l INFO -f AUTH"),
        ("Subsystem=sftp /opt/sftp\n", "/opt/sftp"),
        ("Subsystem sftp /opt/sftp\nSubsystem sftp /second\n", "/opt/sftp"),
        ("# Subsystem sftp /opt/sftp\n", USUAL),
        ("Subsystem sftp internal-sftp\n", USUAL),
        ("Subsystem sftp internal-sftp -u 0027\n", f"{USUAL} -u 0027"),
        ("Subsystem sftp /gone/sftp-server\n", USUAL),
        ("Match User other\nSubsystem sftp /opt/sftp\n", USUAL),
        ("", USUAL),
        (None, USUAL),
    ],
)
def test_sftp_is_what_is_configured_or_in_the_usual_places(tmp_path: Path, text: str | None, command: str) -> None:
    assert found(tmp_path, text) == command


def test_an_included_file_says_it_too(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("Subsystem sftp /opt/sftp\n")
    assert found(tmp_path, f"Include {tmp_path}/*.conf\nSubsystem sftp /second\n") == "/opt/sftp"


def test_a_file_that_includes_itself_has_an_end(tmp_path: Path) -> None:
    assert found(tmp_path, f"Include {tmp_path}/sshd_config\n") == USUAL


def test_another_subsystem_is_only_what_is_configured(tmp_path: Path) -> None:
    assert found(tmp_path, "Subsystem netconf /usr/bin/netconf\n", "netconf") == "/usr/bin/netconf"
    assert found(tmp_path, "Subsystem netconf /usr/bin/netconf\n", "other") is None


def test_no_sftp_is_found_where_none_is(tmp_path: Path) -> None:
    assert found(tmp_path, "Subsystem sftp internal-sftp\n", there=()) is None
