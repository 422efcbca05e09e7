"""What Tab offers: asked as a shell's completion asks."""

import os
import shutil
import subprocess
import sys

import pytest


def offered(tmp_path, line, **environment):
    """Return what is offered at the end of a command line."""
    told = tmp_path / "offered"
    asked = os.environ | environment | {
        "_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(told), "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
    }  # fmt: skip
    told.write_text("")
    subprocess.run([sys.executable, "-m", "rmosh_client.cli"], env=asked, check=True, timeout=30)
    return [word.strip() for word in told.read_text().splitlines()]


def test_options_are_offered_and_those_of_an_errand_are_its_own(tmp_path):
    assert "--predict" in offered(tmp_path, "rmosh --pre")
    assert offered(tmp_path, "rmosh ls --js") == ["--json"]
    assert offered(tmp_path, "rmosh attach --pred") == ["--predict"]


def test_hosts_of_the_ssh_configuration_are_offered_patterns_left_out(tmp_path):
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host box barn\n  Port 2222\nHost *.example\nhost = bee\n")
    assert sorted(offered(tmp_path, "rmosh b", HOME=str(tmp_path))) == ["barn", "bee", "box"]
    assert offered(tmp_path, "rmosh attach me@bo", HOME=str(tmp_path)) == ["me@box"]


def test_sessions_that_run_on_the_host_are_offered(host, tmp_path):
    for name in ("work", "wiki", "other"):
        host.shell("-S", name)
    config = host.sshd.configure()
    line = f"rmosh attach -F {config} --server {host.server} box w"
    assert sorted(offered(tmp_path, line, **host.sshd.client_env)) == ["wiki", "work"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_each_shell_is_one_that_it_takes(shell):
    printed = subprocess.run(
        [sys.executable, "-m", "rmosh_client.cli", "completion", shell], capture_output=True, check=True, text=True
    ).stdout
    assert "rmosh" in printed
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} on this machine to try it with")
    first = "autoload -U compinit; compinit -D -u\n" if shell == "zsh" else ""
    subprocess.run([shell, "-c", first + printed], check=True, timeout=30)
