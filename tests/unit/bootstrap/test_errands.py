"""What a host says to `rmosh ls` and the like through the system's ssh, as the user reads it."""

import asyncio
from pathlib import Path

import pytest

from rmosh.errors import BootstrapError
from rmosh_client.bootstrap.errand import run_errand
from rmosh_client.bootstrap.request import Request
from rmosh_client.command.errands import run_on_host


def ssh_that_says(directory: Path, words: str, *, status: int) -> str:
    (directory / "words").write_text(words)
    script = directory / "ssh"
    script.write_text(f"#!/bin/sh\ncat {directory}/words >&2\nexit {status}\n")
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize(
    ("words", "status", "error", "hint", "before"),
    [
        ("rmosh-server: not found in /bin\n", 127, "box has no rmosh-server (not found in /bin)", "install it", ""),
        (
            "a banner\nrmosh-server: there is no session 'x'; there is y\nhint: rmosh ls HOST says more about them\n",
            1,
            "box: there is no session 'x'; there is y",
            "rmosh ls box says more about them",
            "a banner\n",
        ),
    ],
)
def test_what_the_server_says_is_told_as_without_the_systems_ssh(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, status: int, error: str, hint: str, before: str
) -> None:
    with pytest.raises(BootstrapError) as raised:
        run_on_host(Request("box"), ["kill", "x"], ssh=ssh_that_says(tmp_path, words, status=status))
    assert str(raised.value) == error
    assert raised.value.hint.startswith(hint)
    assert capsys.readouterr().err == before


@pytest.mark.parametrize(("words", "status"), [("ssh: no route\n", 255), ("env: what: not found\n", 127)])
def test_what_ssh_itself_says_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, status: int
) -> None:
    assert run_on_host(Request("box"), ["ls"], ssh=ssh_that_says(tmp_path, words, status=status)) == status
    assert capsys.readouterr().err == words


def test_of_an_answer_without_end_only_the_last_of_it_is_kept_with_the_systems_ssh_too(tmp_path: Path) -> None:
    endless = tmp_path / "ssh"
    endless.write_text("#!/bin/sh\nhead -c 30000000 /dev/zero\nprintf last\n")
    endless.chmod(0o755)
    outcome = asyncio.run(run_errand(Request("box"), ["ls"], ssh=str(endless)))
    assert len(outcome.output) == 1 << 20
    assert outcome.output.endswith(b"\0last")
