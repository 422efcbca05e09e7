"""One command carries a session over a bad link: a real ssh to a real sshd."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rmosh_netem.addresses import Address
from rmosh_netem.bench.drivers import server_path
from rmosh_netem.bench.pty_session import PtySession
from rmosh_netem.sshd import Sshd
from tests.patience import PATIENCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("ssh") is None, reason="this machine has no ssh"),
    pytest.mark.skipif(
        shutil.which("sshd", path="/usr/sbin:/sbin:/usr/bin") is None, reason="this machine has no OpenSSH server"
    ),
]


def test_a_session_crosses_the_relay_and_ends_it_with_its_status(tmp_path: Path) -> None:
    with Sshd(tmp_path, relay=Address("127.0.0.2", 22), server_path="/usr/bin:/bin") as sshd:
        config = sshd.client_config
        config.write_text(config.read_text().replace("Port 22", f"Port {sshd.address.port}"))
        key = (tmp_path / "host_key.pub").read_text()
        (tmp_path / "known_hosts").write_text(f"[127.0.0.2]:{sshd.address.port} {key}")
        relay = [sys.executable, "-m", "rmosh_netem", "relay", "perfect", "delay=150ms"]
        start = time.monotonic()
        done = subprocess.run(
            [*relay, "--", "ssh", "-F", str(config), "127.0.0.2", "echo HERE; exit 7"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (done.stdout, done.returncode) == ("HERE\n", 7), done.stderr
    assert time.monotonic() - start > 5 * 0.3  # a login takes more round trips than that


def test_rmosh_crosses_it_with_the_port_and_the_key_that_were_typed(tmp_path: Path) -> None:
    with Sshd(tmp_path, relay=Address("127.0.0.2", 22), server_path=server_path()) as sshd:
        (tmp_path / "known_hosts").write_text(
            f"[127.0.0.2]:{sshd.address.port} " + (tmp_path / "host_key.pub").read_text()
        )
        typed = ["rmosh", "-p", str(sshd.address.port), "-i", str(tmp_path / "user_key"), "-F", "none"]
        typed += ["-o", f"UserKnownHostsFile={tmp_path / 'known_hosts'}", "127.0.0.2", "sleep 1; echo HE''RE; sleep 2"]
        relay = [sys.executable, "-m", "rmosh_netem", "relay", "perfect", "delay=150ms", "--", *typed]
        environment = {**os.environ, "TERM": "xterm-256color", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        with PtySession(relay, environment, rows=24, columns=80) as session:
            shown = session.watch_for("HERE", timeout=PATIENCE)
    assert shown - session.started > 5 * 0.3  # a login takes more round trips than that
