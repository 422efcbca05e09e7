"""What Tab offers: asked as a shell's completion asks."""

import json
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


def test_only_what_can_be_a_session_is_offered_whatever_a_host_says(host):
    config = host.sshd.configure()
    told = [
        {"name": "-oProxyCommand=id"}, {"name": "ok"}, {"name": "a b"}, {"name": "$(id)"}, {"name": "`id`"},
        {"name": "x\x1b[2J"}, {"name": "y\nz"}, {"name": ["q"]}, {"id": "0123456789abcdef"}, {"id": "-oX"},
    ]  # fmt: skip

    def offered_where_a_host_says(text):
        server = host.script("hostile", f"cat <<'EOF'\n{text}\nEOF")
        line = f"rmosh attach -F {config} --server {server} box "
        return set(offered(host.directory, line, **host.sshd.client_env))

    options = offered_where_a_host_says("[]")
    assert offered_where_a_host_says(json.dumps(told)) - options == {"01234567", "ok"}
    for nonsense in ("[" * 5000, "{}", "7", "[7]", "\x1b[2J"):
        assert offered_where_a_host_says(nonsense) == options


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
