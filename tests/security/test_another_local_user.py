"""Another user of the host: takes names in shared directories, answers in a session's place, asks for secrets."""

import contextlib
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import rmosh
from rmosh.announce import parse_announce
from rmosh_server.port import messages
from rmosh_server.port.joining import join
from rmosh_server.sockets.asking import Door, Unanswered, ask
from rmosh_server.sockets.control_socket import ControlSocket
from rmosh_server.sockets.unix_sockets import listen
from tests.patience import PATIENCE
from tests.security import strangers

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")

#: The other user.
STRANGER = pwd.getpwnam("nobody").pw_uid

#: Our environment without what tells of a login: for SSH_CLIENT a session's bash reads our user's ~/.bashrc.
NO_LOGIN = {name: value for name, value in os.environ.items() if not name.startswith("SSH_")}


@contextlib.contextmanager
def as_stranger(deed: Callable[..., None], *places: Path) -> Iterator[None]:
    """Have the other user do something in a process of its own until the end of the block."""
    words = [strangers.__file__, str(STRANGER), deed.__name__, *map(str, places)]
    with subprocess.Popen([sys.executable, *words]) as process:
        try:
            yield
        finally:
            process.kill()


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that everybody may write to, below /tmp as pytest's own are not."""
    directory = Path(tempfile.mkdtemp(prefix="rmosh-test-"))
    directory.chmod(0o1777)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def private(shared: Path) -> Path:
    directory = shared / "private"
    directory.mkdir(mode=0o700)
    return directory


@contextlib.contextmanager
def served(directory: Path, name: str) -> Iterator[Door]:
    """Run a session's end that answers with the process id."""
    control = ControlSocket(listen(str(directory), name))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            control.answer_questions(
                lambda question, passed: {"secret": "s3cr3t", "from": os.getpid()}, now=time.monotonic()
            )
            time.sleep(0.0005)

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        yield Door(str(directory), name)
    finally:
        over.set()
        serving.join()
        control.close()


def test_no_answer_of_a_stranger_is_ever_heard(private: Path) -> None:
    with served(private, "s.sock") as door, as_stranger(strangers.answer_every_name_there_is):
        answers = [ask(door, {"do": "attach"}) for _ in range(200)]
    assert answers == [{"secret": "s3cr3t", "from": os.getpid()}] * 200


def test_a_stranger_who_listens_in_the_place_of_a_session_is_not_asked(shared: Path) -> None:
    heard = shared / "heard"
    heard.touch()
    heard.chmod(0o666)

    with as_stranger(strangers.listen_and_answer, shared, heard):
        give_up = time.monotonic() + PATIENCE
        outcome = None
        while not isinstance(outcome, Unanswered) or "cannot be asked" in outcome.reason:
            outcome = ask(Door(str(shared), "s.sock"), {"do": "attach", "name": "me"})
            assert time.monotonic() < give_up
    assert outcome == Unanswered(f"user id {STRANGER} listens in its place")
    assert heard.read_bytes() == b""


def test_a_stranger_gets_no_answer_even_where_the_directory_and_the_socket_were_opened(shared: Path) -> None:
    told = shared / "told"
    told.touch()
    told.chmod(0o666)

    with served(shared, "s.sock") as door:
        (shared / "s.sock").chmod(0o777)
        with as_stranger(strangers.ask_for_the_secret, shared, told):
            _wait_until(lambda: told.read_bytes() != b"")
        assert ask(door, {}) == {"secret": "s3cr3t", "from": os.getpid()}
    assert told.read_bytes() == b"over"


def test_a_stranger_cannot_reach_into_the_directory_of_a_session(private: Path, shared: Path) -> None:
    told = shared / "told"
    told.touch()
    told.chmod(0o666)

    with served(private, "s.sock") as door, as_stranger(strangers.reach_into, private, shared, told):
        _wait_until(lambda: told.read_text() != "")
        assert ask(door, {}) == {"secret": "s3cr3t", "from": os.getpid()}
    assert told.read_text() == "5"


#: What becomes of a host before a session starts there, as lines of a shell script run by root in mounts of its own,
#: and whether the session can be found afterwards.
HOSTS = {
    "an ordinary one": ("", True),
    "names squatted, no home": ("squat; export HOME=/no/such/home", True),
    "links squatted, home read-only": ("squat_links; read_only $HOME", True),
    "/tmp read-only, no home": ("read_only /tmp; export HOME=/no/such/home", True),
    "home of another": ("chown nobody $HOME", True),
    "nothing can be written to": ("read_only $HOME; read_only /tmp; read_only /var/tmp; read_only /dev/shm", False),
}

