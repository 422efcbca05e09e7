"""A tunnel in the virtual-clock world: both cores without a terminal, and a link."""

import random
from dataclasses import dataclass, field, replace

from rmosh.announce import Announce, new_announce
from rmosh.session.policy import CLIENT_TIMEOUT
from rmosh.session.tunnel_client import TunnelClient
from rmosh.session.tunnel_server import TunnelServer
from rmosh_netem.link import LinkModel
from rmosh_netem.virtual import World
from tests.world.virtual_session import SERVER_AS_SEEN, START, Watched, client_as_seen


@dataclass
class VirtualTunnel:
    """A world with both cores, and what they told."""

    world: World
    client: TunnelClient
    server: TunnelServer
    at_client: list[object] = field(default_factory=list)
    at_server: list[object] = field(default_factory=list)


def tunnel_announce(chance: random.Random) -> Announce:
    return replace(new_announce(port=60000, entropy=chance.randbytes(40)), streams=True)


def make_virtual_tunnel(
    link: LinkModel, *, seed: int, down: LinkModel | None = None, client_timeout: float = CLIENT_TIMEOUT
) -> VirtualTunnel:
    """Return a tunnel over a link, the same both ways unless `down` is given."""
    chance = random.Random(seed)
    announce = tunnel_announce(chance)
    client = TunnelClient(announce, paths=[SERVER_AS_SEEN], entropy=chance.randbytes, now=START)
    server = TunnelServer(entropy=chance.randbytes, now=START, client_timeout=client_timeout)
    server.attach(announce, login_host=client_as_seen(0).host, now=START)
    tunnels: list[VirtualTunnel] = []
    world = World(
        Watched(client, lambda: [client._endpoint]),
        Watched(server, lambda: [contact._endpoint for contact in server._contacts.values()]),
        up=link,
        down=down or link,
        seed=seed,
        client_path=SERVER_AS_SEEN,
        server_path=client_as_seen,
        on_client_event=lambda event: tunnels[0].at_client.append(event),
        on_server_event=lambda event: tunnels[0].at_server.append(event),
        start=START,
    )
    tunnels.append(VirtualTunnel(world, client, server))
    return tunnels[0]
