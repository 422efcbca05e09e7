"""A whole session of ssh, mosh or rmosh through a relay by one command: its login and its datagrams too.

The login is led to the relay by an ssh_config(5) file that stands before the user's own; the datagrams by a UDP port
chosen here, which the relay has at its own address. Where the far host is this machine, rmosh's server would want
that port at every address: a wrapper then announces the relay's instead.
"""

import random
import shlex
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .addresses import RELAY_HOST, SSH_PORT, Address, resolved
from .errors import BadRequest, Unavailable
from .programs import free_udp_port, installed, ours
from .session_line import SessionLine

#: UDP ports that hosts leave open for mosh and rmosh. Source: mosh(1), README.
_OPEN_PORTS: Final = range(60000, 61000)

#: Ports tried where one may be taken at the relay's address.
_PORT_TRIES: Final = 10

#: Seconds `ssh -G` may take; it asks nobody.
_CONFIG_TIMEOUT: Final = 10.0

#: ssh_config(5)'s words for families of addresses.
_FAMILIES: Final = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}

Forward = Callable[[Address, Address], Address]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a session goes, as the user's ssh says.

    Attributes:
        known_as: what the far host's key is kept under in known_hosts.
    """

    address: Address
    known_as: str

    @property
    def is_this_machine(self) -> bool:
        """Whether the far host is this machine, whose UDP ports its server and the relay would share."""
        with socket.socket(self.address.family, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((self.address.host, 0))
            except OSError:
                return False
        return True


def find_destination(line: SessionLine) -> Destination:
    """Return where a command such as `rmosh host` goes.

    Raises:
        BadRequest: its way is not one connection.
        Unavailable: nobody knows the host.
    """
    settings = _ask_ssh(line)
    if {settings.get("proxyjump", "none"), settings.get("proxycommand", "none")} != {"none"}:
        raise BadRequest(f"{line.host} is reached through another host, which a relay cannot carry: relay to that one")
    name, port = settings["hostname"], int(settings["port"])
    known_as = settings.get("hostkeyalias") or (name if port == SSH_PORT else f"[{name}]:{port}")
    family = _FAMILIES.get(settings.get("addressfamily", ""), socket.AF_UNSPEC)
    return Destination(resolved(Address(name, port), family), known_as)


def carried_command(
    line: SessionLine, to: Destination, *, folder: Path, forward_tcp: Forward, forward_udp: Forward
) -> list[str]:
    """Lay the way through a relay, and return the command line that takes it; `folder` keeps what it needs."""
    login = forward_tcp(Address(RELAY_HOST, 0), to.address)
    config = folder / "ssh_config"
    config.write_text(_config(line, to, login), encoding="utf-8")
    if line.name == "ssh":
        return [_program(line), "-F", str(config), *line.options, line.host, *line.command]
    ending = [*line.options, line.host, *(["--", *line.command] if line.command else [])]
    ssh = shlex.join(["ssh", *line.ssh_words])
    if line.name == "mosh":
        port = _forward_open_port(line, to, forward_udp)
        return [_program(line), f"--ssh={ssh} -F {shlex.quote(str(config))}", "-p", str(port), *ending]
    if line.has_ssh:
        ending.insert(0, f"--ssh={ssh}")
    if to.is_this_machine:
        port = line.udp_port or free_udp_port()
        seen = forward_udp(Address(RELAY_HOST, 0), Address(to.address.host, port))
        ending.insert(0, f"--server={announcing_server(seen.port, folder, server=_server_word(line))}")
    else:
        port = _forward_open_port(line, to, forward_udp)
        if line.server:
            ending.insert(0, f"--server={line.server}")
    return [_program(line), "-F", str(config), "--port", str(port), *ending]


def _program(line: SessionLine) -> str:
    """Return the program to run; rmosh is the one installed beside us, whatever PATH says."""
    if "/" in line.program:
        return line.program
    return ours(line.program) if line.name == "rmosh" else installed(line.program)


def _server_word(line: SessionLine) -> str:
    """Return the rmosh-server that was named, or the one beside us, as a word for a shell."""
    if line.server in (None, "", "none"):
        return ours("rmosh-server")
    server = str(line.server)
    return f'"$HOME"/{shlex.quote(server[2:])}' if server.startswith("~/") else shlex.quote(server)


def _forward_open_port(line: SessionLine, to: Destination, forward_udp: Forward) -> int:
    """Forward a UDP port that is the same at the relay and at the far host, and return it."""
    ports = [line.udp_port] if line.udp_port else random.sample(_OPEN_PORTS, _PORT_TRIES)
    for port in ports:
        try:
            return forward_udp(Address(RELAY_HOST, port), Address(to.address.host, port)).port
        except Unavailable:
            if port == ports[-1]:
                raise
    raise AssertionError("there is a port to try")


def announcing_server(port: int, folder: Path, *, server: str) -> Path:
    """Write an rmosh-server for this machine that announces `port` in the place of its own.

    What follows its announce line passes untouched: a session may go on there.

    Args:
        server: the one that is run, as a word for a shell.
    """
    wrapper = folder / f"rmosh-server-{port}"
    wrapper.write_text(
        f'#!/bin/sh\n[ "$1" = new ] || exec {server} "$@"\n'
        f"{server} \"$@\" | {{ sed -u '/^RMOSH-ANNOUNCE /{{ s/ port=[0-9]* / port={port} /; q }}'; exec cat; }}\n",
        encoding="ascii",
    )
    wrapper.chmod(0o755)  # who logs in here may be another user
    return wrapper


def _config(line: SessionLine, to: Destination, login: Address) -> str:
    """Return a configuration whose first values win over the user's own; host keys stay the far host's."""
    host = line.host.rpartition("@")[2]
    own = [str(line.config.absolute())] if line.config else ["~/.ssh/config", "/etc/ssh/ssh_config"]
    return (
        f"Host {host}\n    HostName {login.host}\n    Port {login.port}\n    HostKeyAlias {to.known_as}\n"
        "    AddressFamily any\n    CheckHostIP no\n    ControlPath none\nMatch all\n"
        + "".join(f"    Include {file}\n" for file in own)
    )


def _ask_ssh(line: SessionLine) -> dict[str, str]:
    words = [installed("ssh"), "-G", *line.asked, "--", line.host]
    try:
        done = subprocess.run(  # noqa: S603
            words, capture_output=True, text=True, check=False, timeout=_CONFIG_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"ssh cannot be asked about {line.host}: {error}: try ssh -G {line.host}") from error
    if done.returncode:
        raise BadRequest(f"ssh knows no way to {line.host!r}: {done.stderr.strip()}: try ssh {line.host}")
    return dict(setting.split(" ", 1) for setting in done.stdout.splitlines() if " " in setting)
