"""A real OpenSSH sshd on loopback, with throw-away keys."""

import contextlib
import os
import pwd
import select
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.patience import PATIENCE


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def generate_key(path: Path, *, passphrase: str = "", kind: str = "ed25519") -> Path:
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", path.name, "-f", str(path)]
    subprocess.run(command, check=True)
    return path


@dataclass
class Sshd:
    """A running sshd and what a client needs to reach it.

    Attributes:
        directory: holds keys, configurations and logs; thrown away with the test.
        config: an ssh_config for `-F`, with the host alias `box`.
        client_env: environment for a client: no agent, an empty HOME.
    """

    directory: Path
    port: int
    host_key: Path
    user_key: Path
    authorized_keys: Path
    known_hosts: Path
    config: Path
    client_env: dict[str, str]
    process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def log(self) -> str:
        return (self.directory / "sshd.log").read_text(errors="replace")

    def configure(self, *lines: str, alias: str = "box", own_key: bool = True) -> Path:
        """Write a configuration for `-F`, given lines first; returns its path."""
        identity = [f"    IdentityFile {self.user_key}"] if own_key else []
        text = "\n".join(
            (
                f"Host {alias}",
                *(f"    {line}" for line in lines),
                "    HostName 127.0.0.1",
                f"    Port {self.port}",
                f"    User {user_name()}",
                *identity,
                "    IdentitiesOnly yes",
                f"    UserKnownHostsFile {self.known_hosts}",
                "    GlobalKnownHostsFile /dev/null",
                "",
            )
        )
        path = self.directory / f"config-{len(list(self.directory.glob('config*')))}"
        path.write_text(text)
        return path

    def authorize(self, key: Path) -> None:
        with self.authorized_keys.open("a") as file:
            file.write(Path(f"{key}.pub").read_text())

    def trust_host_key(self, host_key: Path | None = None, *, name: str | None = None) -> None:
        public = Path(f"{host_key or self.host_key}.pub").read_text().split()
        with self.known_hosts.open("a") as file:
            file.write(f"{name or f'[127.0.0.1]:{self.port}'} {public[0]} {public[1]}\n")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def user_name() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def start_sshd(directory: Path, *options: str, login_shell: str = "") -> Sshd:
    """Start sshd with throw-away keys; `options` are lines for its configuration and win over the usual ones.

    With a `login_shell` sshd, and all that it starts, see an account of the test's own for this user, whose home is the
    directory's `home`; only root can do that.
    """
    binary = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if binary is None:
        pytest.skip("OpenSSH's sshd is not installed (apt install openssh-server)")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    home = directory / "home"
    (home / ".ssh").mkdir(parents=True)
    host_key, user_key = generate_key(directory / "host_key"), generate_key(directory / "user_key")
    authorized_keys = directory / "authorized_keys"
    shutil.copy(f"{user_key}.pub", authorized_keys)
    port = free_port()
    config = directory / "sshd_config"
    usual = (
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {host_key}",
        f"AuthorizedKeysFile {authorized_keys}",
        f"PidFile {directory / 'sshd.pid'}",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin yes",
        "StrictModes no",
        "UsePAM no",
        "PrintMotd no",
        "Subsystem sftp internal-sftp",
        "AcceptEnv LANG LC_*",
        f"SetEnv HOME={home}",  # no start-up file of whoever runs the tests
        "LogLevel DEBUG1",
        "MaxStartups 100",
    )
    config.write_text("\n".join((*options, *usual)) + "\n")
    log = directory / "sshd.log"
    command = [binary, "-D", "-f", str(config), "-E", str(log)]
    if login_shell:
        accounts = _accounts_with(directory / "passwd", home=home, shell=login_shell)
        command = ["unshare", "-m", "sh", "-c", f'mount --bind {accounts} /etc/passwd && exec "$@"', "sh", *command]
    process = subprocess.Popen(command)
    wait_for_port(port, process, log)
    client_env = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}
    client_env |= {"HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    known_hosts = directory / "known_hosts"
    sshd = Sshd(directory, port, host_key, user_key, authorized_keys, known_hosts, config, client_env, process)
    sshd.config = sshd.configure()
    return sshd


def _accounts_with(path: Path, *, home: Path, shell: str) -> Path:
    """Write the system's accounts with another home and shell for this user."""
    lines = []
    for line in Path("/etc/passwd").read_text().splitlines():
        name, *fields = line.split(":")
        lines.append(":".join([name, *fields[:4], str(home), shell]) if name == user_name() else line)
    path.write_text("\n".join(lines) + "\n")
    return path


def wait_for_port(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            break
        select.select([], [], [], 0.02)
    pytest.fail(f"sshd did not start: {log.read_text(errors='replace') if log.exists() else 'no log'}")
