import shlex
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import BootstrapError
from rmosh_client.bootstrap.remote_command import for_any_shell, new_command, status_command
from rmosh_client.bootstrap.request import Request

#: Every login shell at hand; the first three are everywhere, the others are tried where they are installed.
SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh", "fish", "tcsh", "csh", "ksh") if shutil.which(shell)]

#: What shells see something special in, by one or the other's rules.
AWKWARD = [
    "it's",
    'say "hi"',
    "$HOME",
    "`id`",
    "!!",
    "a\\b\\'c",
    "new\nline",
    "*",
    "~",
    "",
    " ",
    "é漢🙂",
    "%self",
    "=ls",
    "#x",
    "\t",
]


def run(shell, line, **environment):
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C.UTF-8"} | environment
    return subprocess.run([shell, "-c", line], env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("shell", SHELLS)
def test_awkward_words_arrive_unharmed_under_every_login_shell(shell):
    script = "printf '%s\\0' " + shlex.join(AWKWARD)
    answer = run(shell, for_any_shell(script))
    assert answer.stdout.decode().split("\0")[:-1] == AWKWARD


@given(word=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20))
def test_every_word_arrives_unharmed_under_sh(word):
    assert run("sh", for_any_shell(f"printf %s {shlex.quote(word)}")).stdout == word.encode()


def test_ordinary_words_stay_readable():
    line = new_command(Request("box", command=("vim", "-R")), {"LANG": "C.UTF-8"}, tell_arrival=False)
    assert "new --rows 24 --columns 80 --port 60000:61000 --env LANG=C.UTF-8 -- vim -R" in line
    assert "\\" not in line


def test_only_the_locale_goes_through_the_command_line():
    line = new_command(Request("box"), {"LC_ALL": "C", "TOKEN": "hush"}, tell_arrival=False)
    assert "--env LC_ALL=C" in line
    assert "hush" not in line


@pytest.mark.parametrize("place", [".local/bin", "bin"])
@pytest.mark.parametrize("shell", SHELLS)
def test_server_is_found_outside_the_path(tmp_path, shell, place):
    (tmp_path / place).mkdir(parents=True)
    server = tmp_path / place / "rmosh-server"
    server.write_text('#!/bin/sh\necho found "$@"\n')
    server.chmod(0o755)
    line = status_command(Request("box"), bytes(8))
    assert run(shell, line, HOME=str(tmp_path)).stdout == b"found status 0000000000000000\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_missing_server_ends_with_127(tmp_path, shell):
    answer = run(shell, status_command(Request("box"), bytes(8)), HOME=str(tmp_path))
    assert answer.returncode == 127
    assert b"~/.local/bin" in answer.stderr


def test_server_in_the_remote_home_is_meant_there(tmp_path):
    server = tmp_path / "my server"
    server.write_text("#!/bin/sh\necho found\n")
    server.chmod(0o755)
    line = status_command(Request("box", server="~/my server"), bytes(8))
    assert run("sh", line, HOME=str(tmp_path)).stdout == b"found\n"


def test_arrival_is_told_where_asked():
    line = new_command(Request("box", server="/bin/true"), {}, tell_arrival=True)
    assert (
        run("sh", line, SSH_CONNECTION="192.0.2.1 5 192.0.2.2 22").stdout == b"RMOSH-ARRIVED 192.0.2.1 5 192.0.2.2 22\n"
    )


@pytest.mark.parametrize("command", [("a\0b",), ("x" * 40_000,)])
def test_commands_that_cannot_be_carried_are_refused(command):
    with pytest.raises(BootstrapError):
        new_command(Request("box", command=command), {}, tell_arrival=False)
