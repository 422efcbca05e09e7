"""The demo's far side: an SSH server with throw-away keys, behind a made-up link; a process of its own.

Run by `rmosh demo` as `python -m rmosh_client.demo.ssh_server DIRECTORY DELAY LOSS ROAM`, the last three as
plain numbers. It leaves the client's configuration in the directory, says that it is ready, does what its standard
input says, and ends when that does, so that it never outlives the demo. The login does not cross the link, which is
perfect at first. The servers that are started are the real rmosh-server; only the port in their announce line is
changed to the link's.
"""

import asyncio
import contextlib
import os
import shutil
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Final

import asyncssh

from rmosh.announce import parse_announce
from rmosh.errors import Malformed
from rmosh_client.demo.words import BLACK_OUT, MOVED, READY, WORSEN, server_environment, stop_servers
from rmosh_netem.addresses import Address
from rmosh_netem.link import LinkModel
from rmosh_netem.profiles import Profile
from rmosh_netem.relay import Relay

#: Where all of the demo listens.
_HOST: Final = "127.0.0.1"

#: Seed of the link's losses: the same every time, so that two people see the same.
_SEED: Final = 1


async def serve(directory: Path, *, delay: float, loss: float, roam: float) -> None:
    """Serve until standard input ends; delay and roam in seconds, loss as a share."""
    with Relay(Profile("demo", "the demo's link", "the command line", LinkModel(), LinkModel()), seed=_SEED) as relay:
        host = _DemoHost(directory, relay)
        host.write_client_files(await host.listen())
        _tell(READY)
        try:
            await _obey(relay, LinkModel(delay=delay, loss=loss), roam=roam)
        finally:
            stop_servers(directory)
            shutil.rmtree(directory, ignore_errors=True)  # whoever started us may not be there to do it


async def _obey(relay: Relay, bad: LinkModel, *, roam: float) -> None:
    """Do what standard input says until it ends."""
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    roaming: asyncio.Task[None] | None = None
    async for line in commands:
        name, _, seconds = line.partition(b" ")
        if line == WORSEN and roaming is None:
            relay.change(up=bad, down=bad)
            roaming = asyncio.create_task(_roam(relay, roam))
        elif name == BLACK_OUT:
            relay.blackout(float(seconds))
    if roaming is not None:
        roaming.cancel()


async def _roam(relay: Relay, interval: float) -> None:
    """Give the client another address again and again, as if it moved between networks."""
    while interval > 0:
        await asyncio.sleep(interval)
        if relay.rebind():
            _tell(MOVED)


def _tell(news: bytes) -> None:
    with contextlib.suppress(OSError):  # nobody is there any more, as standard input will say
        os.write(sys.stdout.fileno(), news)


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
        environment = server_environment(self._directory, dict(process.env))
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


def main() -> None:
    """Serve what the command line asks for."""
    directory, delay, loss, roam = sys.argv[1:]
    asyncio.run(serve(Path(directory), delay=float(delay), loss=float(loss), roam=float(roam)))


if __name__ == "__main__":
    main()
