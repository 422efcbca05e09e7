"""Logins to real minimal systems where nothing of rmosh is installed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.minimal_systems import end_all, sshd_in, system
from tests.e2e.pty_program import PtyProgram
from tests.e2e.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: Where pyenv has Pythons, which are mounted into a system.
_PYENV = Path.home() / ".pyenv/versions"

_BANNER = "echo Welcome to this machine; echo; sleep 3\n"

#: Each system: its release, its root's login shell, files in its home, and a line that prints 42 in pieces.
SYSTEMS: dict[str, tuple[str, str, dict[str, str], str]] = {
    "debian-11": ("bullseye", "/bin/bash", {}, "echo 4''2"),
    "slow-bashrc": ("bullseye", "/bin/bash", {".bashrc": _BANNER, ".hushlogin": ""}, "echo 4''2"),
    "csh": ("bullseye", "/bin/csh", {".cshrc": "echo Welcome\n"}, "set a = 4; echo ${a}2"),
    "fish": ("bullseye", "/usr/bin/fish", {}, "echo 4(echo 2)"),
    "sh": ("bullseye", "/bin/sh", {}, "echo 4''2"),
}

#: What lets no program but those of one folder run.
_RESTRICTED = {".bashrc": "PATH=/root/bin\n", ".bash_profile": "PATH=/root/bin\n"}


@pytest.fixture
def login(
    tmp_path: Path, pty_program: Callable[..., PtyProgram], rmosh_command: list[str]
) -> Iterator[Callable[..., PtyProgram]]:
    """Logs in to a system: `login(release, *words, shell=..., files=...)`."""
    running: list[Sshd] = []

    def start(
        release: str, *words: str, shell: str = "/bin/bash", files: dict[str, str] | None = None, **how: str
    ) -> PtyProgram:
        if not running:
            running.append(sshd_in(system(release), tmp_path, shell=shell, files=files or {}, **how))
        command = [*rmosh_command, *words[:-1], "-F", str(running[0].configure()), words[-1]]
        return pty_program(command, env=running[0].client_env, columns=160)

    yield start
    for sshd in running:
        sshd.stop()
        end_all(sshd.directory)


@pytest.mark.parametrize("kind", SYSTEMS)
@pytest.mark.parametrize("way", [(), ("--ssh", "ssh")], ids=["asyncssh", "ssh"])
def test_a_session_runs_where_nothing_is_installed(
    login: Callable[..., PtyProgram], kind: str, way: tuple[str, ...]
) -> None:
    release, shell, files, line = SYSTEMS[kind]
    program = login(release, *way, "box", shell=shell, files=files)
    program.wait_for(lambda screen: "#" in screen or ">" in screen.replace("-->", ""), timeout=60)
    program.type(f"{line}\r")
    program.wait_for(lambda screen: "\n42" in screen)
    listed = login(release, "ls", *way, "box")
    assert listed.wait_exit(timeout=60) == 0
    assert "RMOSH-" not in listed.screen


def test_a_python_3_8_in_the_users_home_will_do(login: Callable[..., PtyProgram]) -> None:
    python = next(iter(sorted(_PYENV.glob("3.8.*"))), None)
    if python is None:
        pytest.skip("pyenv has no Python 3.8 here (pyenv install 3.8)")
    place = f"root/.pyenv/versions/{python.name}"
    mounts = f"mkdir -p {{root}}/{place} && mount --bind {python} {{root}}/{place}"
    program = login("bookworm", "box", mounts=mounts, without="usr/bin/python3*")
    program.wait_for("#", timeout=60)
    program.type("readlink /proc/$PPID/exe | grep -o 'python3.*'\r")
    program.wait_for(lambda screen: "\npython3.8" in screen)


def test_a_system_without_python_is_told_what_it_lacks(login: Callable[..., PtyProgram]) -> None:
    program = login("bullseye", "box", without="usr/bin/python3*")
    assert program.wait_exit(timeout=60) == 255
    assert "and no python3 to run one that is sent" in program.screen.replace("\n", "")


def test_a_restricted_shell_is_a_plain_ssh_session(login: Callable[..., PtyProgram]) -> None:
    files = {**_RESTRICTED, "bin/hello": "#!/bin/sh\necho only hello\n"}
    program = login("bullseye", "box", shell="/bin/rbash", files=files)
    program.wait_for("plain ssh session", timeout=60)
    program.type("hello\r")
    program.wait_for("\nonly hello")
    program.type("exit\r")
    program.wait_exit()


def test_a_home_that_is_mounted_noexec_keeps_the_server(login: Callable[..., PtyProgram]) -> None:
    mounts = "mount -t tmpfs -o noexec,mode=700 tmpfs {root}/root"
    for words in (("--install", "box"), ("--no-inject", "box")):
        program = login("bullseye", *words, mounts=mounts)
        program.wait_for("#", timeout=60)
        program.type("exit\r")
        assert program.wait_exit() == 0


def test_a_full_home_keeps_no_server_and_has_its_session(login: Callable[..., PtyProgram]) -> None:
    mounts = "mount -t tmpfs -o size=64k,mode=700 tmpfs {root}/root"
    program = login("bullseye", "--install", "box", mounts=mounts)
    program.wait_for("#", timeout=60)
    assert "cannot keep rmosh-server" in program.output.decode()
    assert "No space left on device" in program.output.decode()
