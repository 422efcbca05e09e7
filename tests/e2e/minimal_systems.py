"""Real minimal systems in chroots, each with an sshd of its own: debootstrap makes them from this machine's mirror."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.sshd import Sshd, free_port, generate_key, wait_for_port

#: What is in every one of them; Debian 11's fish has Python 3.9 with it.
_PACKAGES = "openssh-server,tcsh,fish"

#: What asks for them: a folder where they are made and stay, as each takes minutes.
FOLDER_VARIABLE = "RMOSH_MINIMAL_SYSTEMS"

#: What is mounted there, seen by its own sshd alone.
_MOUNTS = (
    "mount -t proc proc {root}/proc && mount --rbind /dev {root}/dev && mount -t tmpfs tmpfs {root}/run"
    " && mkdir {root}/run/sshd"
)


def system(release: str) -> Path:
    """Return the root of one, which is made where it is not there yet; skips where that cannot be."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        pytest.skip(f"${FOLDER_VARIABLE} names no folder for systems of 400 MB that take minutes to make")
    if os.getuid() != 0:
        pytest.skip("only root can make a chroot")
    debootstrap = shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if debootstrap is None:
        pytest.skip("debootstrap is not installed (apt install debootstrap)")
    root = Path(folder) / release
    if not (root / "usr/sbin/sshd").exists():
        shutil.rmtree(root, ignore_errors=True)
        words = [debootstrap, "--variant=minbase", f"--include={_PACKAGES}", release, str(root), _mirror()]
        made = subprocess.run(words, capture_output=True, text=True, check=False)
        if made.returncode:
            pytest.skip(f"the mirror of this machine gives no {release}: {made.stdout[-300:]}")
    return root


def _mirror() -> str:
    """Return where this machine gets Debian from."""
    files = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("debian*")]
    for file in files:
        found = re.search(r"https?://\S+/debian/?(?=\s)", file.read_text() if file.exists() else "")
        if found:
            return found[0]
    pytest.skip("this machine gets its packages from no Debian mirror")


def sshd_in(
    root: Path, directory: Path, *, shell: str, files: dict[str, str], mounts: str = "", without: str = ""
) -> Sshd:
    """Start sshd in a copy of a system whose root has this login shell and these files in an empty home.

    Args:
        mounts: a command for sh that mounts more; `{root}` stands for the system.
        without: what is removed there, as a pattern of paths.
    """
    copy = directory / "system"
    subprocess.run(["cp", "-a", str(root), str(copy)], check=True)
    for path in copy.glob(without) if without else ():
        path.unlink()
    accounts = (copy / "etc/passwd").read_text()
    (copy / "etc/passwd").write_text(re.sub(r"^root:.*$", f"root:x:0:0::/root:{shell}", accounts, flags=re.MULTILINE))
    shutil.rmtree(copy / "root")
    (copy / "root").mkdir(mode=0o700)
    for name, text in files.items():
        path = copy / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return _started(copy, directory, mounts)


def _started(copy: Path, directory: Path, mounts: str) -> Sshd:
    host_key, user_key = generate_key(directory / "host_key"), generate_key(directory / "user_key")
    shutil.copy(host_key, copy / "etc/ssh/test_key")
    shutil.copy(f"{user_key}.pub", copy / "etc/ssh/test_authorized")
    port = free_port()
    (copy / "etc/ssh/test_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey /etc/ssh/test_key\n"
        "AuthorizedKeysFile /etc/ssh/test_authorized\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPidFile none\n"
    )
    mounting = (_MOUNTS + (f" && {mounts}" if mounts else "")).format(root=copy)
    words = [
        "unshare",
        "-m",
        "sh",
        "-c",
        f"{mounting} && exec chroot {copy} /usr/sbin/sshd -D -e -f /etc/ssh/test_config",
    ]
    with (directory / "sshd.log").open("w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    wait_for_port(port, process, directory / "sshd.log")
    (directory / "home").mkdir()
    client_env = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}
    client_env |= {"HOME": str(directory / "home"), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    known_hosts = directory / "known_hosts"
    sshd = Sshd(
        directory, port, host_key, user_key, directory / "unused", known_hosts, known_hosts, client_env, process
    )
    sshd.trust_host_key()
    return sshd


def end_all(directory: Path) -> None:
    """End every process of the system that was started for a directory, by its id: sessions outlive their clients."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "root") == str(directory / "system"):
                os.kill(int(process.name), signal.SIGKILL)
