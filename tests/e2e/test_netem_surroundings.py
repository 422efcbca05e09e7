"""What a machine has not got is named, with what to do; what can go on without it does."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rmosh_netem.errors import BadRequest
from rmosh_netem.lab import Roam
from rmosh_netem.lab.namespaces import Namespace
from rmosh_netem.lab.plan import SERVER_IPV4
from rmosh_netem.lab.running import RunningLab, Setup
from rmosh_netem.profiles import load_profiles
from tests.patience import PATIENCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
    pytest.mark.skipif(not Path("/dev/net/tun").exists(), reason="this machine has no /dev/net/tun"),
    pytest.mark.skipif(shutil.which("unshare") is None, reason="this machine has no unshare"),
]


def netem_with(mounts: str, *words: str) -> tuple[int, str]:
    """Run rmosh-netem where these mounts are, as in a container; return its status and what it said."""
    command = f'{mounts} && exec "$0" -m rmosh_netem "$@"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", command, sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("mounts", "words", "complaint"),
    [
        (
            "mount -t tmpfs -o ro tmpfs /run",
            ["shell", "wifi", "--run", "true"],
            "Read-only file system': mount a tmpfs at /run, or use rmosh-netem relay",
        ),
        (
            "mount -t tmpfs tmpfs /run && mkdir /run/netns && mount -t tmpfs tmpfs /run/netns"
            " && mount -o remount,ro /run",
            ["shell", "wifi", "--run", "true"],
            "cannot make /run/rmosh-netem: Read-only file system: mount a tmpfs at /run",
        ),
        (
            "mount -t tmpfs tmpfs /dev/net",
            ["shell", "wifi", "--run", "true"],
            "no /dev/net/tun, and without it the kernel's netem does not know jitter without reorder: load the module",
        ),
        (
            "mount --bind /dev/null /dev/net/tun",
            ["shell", "wifi", "--run", "true"],
            "cannot make the TUN device rmosh0: Inappropriate ioctl for device: load the module",
        ),
    ],
    ids=["/run read-only", "/run read-only but for namespaces", "no TUN", "TUN is none"],
)
def test_what_is_missing_is_named_in_one_line(mounts: str, words: list[str], complaint: str) -> None:
    status, said = netem_with(mounts, *words)
    assert (status, said.count("\n")) == (1, 1), said
    assert complaint in said


def test_a_bench_where_sshd_can_have_no_directory_says_so(tmp_path: Path) -> None:
    if shutil.which("sshd", path="/usr/sbin:/sbin:/usr/bin") is None:
        pytest.skip("this machine has no OpenSSH server")
    words = ["bench", "--tools", "ssh", "--profiles", "lan", "--workloads", "key", "--output", str(tmp_path / "x.json")]
    status, said = netem_with("mount -t tmpfs -o ro tmpfs /run", *words)
    assert status == 1 and "Traceback" not in said
    assert "/run/sshd" in said and "make that directory" in said


def test_a_machine_without_ipv6_has_a_laboratory_of_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Namespace, "has_ipv6", False)
    with RunningLab(Setup(load_profiles()["lan"])) as lab:
        described = lab.describe()
        assert described["client"]["ipv6"] is None and described["server"]["ipv6"] is None
        for kind in (Roam.IPV6, Roam.BOTH):
            with pytest.raises(BadRequest, match=f"no IPv6 for roam {kind.value}: say roam address"):
                lab.roam(kind)
        lab.roam(Roam.ADDRESS)
        with lab._server.inside():
            server = socket.create_server((SERVER_IPV4, 0))
        with server, lab._client.inside(), socket.create_connection(server.getsockname(), timeout=PATIENCE) as client:
            assert client.getpeername()[0] == SERVER_IPV4
