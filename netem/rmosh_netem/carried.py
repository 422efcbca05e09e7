"""A whole session of ssh, mosh or rmosh through a relay by one command: its login and its datagrams too.

The login is led to the relay by an ssh_config(5) file that stands before the user's own; the datagrams by a UDP port
chosen here, which the relay has at its own address. Where the far host is this machine, rmosh's server would want
that port at every address: a wrapper then announces the relay's instead.
"""

import shlex
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .addresses import Address, resolved
from .errors import BadRequest, Unavailable
from .programs import free_udp_port, installed, ours

#: Where a relay listens that carries a session: all of 127.0.0.0/8 is loopback. Source: RFC 1122.
RELAY_HOST: Final = "127.0.0.3"

_KNOWN: Final = ("rmosh", "mosh", "ssh")

#: The port whose host keys known_hosts keeps without it. Source: RFC 4250, sshd(8).
_SSH_PORT: Final = 22

#: Seconds `ssh -G` may take; it asks nobody.
_CONFIG_TIMEOUT: Final = 10.0

Forward = Callable[[Address, Address], Address]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a session goes, as the user's ssh says: what he wrote, and what it stands for.

    Attributes:
        known_as: what the far host's key is kept under in known_hosts.
        own_config: the user's own configuration where he names one; None for ssh's usual one.
    """

    written: str
    address: Address
    known_as: str
    own_config: Path | None


def find_destination(command: Sequence[str]) -> Destination:
    """Return where a command such as `rmosh host` goes.

    Raises:
        BadRequest: it is none that can be carried, or its way is not one connection.
        Unavailable: nobody knows the host.
    """
    if Path(command[0]).name not in _KNOWN:
        raise BadRequest(
            f"{command[0]} cannot be carried: take {', '.join(_KNOWN)}, or rmosh-netem shell for any program"
        )
    words = list(command[1:])
    own_config = None
    if "-F" in words[:-1]:
        own_config = Path(words[words.index("-F") + 1])
        del words[words.index("-F") : words.index("-F") + 2]
    host = next((word for word in words if not word.startswith("-")), None)
    if host is None:
        raise BadRequest(f"{shlex.join(command)} names no host: write rmosh host")
    settings = _ask_ssh(host, own_config)
    if {settings.get("proxyjump", "none"), settings.get("proxycommand", "none")} != {"none"}:
        raise BadRequest(f"{host} is reached through another host, which a relay cannot carry: relay to that one")
    name, port = settings["hostname"], int(settings["port"])
    known_as = settings.get("hostkeyalias") or (name if port == _SSH_PORT else f"[{name}]:{port}")
    return Destination(host, resolved(Address(name, port)), known_as, own_config)


def carried_command(
    command: Sequence[str], to: Destination, *, folder: Path, forward_tcp: Forward, forward_udp: Forward
) -> list[str]:
    """Lay the way through a relay, and return the command line that takes it; `folder` keeps what it needs."""
    login = forward_tcp(Address(RELAY_HOST, 0), to.address)
    config = folder / "ssh_config"
    config.write_text(_config(to, login), encoding="utf-8")
    rest = _without_config(command[1:])
    name = Path(command[0]).name
    program = installed(command[0]) if "/" not in command[0] else command[0]
    if name == "ssh":
        return [program, "-F", str(config), *rest]
    port = free_udp_port()
    if name == "mosh":
        forward_udp(Address(RELAY_HOST, port), Address(to.address.host, port))
        return [program, f"--ssh=ssh -F {config}", "-p", str(port), *rest]
    if not to.address.host.startswith("127."):
        forward_udp(Address(RELAY_HOST, port), Address(to.address.host, port))
        return [program, "-F", str(config), "--port", str(port), *rest]
    seen = forward_udp(Address(RELAY_HOST, 0), Address(to.address.host, port))
    server = announcing_server(seen.port, folder)
    return [program, "-F", str(config), "--server", str(server), "--port", str(port), *rest]


def announcing_server(port: int, folder: Path) -> Path:
    """Write an rmosh-server for this machine that announces `port` in the place of its own."""
    server = ours("rmosh-server")
    wrapper = folder / f"rmosh-server-{port}"
    wrapper.write_text(
        f'#!/bin/sh\n[ "$1" = new ] || exec {server} "$@"\n'
        f"{server} \"$@\" | sed -u '/^RMOSH-ANNOUNCE /s/ port=[0-9]* / port={port} /'\n",
        encoding="ascii",
    )
    wrapper.chmod(0o700)
    return wrapper


def _config(to: Destination, login: Address) -> str:
    """Return a configuration whose first values win over the user's own; host keys stay the far host's."""
    host = to.written.rpartition("@")[2]
    own = to.own_config or Path("~/.ssh/config")
    own_words = own if str(own).startswith("~") else own.absolute()
    return (
        f"Host {host}\n    HostName {login.host}\n    Port {login.port}\n    HostKeyAlias {to.known_as}\n"
        f"    CheckHostIP no\n    ControlPath none\nMatch all\n    Include {own_words}\n"
    )


def _without_config(words: Sequence[str]) -> list[str]:
    left = list(words)
    if "-F" in left[:-1]:
        at = left.index("-F")
        del left[at : at + 2]
    return left


def _ask_ssh(host: str, config: Path | None) -> dict[str, str]:
    words = [installed("ssh"), "-G", *(("-F", str(config)) if config else ()), "--", host]
    try:
        done = subprocess.run(  # noqa: S603
            words, capture_output=True, text=True, check=False, timeout=_CONFIG_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"ssh cannot be asked about {host}: {error}: try ssh -G {host}") from error
    if done.returncode:
        raise BadRequest(f"ssh knows no way to {host!r}: {done.stderr.strip()}: write its options as --option=value")
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
