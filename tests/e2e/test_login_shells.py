"""Accounts whose login shell is no shell for us, is slow to start, or is none at all: as under ssh."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import Host, needs_root, wait_until
from tests.e2e.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.sshd, needs_root]

#: Shells that are no POSIX shell, and a line for each that prints 42 in pieces.
OTHER_SHELLS = {
    "fish": "echo 4(echo 2)",
    "tcsh": "set a = 4; echo ${a}2",
    "elvish": "echo 4(echo 2)",
    "python3": "print(6 * 7)",
}

#: Both ways in: asyncssh, and the system's ssh.
WAYS = pytest.mark.parametrize("way", [(), ("--ssh", "ssh")], ids=["asyncssh", "ssh"])


@pytest.fixture
def account_with(
    make_sshd: Callable[..., Sshd], pty_program: Callable[..., PtyProgram], rmosh_command: list[str], tmp_path: Path
) -> Iterator[Callable[..., Host[PtyProgram]]]:
    """Makes a host on which this user's login shell is another program."""
    hosts = []

    def make(login_shell: str) -> Host[PtyProgram]:
        directory = tmp_path / "host"
        directory.mkdir()
        sshd = make_sshd(
            "PrintLastLog no", f"SetEnv RMOSH_RUNTIME_DIR={directory / 'sessions'}", login_shell=login_shell
        )
        sshd.trust_host_key()
        hosts.append(Host(sshd, directory, start=pty_program, rmosh=rmosh_command))
        return hosts[-1]

    yield make
    for host in hosts:
        host.close()


def home_of(host: Host[PtyProgram]) -> Path:
    return host.sshd.host_key.parent / "home"


def under_ssh(host: Host[PtyProgram], *words: str) -> tuple[str, int]:
    """Return what ssh prints at the same account, and its status."""
    command = ["ssh", "-tt", "-F", str(host.sshd.configure("LogLevel ERROR")), "box", *words]
    answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return answer.stdout.replace("\r\n", "\n").strip(), answer.returncode


def without_goodbye(screen: str) -> str:
    """Leave out what ssh itself says at the end of a session with a terminal."""
    return screen.removesuffix("Connection to 127.0.0.1 closed.").rstrip()


@WAYS
@pytest.mark.parametrize("shell", OTHER_SHELLS)
def test_login_shell_that_is_no_posix_shell_gets_a_session(
    account_with: Callable[..., Host[PtyProgram]], shell: str, way: tuple[str, ...]
) -> None:
    path = shutil.which(shell, path="/usr/bin:/bin:/usr/local/bin")
    if path is None:
        pytest.skip(f"{shell} is not installed (apt install {shell.rstrip('3')})")
    host = account_with(path)
    program = host.open(*way, "box")
    program.wait_for(lambda screen: screen.strip() != "")
    program.type(f"{OTHER_SHELLS[shell]}\r")
    program.wait_for(lambda screen: "\n42" in screen)
    wait_until(lambda: len(host.servers()) == 1, "a server runs")


@WAYS
@pytest.mark.parametrize("shell", ["/usr/sbin/nologin", "/bin/false"])
def test_account_without_a_shell_ends_with_its_words_and_status(
    account_with: Callable[..., Host[PtyProgram]], shell: str, way: tuple[str, ...]
) -> None:
    host = account_with(shell)
    words, status = under_ssh(host)
    program = host.open(*way, "box")
    assert program.wait_exit() == status == 1
    assert without_goodbye(program.screen) == words


@WAYS
def test_forced_command_ends_with_its_words_and_status(
    account_with: Callable[..., Host[PtyProgram]], way: tuple[str, ...]
) -> None:
    host = account_with("/bin/sh")
    key = host.sshd.authorized_keys.read_text()
    host.sshd.authorized_keys.write_text(f'command="echo backup only; exit 7" {key}')
    program = host.open(*way, "box")
    assert program.wait_exit() == under_ssh(host)[1] == 7
    assert without_goodbye(program.screen) == "backup only"


@WAYS
def test_account_that_answers_in_its_own_way_is_a_plain_ssh_session(
    account_with: Callable[..., Host[PtyProgram]], tmp_path: Path, way: tuple[str, ...]
) -> None:
    menu = tmp_path / "menu"
    menu.write_text(
        "#!/bin/sh\n[ $# = 0 ] || { echo no commands here; exit 3; }\n"
        'printf "choice: "; read -r choice; echo "you chose $choice, $(stty size)"; exit 5\n'
    )
    menu.chmod(0o755)
    host = account_with(str(menu))
    program = host.open(*way, "box")
    program.wait_for("choice:")
    assert "plain ssh session" in program.screen or way
    program.type("tea\r")
    assert program.wait_exit() == 5
    assert "you chose tea, 24 80" in program.screen
    assert "no commands here" not in program.screen


def test_plain_ssh_session_follows_the_window_and_is_quit_with_the_escape_key(
    account_with: Callable[..., Host[PtyProgram]], tmp_path: Path
) -> None:
    menu = tmp_path / "menu"
    menu.write_text("#!/bin/sh\n[ $# = 0 ] || exit 3\ntrap 'stty size' WINCH\nstty size\nwhile sleep 0.1; do :; done\n")
    menu.chmod(0o755)
    program = account_with(str(menu)).open("box")
    program.wait_for("24 80")
    program.resize(rows=30, columns=100)
    program.wait_for("30 100")
    program.type("\x1e.")
    assert program.wait_exit() == 255
    assert "ended from here" in program.screen


def test_login_shell_that_takes_long_is_told_of_with_the_remedy(account_with: Callable[..., Host[PtyProgram]]) -> None:
    host = account_with(shutil.which("bash"))
    (home_of(host) / ".bashrc").write_text("[[ $- == *i* ]] || sleep 3\nPS1='slow$ '\n")
    (home_of(host) / ".bash_profile").write_text(". ~/.bashrc\n")
    program = host.open("box")
    program.wait_for("waiting for the login shell on box")
    program.wait_for("slow$")
