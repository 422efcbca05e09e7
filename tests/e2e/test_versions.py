"""Releases live together: clients and servers of the first build with wire version 2 and of today, both ways."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

import rmosh
from rmosh.session_name import SESSION_VARIABLE
from tests.e2e import own_home
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PLAIN_SHELL, PROMPT, Host, wait_until

#: The first build whose wire is version 2 to the byte. Source: CHANGELOG.md, 0.1.0.
FIRST = "0e1cf10"

#: Where the packages of a checkout are.
ROOTS = (".", "client", "server")

HERE = Path(rmosh.__file__).parents[1]

pytestmark = [pytest.mark.sshd, pytest.mark.slow]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of the first build, from this checkout's history."""
    git = ["git", "-C", str(HERE), "archive", FIRST, "rmosh", *ROOTS[1:]]
    try:
        packed = subprocess.run(git, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"this checkout has no history back to {FIRST}: clone it whole, with git")
    tree = tmp_path_factory.mktemp("first")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(tree, filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(tree)
    return tree


def searched(tree: Path) -> str:
    """Return the PYTHONPATH with which a Python finds a tree's packages before all others."""
    return os.pathsep.join([own_home.VARIABLES["PYTHONPATH"], *(str(tree / root) for root in ROOTS)])


def client_of(module: str) -> list[str]:
    """Return the command that runs a client's module as it is found; a Python looks where it stands first of all."""
    return ["sh", "-c", f'cd / && exec {sys.executable} -m {module} "$@"', "rmosh"]


def server_of(host: Host[PtyProgram], tree: Path, *, name: str) -> Path:
    """Write an rmosh-server that runs a tree's."""
    exported = f"export RMOSH_RUNTIME_DIR={host.directory / 'sessions'} PYTHONPATH={searched(tree)}"
    return host.script(name, f'{exported}\nexec {sys.executable} -m rmosh_server "$@"')


@pytest.fixture
def started(host: Host[PtyProgram], pty_program: Callable[..., PtyProgram], first: Path) -> Callable[..., PtyProgram]:
    """Starts the client of the first build or of today, with a server of either."""
    servers = {old: server_of(host, first if old else HERE, name=f"rmosh-server-{old}") for old in (True, False)}

    def start(*words: str, old_client: bool, old_server: bool) -> PtyProgram:
        module = "rmosh_client.cli" if old_client else "rmosh_client.command.cli"
        options = ["-F", str(host.sshd.configure()), "--server", str(servers[old_server])]
        errand, rest = (words[:1], words[1:]) if words[0] in ("attach", "ls", "kill") else ((), words)
        environment = host.sshd.client_env | {"PYTHONPATH": searched(first if old_client else HERE)}
        environment.pop(SESSION_VARIABLE, None)
        return pty_program([*client_of(module), *errand, *options, *rest], env=environment, columns=100)

    return start


MIXED = pytest.mark.parametrize(
    ("old_client", "old_server"), [(False, True), (True, False)], ids=["today's client", "today's server"]
)


def use(program: PtyProgram) -> None:
    """Type, resize, print more than a screen, and see it all."""
    program.type("echo one''two\r")
    program.wait_for("onetwo")
    program.resize(rows=30, columns=90)
    program.type("stty size; seq 200; printf '\\033[31mred\\033[m \\344\\270\\255\\n'\r")
    program.wait_for("red 中")
    assert "200" in program.screen


@MIXED
def test_a_session_starts_and_is_used(started: Callable[..., PtyProgram], old_client: bool, old_server: bool) -> None:
    program = started("box", "--", *PLAIN_SHELL, old_client=old_client, old_server=old_server)
    program.wait_for(PROMPT.rstrip())
    use(program)
    program.type("exit 7\r")
    assert program.wait_exit() == 7


@MIXED
def test_a_running_session_of_another_release_is_attached_to_listed_and_ended(
    host: Host[PtyProgram], started: Callable[..., PtyProgram], old_client: bool, old_server: bool
) -> None:
    """The session's own release and its first client's are one; who attaches brings the other's command as well."""
    program = started("-S", "work", "box", "--", *PLAIN_SHELL, old_client=not old_client, old_server=old_server)
    program.wait_for(PROMPT.rstrip())
    program.type("echo left''here\r")
    program.wait_for("lefthere")
    second = started("attach", "box", "work", old_client=old_client, old_server=not old_server)
    second.wait_for("lefthere")
    use(second)
    program.wait_for("red 中")
    listing = started("ls", "box", old_client=old_client, old_server=not old_server)
    assert listing.wait_exit() == 0 and "work" in listing.screen, listing.screen
    killed = started("kill", "box", "work", old_client=old_client, old_server=not old_server)
    assert killed.wait_exit() == 0, killed.screen
    for each in (program, second):
        each.wait_exit()
    wait_until(lambda: not host.servers(), "the session's server is gone")


@MIXED
def test_a_login_to_a_name_that_another_release_serves_takes_it_over(
    started: Callable[..., PtyProgram], old_client: bool, old_server: bool
) -> None:
    program = started("-S", "work", "box", "--", *PLAIN_SHELL, old_client=old_client, old_server=old_server)
    program.wait_for(PROMPT.rstrip())
    program.type("echo left''here\r")
    program.wait_for("lefthere")
    second = started("-S", "work", "box", old_client=not old_client, old_server=not old_server)
    second.wait_for("lefthere")
    second.type("exit\r")
    assert second.wait_exit() == program.wait_exit() == 0


def test_a_session_outlives_the_package_it_was_started_from(
    host: Host[PtyProgram], pty_program: Callable[..., PtyProgram], first: Path, tmp_path: Path
) -> None:
    """An upgrade puts another release's files in the place of those that serving processes were loaded from."""
    installed = tmp_path / "installed"
    for root in ROOTS:
        for package in (HERE / root).glob("rmosh*"):
            if package.is_dir():
                shutil.copytree(package, installed / root / package.name)
    server = server_of(host, installed, name="rmosh-server-installed")
    config = str(host.sshd.configure())
    environment = host.sshd.client_env | {"PYTHONPATH": searched(HERE)}
    rmosh_of_today = client_of("rmosh_client.command.cli")
    options = ["-F", config, "--server", str(server)]
    program = pty_program([*rmosh_of_today, *options, "-S", "work", "box", "--", *PLAIN_SHELL], env=environment)
    program.wait_for(PROMPT.rstrip())
    for root in ROOTS:
        for package in (installed / root).glob("rmosh*"):
            shutil.rmtree(package)
            package.mkdir()
            (package / "__init__.py").write_text("raise ImportError('a file of another release')\n")
    program.type("echo still''here\r")
    program.wait_for("stillhere")
    after = server_of(host, HERE, name="rmosh-server-after")
    options = ["-F", config, "--server", str(after)]
    second = pty_program([*rmosh_of_today, "attach", *options, "box", "work"], env=environment)
    second.wait_for("stillhere")
    use(second)
    second.type("\x1ed")
    assert second.wait_exit() == 0
    traced = pty_program(
        [*rmosh_of_today, "attach", "--trace", str(tmp_path), *options, "box", "work"], env=environment
    )
    traced.wait_for("red 中")
    traced.type("exit 3\r")
    assert traced.wait_exit() == program.wait_exit() == 3
    log = subprocess.run([str(after), "log", "work"], capture_output=True, text=True, check=False)
    assert "Error" not in log.stdout, log.stdout
    assert first.exists()
