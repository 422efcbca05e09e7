"""Real sessions of one user, forked from one process: what they share, and what none of them has of another."""

import contextlib
import os
import re
import shutil
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import rmosh
import rmosh_server
from rmosh.announce import parse_announce
from tests.e2e import own_home
from tests.e2e.session_host import wait_until
from tests.e2e.test_server_process import (
    Client,
    Launch,
    _environment_of,
    _own_processes,
    _processes_with,
    run_server,
)

pytestmark = [pytest.mark.slow, pytest.mark.linux]


class Sessions:
    """Sessions of one user, started one after the other, and the process that they are forked from."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "sessions"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SSH_"))}
        self.environment = kept | {"HOME": str(directory), "RMOSH_RUNTIME_DIR": str(self.directory), "PS1": "ready$ "}
        self.environment |= own_home.VARIABLES | {"XDG_CONFIG_HOME": ""}
        self._clients: list[Client] = []

    def start(self, *words: str, through: Sequence[str] = (), **changed: str) -> Launch:
        """Start a session with a plain shell, or what the words say."""
        environment = self.environment | changed
        words = words or ("--", "exec cat")
        done = run_server("new", "--port", "0", *words, environment=environment, through=through)
        assert done.returncode == 0, done
        return Launch(0, done.stdout, done.stderr.decode(), environment, parse_announce(done.stdout))

    def pair(self) -> int:
        """Start two sessions, as many as it takes for a fork server, and return that one's process id."""
        self.start()
        self.start()
        wait_until(lambda: self.fork_server() != 0, "there is a fork server")
        return self.fork_server()

    def fork_server(self) -> int:
        """Return its process id; 0 for none. It has nothing but its place in common with its sessions."""
        return next(iter(self._with_words(b"rmosh-server\0forks\0sessions")), 0)

    def _with_words(self, words: bytes) -> Iterator[int]:
        for process in self._processes():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{process}/cmdline").read_bytes().startswith(words):
                    yield process

    def _processes(self) -> list[int]:
        """Return those that were started here, and the fork servers, of which nothing shows but where they listen."""
        of_forks = f"RMOSH_FORK_SERVER={self.directory}/".encode()
        served = _processes_with(f"RMOSH_RUNTIME_DIR={self.directory}")
        return served + [process for process in _own_processes() if _environment_of(process).startswith(of_forks)]

    def is_forked(self, session: Launch) -> bool:
        """Tell whether a session was forked, as `ps` shows it."""
        assert session.announce is not None
        wanted = f"rmosh-server\0forked\0port\0{session.announce.port}".encode()
        return bool(list(self._with_words(wanted)))

    def connect(self, session: Launch) -> Client:
        """Return a client of a session, with its socket open until the test is over."""
        assert session.announce is not None
        self._clients.append(Client(session.announce, rows=24, columns=80))
        return self._clients[-1]

    def close(self) -> None:
        for client in self._clients:
            client.socket.close()
        for process in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    started = Sessions(tmp_path)
    yield started
    started.close()


def test_a_forked_session_has_its_own_login_and_what_it_ends_with_is_told(sessions: Sessions) -> None:
    sessions.pair()
    program = "umask; echo $MINE-$RMOSH_FORK_SERVER-; read x; exit 7"
    umask = ["sh", "-c", 'umask 031; exec "$@"', "sh"]
    session = sessions.start("--", program, through=umask, MINE="own")
    assert sessions.is_forked(session)
    client = sessions.connect(session)
    client.wait_for("^0031\nown--$")
    client.type("\r")
    assert client.wait_for_close().value == 7
    assert session.ask_status() == "ended exited 7"


def test_a_forked_session_shows_its_own_environment_in_proc_and_the_fork_server_none(sessions: Sessions) -> None:
    sessions.start(FIRST="one")
    sessions.start(SECOND="two")
    wait_until(lambda: sessions.fork_server() != 0, "there is a fork server")
    session = sessions.start(THIRD="three")
    assert sessions.is_forked(session)
    shown = _environment_of(session.server_id()).split(b"\0")
    assert b"THIRD=three" in shown
    assert not {b"FIRST=one", b"SECOND=two"} & {*shown}
    (told,) = filter(None, _environment_of(sessions.fork_server()).split(b"\0"))
    assert told.startswith(b"RMOSH_FORK_SERVER=")


