"""How each remote shell is started: its command line, and where its datagrams go."""

import os
import shutil
import socket
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from ..addresses import Address
from ..errors import Unavailable
from ..relay_process import RelayProcess
from .sshd import SSHD_HOST

#: The host that clients are told to connect to: the relay's. All of 127.0.0.0/8 is loopback. Source: RFC 1122.
RELAY_HOST: Final = "127.0.0.3"

#: Seconds a program gets to tell its version.
_VERSION_TIMEOUT: Final = 10.0


class Predict(Enum):
    """Whether keys may be shown before the far side has confirmed them."""

    NEVER = "never"
    ADAPTIVE = "adaptive"


@dataclass(frozen=True, slots=True)
class Call:
    """What one session is to run, and through what."""

    remote: tuple[str, ...]
    predict: Predict
    ssh_config: Path
    folder: Path
    relay: RelayProcess


class Tool(ABC):
    """A remote shell under test."""

    name: str

    @abstractmethod
    def command(self, call: Call) -> list[str]:
        """Return the command line of one session, its way through the relay laid."""

    @abstractmethod
    def version(self) -> str:
        """Return its version in its own words.

        Raises:
            Unavailable: it is not installed.
        """


class OpenSsh(Tool):
    """The ssh of the system: what everyone compares with."""

    name = "ssh"

    def command(self, call: Call) -> list[str]:
        """Return ssh's command line; its connection goes through the relay by its configuration."""
        return [_installed("ssh"), "-F", str(call.ssh_config), "-tt", RELAY_HOST, " ".join(call.remote)]

    def version(self) -> str:
        """Return what `ssh -V` says."""
        return _first_line([_installed("ssh"), "-V"])


class Mosh(Tool):
    """Mosh through its ordinary wrapper; its server listens where sshd was reached, the relay on the same port."""

    name = "mosh"

    def command(self, call: Call) -> list[str]:
        """Return mosh's command line and forward its UDP port."""
        port = _free_udp_port()
        call.relay.forward_udp(listen=Address(RELAY_HOST, port), to=Address(SSHD_HOST, port))
        ssh = f"--ssh={_installed('ssh')} -F {call.ssh_config}"
        predict = f"--predict={call.predict.value}"
        return [_installed("mosh"), ssh, predict, "-p", str(port), RELAY_HOST, "--", *call.remote]

    def version(self) -> str:
        """Return the first line of `mosh --version`."""
        return _first_line([_installed("mosh"), "--version"])


class Rmosh(Tool):
    """This project's own, as a user starts it but for the announced port.

    Its server listens on every address of the machine, so that the relay cannot have the same port: a wrapper named
    by `--server` puts the relay's port into the announce line.
    """

    name = "rmosh"

    def command(self, call: Call) -> list[str]:
        """Return rmosh's command line, its wrapper written and its UDP port forwarded."""
        port = _free_udp_port()
        relay = call.relay.forward_udp(listen=Address(RELAY_HOST, 0), to=Address("127.0.0.1", port))
        server = self._announcing(relay.port, call.folder)
        options = ["-F", str(call.ssh_config), "--server", str(server), "--port", str(port)]
        return [_ours("rmosh"), *options, "--predict", call.predict.value, RELAY_HOST, "--", *call.remote]

    def version(self) -> str:
        """Return what `rmosh --version` says."""
        return _first_line([_ours("rmosh"), "--version"])

    @staticmethod
    def _announcing(port: int, folder: Path) -> Path:
        """Write a server that announces `port`."""
        server = _ours("rmosh-server")
        wrapper = folder / f"rmosh-server-{port}"
        wrapper.write_text(
            f'#!/bin/sh\n[ "$1" = new ] || exec {server} "$@"\n'
            f"{server} \"$@\" | sed -u 's/^\\(RMOSH-ANNOUNCE [0-9]* \\)[0-9]* /\\1{port} /'\n",
            encoding="ascii",
        )
        wrapper.chmod(0o700)
        return wrapper


TOOLS: Final[dict[str, Tool]] = {tool.name: tool for tool in (OpenSsh(), Mosh(), Rmosh())}


def _installed(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise Unavailable(f"{program} is not installed: install it, or leave it out with --tools")
    return found


def _ours(program: str) -> str:
    """Return the program of this Python's own installation; a version manager's stand-in would cost 50 ms."""
    beside = Path(sys.executable).with_name(program)
    return str(beside) if os.access(beside, os.X_OK) else _installed(program)


def _first_line(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=_VERSION_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]} does not run: {error}: leave it out with --tools") from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise Unavailable(f"{' '.join(command)} failed and said {said!r}: leave it out with --tools")
    return (done.stdout.strip() or done.stderr.strip()).splitlines()[0]


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