_PRELUDE = """
set -e
mount --bind {told} /mnt
mkdir /mnt/checkout /mnt/python
mount --bind {checkout} /mnt/checkout
mount --bind {prefix} /mnt/python
for place in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o mode=1777 none $place; done
mkdir -p {checkout} {prefix}  # which may be below one of these
mount --bind /mnt/checkout {checkout}
mount --bind /mnt/python {prefix}
mount -t tmpfs -o mode=700 none /mnt/home
export HOME=/mnt/home
read_only() {{ mount -o remount,ro $1; }}
as_nobody() {{ setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }}
squat() {{ for place in /tmp /var/tmp /dev/shm; do as_nobody mkdir -m 777 $place/rmosh-0 $place/rmosh-0-feed; done; }}
squat_links() {{ for place in /tmp /var/tmp /dev/shm; do as_nobody ln -s /root $place/rmosh-0; done; }}
{host}
set +e
server="{python} -m rmosh_server"
$server new --port 0 -- 'sleep 30' 2>/mnt/errors >/mnt/announce
$server new --port 0 --name named --or-attach -- 'sleep 30' 2>>/mnt/errors >>/mnt/announce
$server new --port 0 --name named --or-attach -- 'sleep 30' 2>>/mnt/errors >>/mnt/announce
$server ls --json >/mnt/list 2>>/mnt/errors
cat /proc/net/udp /proc/net/udp6 >/mnt/ports
ids=$(grep -o 'session=[0-9a-f]*' /mnt/announce | cut -d= -f2)
for id in $ids; do $server status $id; done >/mnt/status 2>>/mnt/errors
exit 0
"""


@pytest.mark.slow
@pytest.mark.parametrize("host", HOSTS)
def test_a_session_starts_and_is_found_whatever_others_have_made_of_the_host(host: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    spoiled, is_found = HOSTS[host]
    checkout = Path(rmosh.__file__).parents[1]
    script = _PRELUDE.format(told=tmp_path, host=spoiled, python=sys.executable, checkout=checkout, prefix=sys.prefix)
    environment = {name: value for name, value in NO_LOGIN.items() if not name.startswith(("RMOSH_", "XDG_", "TMP"))}
    _run_in_own_mounts(script, environment)
    announced = [parse_announce(line) for line in (tmp_path / "announce").read_bytes().splitlines()]
    errors = (tmp_path / "errors").read_text()
    assert len(announced) == 3, errors
    served_ports = {int(port, 16) for port in re.findall(r":([0-9A-F]{4}) 0", (tmp_path / "ports").read_text())}
    assert {announce.port for announce in announced} <= served_ports
    if is_found:
        assert errors == ""
        assert [session["name"] for session in json.loads((tmp_path / "list").read_text())] == ["", "named"]
        assert (tmp_path / "status").read_text().split() == ["alive"] * 3
    else:
        assert errors.count("ls, attach and kill will not know this session") == 3


def test_programs_are_not_led_to_an_agent_that_another_user_may_put_up_in_its_place(tmp_path: Path) -> None:
    told = tmp_path / "told"
    forwarded = {
        "SSH_AUTH_SOCK": "/tmp/ssh-gone/agent.7", "DISPLAY": "localhost:10.0", "XAUTHORITY": "/tmp/xauth.7",
        "SSH_USER_AUTH": "/tmp/sshauth.7", "RMOSH_RUNTIME_DIR": str(tmp_path / "sessions"),
    }  # fmt: skip
    words = [sys.executable, "-m", "rmosh_server", "new", "--port", "0", "--", f"env >{told}.new; mv {told}.new {told}"]
    subprocess.run(words, env=NO_LOGIN | forwarded, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    _wait_until(told.exists)
    variables = dict(line.partition("=")[::2] for line in told.read_text().splitlines())
    assert variables.keys() & {"SSH_AUTH_SOCK", "DISPLAY", "XAUTHORITY", "SSH_USER_AUTH"} == set()
    assert "RMOSH_SESSION" in variables


@pytest.mark.slow
def test_a_stranger_neither_takes_a_sessions_ids_at_a_shared_port_nor_keeps_others_out(shared: Path) -> None:
    place, overheard, told = shared / "port.sock", shared / "overheard", shared / "told"
    ids = frozenset([os.urandom(8) for _ in range(21)])
    overheard.write_bytes(b"".join(ids))
    words = [sys.executable, "-m", "rmosh_server", "port", "--port", "0", "--socket", str(place), "--user", "daemon"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        keeper.stdout.readline()
        connected, port = join(str(place), ids)
        with as_stranger(strangers.crowd_a_shared_port, place, overheard, told), connected:
            _wait_until(told.exists)
            assert told.read_text() == str(len(ids))
            more, _ = join(str(place), frozenset([os.urandom(8)]))
            more.close()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(min(ids) + b"typed", ("127.0.0.1", port))
                connected.settimeout(PATIENCE)
                assert messages.read_carry(connected.recv(1000))[1] == min(ids) + b"typed"
        keeper.terminate()
        assert keeper.wait(timeout=PATIENCE) == 0


def _run_in_own_mounts(script: str, environment: dict[str, str]) -> None:
    """Run a script with mounts and processes of its own: whatever it starts ends with it."""
    words = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script]
    subprocess.run(
        words, env=environment, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=3 * PATIENCE
    )


def _wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, f"did not happen within {PATIENCE} s"
        time.sleep(0.01)
