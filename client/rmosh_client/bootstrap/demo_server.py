"""The demo's far side: an SSH server with throw-away keys, behind a made-up link; a process of its own.

Run by `rmosh demo` as `python -m rmosh_client.bootstrap.demo_server DIRECTORY DELAY LOSS ROAM`, the last three as
plain numbers. It leaves the client's configuration in the directory, prints `ready`, and serves until its standard
input ends, so that it never outlives the demo. The servers that it starts are the real rmosh-server; only the
port in their announce line is changed to the link's.
"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Final

import asyncssh

from rmosh.announce import parse_announce
from rmosh.errors import Malformed
from rmosh_netem.addresses import Address
from rmosh_netem.link import LinkModel
from rmosh_netem.profiles import Profile
from rmosh_netem.relay import Relay

#: Where all of the demo listens.
_HOST: Final = "127.0.0.1"

#: Seed of the link's losses: the same every time, so that two people see the same.
_SEED: Final = 1

#: What rmosh-server reads its registry's place from; here also the mark by which our servers are found again.
_REGISTRY: Final = "RMOSH_RUNTIME_DIR"

#: How the server's processes are told from the shell's, by their command lines.
_SERVER: Final = re.compile(rb"rmosh[_-]server")


async def serve(directory: Path, *, delay: float, loss: float, roam: float) -> None:
    """Serve until standard input ends; delay and roam in seconds, loss as a share."""
    link = LinkModel(delay=delay, loss=loss)
    with Relay(Profile("demo", "the demo's link", "the command line", link, link), seed=_SEED) as relay:
        host = _DemoHost(directory, relay)
        port = await host.listen()
        host.write_client_files(relay.forward_tcp(listen=Address(_HOST, 0), to=Address(_HOST, port)).port)
        print("ready", flush=True)
        roaming = asyncio.ensure_future(_roam(relay, roam))
        await asyncio.to_thread(sys.stdin.buffer.read)
        roaming.cancel()
        host.stop_servers()
        shutil.rmtree(directory, ignore_errors=True)  # whoever started us may not be there to do it


async def _roam(relay: Relay, interval: float) -> None:
    """Give the client another address again and again, as if it moved between networks."""
    while interval > 0:
        await asyncio.sleep(interval)
        relay.rebind()


class _DemoHost:
    """The SSH server and what it runs."""

    def __init__(self, directory: Path, relay: Relay) -> None:
        self._directory = directory
        self._relay = relay
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._user_key = asyncssh.generate_private_key("ssh-ed25519")

    async def listen(self) -> int:
        """Start to listen; return the TCP port."""
        authorized = self._directory / "authorized_keys"
        self._user_key.write_public_key(authorized)
        acceptor = await asyncssh.listen(
            _HOST,
            0,
            config=None,
            server_host_keys=[self._host_key],
            authorized_client_keys=str(authorized),
            process_factory=self._run,
            encoding=None,
        )
        return acceptor.get_port()

    def write_client_files(self, port: int) -> None:
        """Leave key, known_hosts and a configuration that names this host `demo`."""
        key, known_hosts = self._directory / "key", self._directory / "known_hosts"
        self._user_key.write_private_key(key)
        key.chmod(0o600)
        known_hosts.write_text(f"[{_HOST}]:{port} {self._host_key.export_public_key().decode()}")
        (self._directory / "config").write_text(
            f"Host demo\n  HostName {_HOST}\n  Port {port}\n  IdentityFile {key}\n  IdentitiesOnly yes\n"
            f"  IdentityAgent none\n  UserKnownHostsFile {known_hosts}\n  StrictHostKeyChecking yes\n"
        )

    async def _run(self, process: "asyncssh.SSHServerProcess[bytes]") -> None:
        """Run a command as sshd would."""
        environment = os.environ | dict(process.env) | {_REGISTRY: str(self._directory / "registry")}
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment.get('PATH', os.defpath)}"
        child = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", process.command or "true", stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
        )
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        await process.redirect_stdin(child.stdin)
        async for line in child.stdout:
            process.stdout.write(self._through_link(line))
        process.stderr.write(await child.stderr.read())
        process.exit(await child.wait())

    def _through_link(self, line: bytes) -> bytes:
        """Put the link before the server that an announce line speaks of; other lines stay as they are."""
        try:
            announce = parse_announce(line)
        except Malformed:
            return line
        entrance = self._relay.forward_udp(listen=Address(_HOST, 0), to=Address(_HOST, announce.port))
        announce.forget_secret()
        return line.replace(b" port=%d " % announce.port, b" port=%d " % entrance.port)

    def stop_servers(self) -> None:
        """End servers whose client has vanished; the others have ended with their session."""
        mark = f"{_REGISTRY}={self._directory / 'registry'}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                ours = mark in (process / "environ").read_bytes().split(b"\0")
                if ours and _SERVER.search((process / "cmdline").read_bytes()):
                    os.kill(int(process.name), signal.SIGTERM)


def main() -> None:
    """Serve what the command line asks for."""
    directory, delay, loss, roam = sys.argv[1:]
    asyncio.run(serve(Path(directory), delay=float(delay), loss=float(loss), roam=float(roam)))


if __name__ == "__main__":
    main()
