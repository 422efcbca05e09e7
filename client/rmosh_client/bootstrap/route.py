"""The way to the host: every SSH hop's settings, and the stream to the first of them."""

import os
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass, field
from rmosh_client.bootstrap.background import in_background
from rmosh_client.bootstrap.dial import open_stream
from rmosh_client.bootstrap.names import jump_destination
from rmosh_client.bootstrap.openssh_config import read_settings
from rmosh_client.bootstrap.request import Request
from rmosh_client.bootstrap.settings import SshSettings
from rmosh_client.bootstrap.stages import tell_ssh
from rmosh_client.bootstrap.started import is_direct
from rmosh_client.resolving.nat64 import with_translated
from rmosh_client.resolving.resolver import ResolvedAddress, numeric_host, resolve

#: Most hops of one way; a configuration that loops is noticed here.
_MAX_HOPS: Final = 16


@dataclass(frozen=True, slots=True)
class Route:
    """Hops in the order they are crossed; the last is the host itself.

    Attributes:
        stream: connected to the first hop; whoever takes the route closes it.
        addresses: of the first hop; empty behind a proxy command.
        peer: the address that the stream is connected to; empty behind a proxy command.
    """

    hops: tuple[SshSettings, ...]
    stream: socket.socket = field(repr=False)
    addresses: tuple[ResolvedAddress, ...]
    peer: str

    @property
    def target(self) -> SshSettings:
        return self.hops[-1]

    @property
    def direct(self) -> bool:
        """Whether the stream's far end is the host itself."""
        return is_direct(self.hops)


def open_route(request: Request, environ: Mapping[str, str], hops: tuple[SshSettings, ...] | None = None) -> Route:
    """Read the settings, unless somebody has, and connect to the first hop. Blocks.

    Raises:
        BootstrapError: at the stages usage, resolve and connect.
    """
    hops = hops or plan_hops(request, environ)
    first = hops[0]
    tell_ssh(f"the way: {', then '.join([_in_words(hop) for hop in hops])}")
    addresses = () if first.proxy_command else _addresses_of(first)
    stream = open_stream(first, addresses)
    peer = numeric_host(stream.getpeername()) if addresses else ""
    known = f" of {', '.join([address.host for address in addresses])}" if len(addresses) > 1 else ""
    tell_ssh(f"connected to {peer}{known}" if peer else f"connected through `{first.proxy_command}`")
    return Route(hops, stream, addresses, peer)


def _addresses_of(first: SshSettings) -> tuple[ResolvedAddress, ...]:
    found = resolve(first.host, first.port, family=first.family)
    return found if first.family == socket.AF_INET else with_translated(found)


def _in_words(hop: SshSettings) -> str:
    named = "" if hop.host == hop.alias else f" ({hop.alias})"
    return f"{hop.user}@{hop.host} port {hop.port}{named}"


def begin_route(request: Request, hops: tuple[SshSettings, ...] | None = None) -> "Future[Route]":
    """Begin to open a route; meanwhile the SSH library can be imported."""
    return in_background(lambda: open_route(request, os.environ, hops))


def plan_hops(request: Request, environ: Mapping[str, str]) -> tuple[SshSettings, ...]:
    """Return the hops' settings; options of the command line count for the last one only, as with ssh.

    Raises:
        BootstrapError: the configuration is wrong or its ProxyJump entries run in a circle.
    """

    def read(destination: str, options: tuple[str, ...]) -> SshSettings:
        return read_settings(destination, options=options, config_file=request.config_file, environ=environ)

    target = read_settings(
        request.destination,
        options=request.ssh_options,
        config_file=request.config_file,
        environ=environ,
        command=request.command,
    )
    return _with_jumps(target, read, limit=_MAX_HOPS)


def _with_jumps(
    settings: SshSettings, read: Callable[[str, tuple[str, ...]], SshSettings], *, limit: int
) -> tuple[SshSettings, ...]:
    if not settings.proxy_jump:
        return (settings,)
    jumps = [jump_destination(jump) for jump in settings.proxy_jump.split(",")]
    if len(jumps) >= limit:
        raise BootstrapError(
            Stage.USAGE,
            f"the way to {settings.alias} has more than {_MAX_HOPS} hops",
            hint="look for ProxyJump entries that point at each other",
        )
    first, *others = (read(destination, options) for destination, options in jumps)
    # Only the first jump's own ProxyJump counts: the ones after it are reached through it.
    return (*_with_jumps(first, read, limit=limit - len(jumps)), *others, settings)
