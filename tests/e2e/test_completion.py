"""What Tab offers: asked as a shell's completion asks."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import Host
from tests.e2e.sshd import Sshd
from tests.patience import PATIENCE

#: `python -m rmosh_client`, but that a host that takes its time is waited for: a finger on Tab would not.
ASKED = f"""
from rmosh_client.command import completion
completion._PATIENCE = {PATIENCE}
from rmosh_client.__main__ import main
main()
"""


def offered(tmp_path: Path, line: str, **environment: str) -> list[str]:
    """Return what is offered at the end of a command line."""
    told = tmp_path / "offered"
    asked = os.environ | environment | {
        "_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(told), "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
    }  # fmt: skip
    told.write_text("")
    subprocess.run([sys.executable, "-c", ASKED], env=asked, check=True, timeout=PATIENCE)
    return [word.strip() for word in told.read_text().splitlines()]


def test_options_are_offered_and_those_of_an_errand_are_its_own(tmp_path: Path) -> None:
    assert "--predict" in offered(tmp_path, "rmosh --pre")
    assert offered(tmp_path, "rmosh ls --js") == ["--json"]
    assert offered(tmp_path, "rmosh attach --pred") == ["--predict"]


def test_what_a_shared_login_may_be_asked_is_offered(tmp_path: Path) -> None:
    assert offered(tmp_path, "rmosh -O ") == ["check", "exit", "stop"]


def test_words_that_stand_instead_of_a_host_are_offered_and_what_follows_them(tmp_path: Path) -> None:
    assert offered(tmp_path, "rmosh at", HOME=str(tmp_path)) == ["attach"]
    assert sorted(offered(tmp_path, "rmosh ", HOME=str(tmp_path))) == sorted(
        ["attach", "completion", "cp", "demo", "detach", "kill", "log", "ls"]
    )
    assert sorted(offered(tmp_path, "rmosh completion ")) == ["bash", "fish", "zsh"]
    assert offered(tmp_path, "rmosh demo --los") == ["--loss"]
    assert offered(tmp_path, "rmosh attach", HOME=str(tmp_path)) == ["attach"]


def test_zsh_and_fish_are_told_what_each_word_does(tmp_path: Path) -> None:
    # zsh 5.9 shows a lone -- where no word of a list has a description.
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host box\n")
    told = offered(tmp_path, "rmosh ", HOME=str(tmp_path), _ARGCOMPLETE_SHELL="zsh")
    assert "box:Log in." in told
    assert "kill:End a session and what runs in it." in told
    assert len(told) == 9


def test_files_here_and_hosts_are_offered_to_copy(tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host box\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").touch()
    assert offered(tmp_path, "rmosh cp b", HOME=str(tmp_path)) == ["box:"]
    assert offered(tmp_path, f"rmosh cp {tmp_path}/folder/f", HOME=str(tmp_path)) == [f"{tmp_path}/folder/file"]
    assert offered(tmp_path, "rmosh cp box:x", HOME=str(tmp_path)) == []
    assert offered(tmp_path, "rmosh cp --res", HOME=str(tmp_path)) == ["--resume"]


def test_what_only_the_far_side_knows_is_not_guessed_from_here(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    assert offered(tmp_path, "rmosh box ") == []


def test_users_are_those_of_the_configuration_and_oneself(tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host box\n  User annabel\nHost *\n  User %u\n")
    told = offered(tmp_path, "rmosh -l ", HOME=str(tmp_path), LOGNAME="anna")
    assert sorted(told) == ["anna", "annabel"]


def test_hosts_and_users_are_those_of_the_configuration_that_is_named(tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host box\n  User annabel\n")
    (tmp_path / "other").write_text("Host barn\n  User bea\n")
    named = f"-F {tmp_path}/other"
    assert offered(tmp_path, f"rmosh {named} b", HOME=str(tmp_path)) == ["barn"]
    assert offered(tmp_path, f"rmosh attach {named} b", HOME=str(tmp_path)) == ["barn"]
    assert offered(tmp_path, f"rmosh {named} -J b", HOME=str(tmp_path)) == ["barn"]
    assert offered(tmp_path, f"rmosh {named} -o User=b", HOME=str(tmp_path), LOGNAME="anna") == ["User=bea"]


def test_options_of_ssh_are_offered_with_their_values_in_any_case(tmp_path: Path) -> None:
    assert offered(tmp_path, "rmosh -o Strict") == ["StrictHostKeyChecking="]
    assert offered(tmp_path, "rmosh -o stricthostkeyc") == ["stricthostkeychecking="]
    values = offered(tmp_path, "rmosh -o StrictHostKeyChecking=")
    assert sorted(value.removeprefix("StrictHostKeyChecking=") for value in values) == [
        "accept-new",
        "ask",
        "no",
        "yes",
    ]
    assert offered(tmp_path, "rmosh -o batchmode=y") == ["batchmode=yes"]
    assert offered(tmp_path, "rmosh -o nosuchoption=") == []


@pytest.mark.skipif(shutil.which("ssh") is None, reason="no ssh is installed, which has the algorithms")
def test_algorithms_are_those_of_ssh_also_after_a_comma(tmp_path: Path) -> None:
    (one,) = offered(tmp_path, "rmosh -o Ciphers=aes128-ctr,chacha20")
    assert one.endswith("aes128-ctr,chacha20-poly1305@openssh.com")


def test_jump_hosts_and_users_of_options_are_those_offered_elsewhere(tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host box barn\n")
    (one,) = offered(tmp_path, "rmosh -o ProxyJump=box,ba", HOME=str(tmp_path))
    assert one.endswith("box,barn")


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_keeps_the_tilde_of_a_file(tmp_path: Path, pty_program: Callable[..., PtyProgram]) -> None:
    # zsh 5.9: what a completer gives is quoted, a ~ too; files are left to zsh itself.
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_test").touch()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"HOME": str(tmp_path), "PATH": path}
    zsh = pty_program(["zsh", "-f", "-i"], env=environment)
    zsh.type('PS1="> "; autoload -Uz compinit; compinit -u -D; eval "$(rmosh completion zsh)"; clear; echo rea""dy\r')
    zsh.wait_for("ready")
    zsh.type("rmosh -i ~/.ssh/id_t\t")
    zsh.wait_for("> rmosh -i ~/.ssh/id_test")


def test_jump_hosts_are_hosts(tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host box barn\n")
    assert offered(tmp_path, "rmosh -J me@ba", HOME=str(tmp_path)) == ["me@barn"]
    assert sorted(offered(tmp_path, "rmosh -J box,b", HOME=str(tmp_path))) == ["box,barn", "box,box"]


@pytest.mark.parametrize(
    ("typed", "becomes"), [("rmosh root@fa", "rmosh root@far "), ("rmosh attach x@inn", "rmosh attach x@inner ")]
)
def test_bash_keeps_the_user_before_a_host_that_it_completes(
    typed: str, becomes: str, tmp_path: Path, pty_program: Callable[..., PtyProgram]
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host far inner\n")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"HOME": str(tmp_path), "PATH": path, "PS1": "> "}
    bash = pty_program(["bash", "--norc", "--noprofile", "-i"], env=environment)
    bash.wait_for(">")
    bash.type('eval "$(rmosh completion bash)"; clear; echo rea""dy\r')
    bash.wait_for("ready")
    bash.type(f"{typed}\t|\r")
    bash.wait_for(f"> {becomes}|")


def test_whoever_reads_only_the_beginning_of_the_script_sees_no_fault() -> None:
    words = f"{sys.executable} -m rmosh_client.command.cli completion bash | head -0"
    run = subprocess.run(["sh", "-c", words], capture_output=True, text=True, timeout=PATIENCE)
    assert run.stderr == ""


def test_hosts_of_the_ssh_configuration_are_offered_patterns_left_out(tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host box barn\n  Port 2222\nHost *.example\nhost = bee\n")
    assert sorted(offered(tmp_path, "rmosh b", HOME=str(tmp_path))) == ["barn", "bee", "box"]
    assert offered(tmp_path, "rmosh attach me@bo", HOME=str(tmp_path)) == ["me@box"]


def test_hosts_of_included_configurations_are_offered_and_circles_end(tmp_path: Path) -> None:
    # ssh_config(5) of OpenSSH 9.2, Include: globs, ~, names beside the file.
    ssh = tmp_path / ".ssh"
    (ssh / "config.d").mkdir(parents=True)
    (ssh / "config").write_text('Include config.d/* "~/.ssh/my work"\nHost box\n')
    (ssh / "config.d" / "a").write_text("Host bar # a comment\nInclude config\n")
    (ssh / "config.d" / "b").write_text("Match host x\n  Include ~/.ssh/more\n")
    (ssh / "my work").write_text("Host office\n")
    (ssh / "more").write_text("Host bee\n")
    assert sorted(offered(tmp_path, "rmosh attach b", HOME=str(tmp_path))) == ["bar", "bee", "box"]
    assert offered(tmp_path, "rmosh attach o", HOME=str(tmp_path)) == ["office"]


def test_sessions_that_run_on_the_host_are_offered(host: Host[PtyProgram], tmp_path: Path) -> None:
    for name in ("work", "wiki", "other"):
        host.shell("-S", name)
    config = host.sshd.configure()
    line = f"rmosh attach -F {config} --server {host.server} box w"
    assert sorted(offered(tmp_path, line, **host.sshd.client_env)) == ["wiki", "work"]


def test_only_what_can_be_a_session_is_offered_whatever_a_host_says(host: Host[PtyProgram]) -> None:
    config = host.sshd.configure()
    told = [
        {"name": "-oProxyCommand=id"}, {"name": "ok"}, {"name": "a b"}, {"name": "$(id)"}, {"name": "`id`"},
        {"name": "x\x1b[2J"}, {"name": "y\nz"}, {"name": ["q"]}, {"id": "0123456789abcdef"}, {"id": "-oX"},
    ]  # fmt: skip

    def offered_where_a_host_says(text: str) -> set[str]:
        server = host.script("hostile", f"cat <<'EOF'\n{text}\nEOF")
        line = f"rmosh attach -F {config} --server {server} box "
        return set(offered(host.directory, line, **host.sshd.client_env))

    options = offered_where_a_host_says("[]")
    assert offered_where_a_host_says(json.dumps(told)) - options == {"01234567", "ok"}
    for nonsense in ("[" * 5000, "{}", "7", "[7]", "\x1b[2J"):
        assert offered_where_a_host_says(nonsense) == options


def test_a_script_that_asks_on_after_a_refusal_locks_nobody_out(
    make_sshd: Callable[..., Sshd], rmosh_command: list[str], make_key: Callable[..., Path], tmp_path: Path
) -> None:
    # OpenSSH 10.6, PerSourcePenalties: four refusals lock the address out for 20 s, the user's own logins too.
    server = make_sshd()
    server.trust_host_key()
    config = server.configure(f"IdentityFile {make_key('refused')}", own_key=False)
    words = [*rmosh_command, "ls", "--json", "-F", str(config), "-o", "BatchMode=yes", "box"]
    environment = os.environ | server.client_env | {"XDG_CACHE_HOME": str(tmp_path)}
    told = [subprocess.run(words, env=environment, capture_output=True, text=True, timeout=PATIENCE) for _ in range(3)]
    assert [run.returncode for run in told] == [255] * 3
    assert "permission denied" in told[0].stderr
    assert all("was not tried" in run.stderr for run in told[1:])
    assert server.log.count("Failed publickey") <= 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_each_shell_is_one_that_it_takes(shell: str) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "rmosh_client", "completion", shell],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert "rmosh" in printed
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} on this machine to try it with")
    first = "autoload -U compinit; compinit -D -u\n" if shell == "zsh" else ""
    subprocess.run([shell, "-c", first + printed], check=True, timeout=PATIENCE)