def test_forked_sessions_live_on_without_their_fork_server_and_without_each_other(sessions: Sessions) -> None:
    parent = sessions.pair()
    first, second = sessions.start(), sessions.start()
    assert sessions.is_forked(first) and sessions.is_forked(second)
    os.kill(parent, signal.SIGKILL)
    os.kill(first.server_id(), signal.SIGKILL)
    client = sessions.connect(second)
    client.type("still here\r")
    client.wait_for("^still here\nstill here$")
    assert second.ask_status() == "alive"
    assert not sessions.is_forked(third := sessions.start())
    assert third.ask_status() == "alive"


def test_a_fork_server_that_is_stopped_costs_a_login_a_moment_and_starts_nothing_later(sessions: Sessions) -> None:
    parent = sessions.pair()
    os.kill(parent, signal.SIGSTOP)
    session = sessions.start("--", f"echo started >> {sessions.environment['HOME']}/began; exec cat")
    assert not sessions.is_forked(session)
    os.kill(parent, signal.SIGCONT)
    assert sessions.is_forked(sessions.start())  # which is served behind the one that waits no longer
    assert Path(sessions.environment["HOME"], "began").read_text() == "started\n"


def test_a_login_that_has_another_limit_gets_a_process_of_its_own(sessions: Sessions) -> None:
    sessions.pair()
    session = sessions.start(through=["sh", "-c", 'ulimit -n $(($(ulimit -n) - 1)); exec "$@"', "sh"])
    assert not sessions.is_forked(session)
    assert session.ask_status() == "alive"


def test_one_session_alone_has_no_fork_server_and_from_the_third_on_they_share_most_of_their_memory(
    sessions: Sessions,
) -> None:
    alone = sessions.start()
    assert sessions.fork_server() == 0
    assert not sessions.is_forked(sessions.start())
    wait_until(lambda: sessions.fork_server() != 0, "there is a fork server")
    many = [sessions.start() for _ in range(3)]
    assert all(map(sessions.is_forked, many))
    for session in many:
        client = sessions.connect(session)
        client.type("x\r")
        client.wait_for("^x\nx$")
    assert max(_own_kb(session.server_id()) for session in many) < 0.75 * _own_kb(alone.server_id())


def _own_kb(process: int) -> int:
    told = Path(f"/proc/{process}/smaps_rollup").read_text()
    return sum(map(int, re.findall(r"^Private_\w+: *(\d+)", told, re.MULTILINE)))


def test_the_fork_server_ends_when_another_version_is_installed(tmp_path: Path, sessions: Sessions) -> None:
    installed = tmp_path / "installed"
    for package in (rmosh, rmosh_server):
        assert package.__file__ is not None
        shutil.copytree(Path(package.__file__).parent, installed / package.__name__)
    sessions.environment["PYTHONPATH"] += f"{os.pathsep}{installed}"
    parent = sessions.pair()
    assert sessions.is_forked(sessions.start())
    changed = installed / "rmosh_server" / "serving" / "driver.py"
    shutil.copy(changed, tmp_path / "driver.py")
    os.replace(tmp_path / "driver.py", changed)
    assert not sessions.is_forked(sessions.start())
    wait_until(lambda: not Path(f"/proc/{parent}").exists() or sessions.fork_server() != parent, "it ends")


def test_a_file_of_settings_has_each_session_in_a_process_of_its_own(sessions: Sessions) -> None:
    settings = Path(sessions.environment["HOME"], ".config", "rmosh", "server.toml")
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text("fork_server = false\n")
    for _ in range(2):
        assert not sessions.is_forked(sessions.start())
    assert sessions.fork_server() == 0
