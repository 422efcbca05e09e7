"""rmosh crosses the laboratory: real TCP and UDP, a NAT in between, and a client that does not stay where it is."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh_netem.bench.pty_session import PtySession
from rmosh_netem.lab import Lab, Roam
from rmosh_netem.lab.lab_sshd import lab_sshd
from rmosh_netem.link import LinkModel
from rmosh_netem.profiles import Profile
from tests.e2e import own_home
from tests.patience import PATIENCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.sshd,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(not Path("/dev/net/tun").exists(), reason="this machine has no /dev/net/tun"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="this machine has no iproute2"),
]

MODEL = LinkModel(delay=0.02)

SHELL = ("env", "PS1=ready$", "bash", "--norc", "--noprofile")


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Profile("test", "a link of the tests", "made up", MODEL, MODEL)) as running:
        yield running


@pytest.fixture
def session(lab: Lab, tmp_path: Path) -> Iterator[PtySession]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    with lab_sshd(lab) as config:
        rmosh = [str(Path(sys.executable).with_name("rmosh")), "-F", str(config), "--predict", "never"]
        server = own_home.write_server(tmp_path / "rmosh-server")
        command = lab.client.command([*rmosh, "--server", str(server), lab.server_name, "--", *SHELL])
        with PtySession(command, environment, rows=24, columns=80) as running:
            running.watch_for("ready$", timeout=PATIENCE)
            yield running
            running.type(b"exit\r")


def answer_time(session: PtySession, text: str) -> float:
    """Type a command whose answer is `text`; return the seconds that it took to show."""
    typed = session.type(f"echo {text[:2]}''{text[2:]}\r".encode())
    return session.watch_for(text, timeout=PATIENCE) - typed


def test_a_session_goes_on_however_its_client_roams(lab: Lab, session: PtySession) -> None:
    for number, kind in enumerate((Roam.NAT, Roam.ADDRESS, Roam.IPV6, Roam.NAT, Roam.IPV4, Roam.BOTH)):
        lab.roam(kind)
        assert answer_time(session, f"here{number}") < PATIENCE


def test_a_session_outlives_a_blackout(lab: Lab, session: PtySession) -> None:
    lab.blackout(3.0)
    taken = answer_time(session, "back again")
    assert 2.5 < taken < 8.0


def test_a_full_screen_gets_through_where_packets_may_not_be_large(lab: Lab, session: PtySession) -> None:
    lab.set("mtu=1000")
    session.type(b"clear; head -c 1200 /dev/urandom | base64; echo al''l there\r")
    session.watch_for("all there", timeout=PATIENCE)
    assert lab.describe()["counters"]["down"]["bytes_sent"] > 1200


def test_output_keeps_coming_when_the_nat_forgets_a_silent_client(lab: Lab, session: PtySession) -> None:
    session.type(b"for i in 1 2 3 4 5 6 7 8; do echo li''ne $i; sleep 0.3; done\r")
    session.watch_for("line 2", timeout=PATIENCE)
    lab.roam(Roam.NAT)
    forgotten = time.monotonic()
    assert session.watch_for("line 8", timeout=PATIENCE) - forgotten < 8.0
