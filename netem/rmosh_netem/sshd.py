"""A real OpenSSH sshd with throw-away keys, for this user only; on loopback, or at one end of a laboratory."""

import contextlib
import ctypes
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from .addresses import Address
from .errors import Unavailable

#: Where sshd listens: not the host that clients are told (the relay's), so that nothing gets past the relay.
SSHD_HOST: Final = "127.0.0.2"

#: Seconds sshd gets to listen.
_START_TIMEOUT: Final = 10.0

#: Where systems keep sshd, which is seldom in PATH.
_PLACES: Final = "/usr/sbin:/usr/local/sbin:/usr/libexec:/sbin"

#: sshd's privilege separation directory; started as root it will not run without. Source: sshd(8), FILES.
_SEPARATION_DIRECTORY: Final = Path("/run/sshd")

_SERVER_CONFIG: Final = """\
{listen}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
PrintMotd no
PrintLastLog no
UseDNS no
AcceptEnv LANG LC_*
SetEnv HOME={home} PATH={path}
Subsystem sftp internal-sftp
LogLevel ERROR
"""

_CLIENT_CONFIG: Final = """\
Host *
    User {user}
    Port {port}
    IdentityFile {folder}/user_key
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known_hosts
    GlobalKnownHostsFile none
    StrictHostKeyChecking yes
    SendEnv LANG LC_*
    LogLevel ERROR
"""


#: What to ask prctl(2) for. Source: linux/prctl.h.
_PR_SET_PDEATHSIG: Final = 1


class SshdPlace(Protocol):
    """Where sshd runs; an end of a laboratory is one."""

    def popen(self, words: Sequence[str], **options: Any) -> "subprocess.Popen[Any]":
        """Start a program there."""

    def open_socket(self, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
        """Return a socket of ours that is there."""


class ThisMachine:
    """Where we are ourselves."""

    def popen(self, words: Sequence[str], **options: Any) -> "subprocess.Popen[Any]":
        """Start a program that ends with us, however we end."""
        return subprocess.Popen(words, preexec_fn=_end_with_parent, **options)  # noqa: S603 - one thread here

    def open_socket(self, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
        """Return a socket."""
        return socket.socket(family, kind)


class Sshd:
    """A running sshd; a context manager.

    Attributes:
        address: where it listens.
        client_config: an ssh_config(5) file for clients that connect to `relay_host`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        relay: Address,
        server_path: str,
        place: SshdPlace | None = None,
        listen: Sequence[Address] = (),
    ) -> None:
        """Make keys and start.

        Args:
            folder: an empty directory to keep keys and configuration in.
            relay: where clients connect to instead.
            server_path: PATH of what clients start.
            place: where it runs; None for this machine.
            listen: where it listens; any port of `SSHD_HOST` where nothing is given.

        Raises:
            Unavailable: there is no OpenSSH server here, or it does not start.
        """
        self._program = _find("sshd", "install openssh-server")
        keygen = _find("ssh-keygen", "install openssh-client")
        self._place = place or ThisMachine()
        listen = listen or [Address(SSHD_HOST, free_port(SSHD_HOST))]
        self.address = listen[0]
        for name in ("host_key", "user_key"):
            self._make_key(keygen, folder / name)
        home = folder / "home"
        home.mkdir()
        host_key = (folder / "host_key.pub").read_text(encoding="ascii")
        (folder / "known_hosts").write_text(f"{relay.host},[{relay.host}]:{relay.port} {host_key}", encoding="ascii")
        self.client_config = folder / "ssh_config"
        self.client_config.write_text(
            _CLIENT_CONFIG.format(user=getpass.getuser(), port=relay.port, folder=folder), encoding="utf-8"
        )
        config = folder / "sshd_config"
        config.write_text(
            _SERVER_CONFIG.format(
                listen="\n".join(f"ListenAddress {each}" for each in listen), folder=folder, home=home, path=server_path
            ),
            encoding="utf-8",
        )
        self._process = self._start(config)

    def __enter__(self) -> "Sshd":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    @staticmethod
    def _make_key(keygen: str, file: Path) -> None:
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)  # noqa: S603

    def _start(self, config: Path) -> "subprocess.Popen[bytes]":
        if os.geteuid() == 0:
            with contextlib.suppress(OSError):  # sshd then says itself what it has not got
                _SEPARATION_DIRECTORY.mkdir(mode=0o755, exist_ok=True)
        log = config.with_name("sshd.log")
        with log.open("wb") as output:
            process = self._place.popen(
                [self._program, "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stderr=output
            )
        end = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < end and process.poll() is None:
            with self._place.open_socket(self.address.family, socket.SOCK_STREAM) as probe:
                if probe.connect_ex(self.address.pair) == 0:
                    return process
            time.sleep(0.02)
        process.kill()
        process.wait()
        said = log.read_text(encoding="utf-8", errors="replace").strip() or "it said nothing"
        remedy = "try sshd -t" if str(_SEPARATION_DIRECTORY) not in said else "make that directory, mode 755"
        raise Unavailable(f"sshd does not start on {self.address} and says {said!r}: {remedy}")


def _end_with_parent() -> None:
    """Ask the kernel to end this process when the one that started it has gone; elsewhere than on Linux, do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _find(program: str, remedy: str) -> str:
    found = shutil.which(program) or shutil.which(program, path=_PLACES)
    if found is None:
        raise Unavailable(f"there is no {program} on this machine: {remedy}")
    return found


def free_port(host: str) -> int:
    """Return a TCP port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
