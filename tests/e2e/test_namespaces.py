"""Sessions that are not easily asked: those of containers and VPNs on the same kernel, and one that is stopped."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import rmosh
from rmosh.announce import parse_announce
from rmosh_server.sockets.asking import ANSWER_TIMEOUT
from tests.e2e import own_home
from tests.e2e.session_host import wait_until
from tests.e2e.test_server_process import Client
from tests.patience import PATIENCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.linux,
    pytest.mark.skipif(os.getuid() != 0, reason="only root makes namespaces"),
]

#: What a container needs of this machine, wherever that is: this checkout and its Python.
NEEDED = (str(Path(rmosh.__file__).parents[1]), sys.prefix)

#: Another host's name and number, as a container has them, with the home at another place and no /tmp in common.
CONTAINER = f"""
hostname container
echo 0123456789abcdef0123456789abcdef > "$HOME/machine-id"
mount --bind "$HOME/machine-id" /etc/machine-id
mount --bind "$HOME" /mnt
mkdir -p "$HOME/tmp"
mount -t tmpfs tmpfs "$HOME/tmp"
for needed in {shlex.join(NEEDED)}; do
    case $needed in /tmp/*) mkdir -p "$HOME$needed" && mount --rbind "$needed" "$HOME$needed" ;; esac
done
mount --rbind "$HOME/tmp" /tmp
cd /mnt && HOME=/mnt exec "$@"
"""


class Shared:
    """A home that namespaces share."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), **own_home.VARIABLES}

    def run(self, *words: str, flags: str = "", container: bool = False) -> "subprocess.CompletedProcess[str]":
        """Run `rmosh-server` with some words in new namespaces, those that unshare(1) is asked for."""
        command = [sys.executable, "-m", "rmosh_server", *words]
        if container:
            command = ["sh", "-c", CONTAINER, "sh", *command]
        within = ["unshare", *flags.split(), *command] if flags else command
        return subprocess.run(
            within,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def listed(self, **where: object) -> list[str]:
        return [session["name"] for session in json.loads(self.run("ls", "--json", **where).stdout)]  # type: ignore[arg-type]

    def is_over(self) -> bool:
        """Return whether no session is left."""
        return self.listed() == []


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    home = tmp_path / "home"
    home.mkdir()
    made = Shared(home)
    yield made
    for name in made.listed():
        made.run("kill", name)
    wait_until(made.is_over, "all sessions end")


@pytest.mark.parametrize(
    "flags",
    ["-n", "-n -m", "-p -f --mount-proc", "-U -r -n", "-n -u -m"],
    ids=["VPN", "private mounts", "processes of its own", "rootless", "container"],
)
def test_a_session_is_listed_attached_to_and_ended_from_another_namespace(shared: Shared, flags: str) -> None:
    assert shared.run("new", "--port", "0", "--name", "work", "--", "sleep 60").returncode == 0
    container = "-u" in flags.split()
    assert shared.listed(flags=flags, container=container) == ["work"]
    attached = shared.run("attach", "work", flags=flags, container=container)
    assert attached.stdout.startswith("RMOSH-ANNOUNCE "), attached.stderr
    assert ("is in another network namespace" in attached.stderr) is ("-n" in flags.split())
    assert shared.run("kill", "work", flags=flags, container=container).returncode == 0


def test_a_containers_session_is_known_to_its_host(shared: Shared) -> None:
    started = shared.run("new", "--port", "0", "--name", "inside", "--", "sleep 60", flags="-n -u -m", container=True)
    assert started.returncode == 0, started.stderr
    assert shared.listed() == ["inside"]
    attached = shared.run("attach", "inside")
    assert attached.stdout.startswith("RMOSH-ANNOUNCE ")
    assert "session inside is in another network namespace than this login" in attached.stderr


def test_a_session_without_a_network_of_its_own_is_reached_by_the_port_that_its_host_shares(shared: Shared) -> None:
    shared.environment["RMOSH_RUNTIME_DIR"] = str(shared.home)
    shared.home.chmod(0o700)
    words = [sys.executable, "-m", "rmosh_server", "port", "--port", "0"]
    with subprocess.Popen(words, env=shared.environment, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        keeper.stdout.readline()
        started = shared.run("new", "--name", "work", "--", "echo here; sleep 60", flags="-n")
        client = Client(parse_announce(started.stdout.encode()), rows=24, columns=80)
        client.wait_for("here")
        client.socket.close()
        assert shared.run("attach", "work").stderr == ""
        assert "another network namespace" in shared.run("attach", "work", flags="-n").stderr
        keeper.terminate()


def test_a_stopped_session_holds_nobody_up_for_long_and_is_listed_as_one_that_does_not_answer(shared: Shared) -> None:
    for name in ("stopped", "other"):
        shared.run("new", "--port", "0", "--name", name, "--", "sleep 60")
    processes = {each["name"]: each["pid"] for each in json.loads(shared.run("ls", "--json").stdout)}
    os.kill(processes["stopped"], signal.SIGSTOP)
    try:
        began = time.monotonic()
        listed = json.loads(shared.run("ls", "--json").stdout)
        assert time.monotonic() - began < ANSWER_TIMEOUT
        assert [(each["name"], each.get("answers", True)) for each in listed] == [("other", True), ("stopped", False)]
        assert shared.run("attach", "other").stdout.startswith("RMOSH-ANNOUNCE ")
        assert "session stopped does not answer" in shared.run("attach", "stopped").stderr
    finally:
        os.kill(processes["stopped"], signal.SIGCONT)


def test_at_home_nothing_is_said_of_namespaces(shared: Shared) -> None:
    shared.run("new", "--port", "0", "--name", "work", "--", "sleep 60")
    attached = shared.run("attach", "work")
    assert (attached.returncode, attached.stderr) == (0, "")
