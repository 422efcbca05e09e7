"""What reaches one server and keeps in contact with it, put together."""

from collections.abc import Callable, Sequence

from rmosh.containment import Containment
from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh.transport.path import Path
from rmosh_client.bootstrap.request import PathWish, Started
from rmosh_client.bootstrap.stages import tell_session, tell_udp
from rmosh_client.link.claims import Claims
from rmosh_client.link.network_watch import NetworkWatch
from rmosh_client.link.refusal import RefusalProbe
from rmosh_client.link.sockets import SocketTable
from rmosh_client.login.messages import ErrandKind
from rmosh_client.login.process import LoginProcess
from rmosh_client.reaching.contact import ContactWatch
from rmosh_client.reaching.core import ReachingCore
from rmosh_client.reaching.liveness import LivenessCheck
from rmosh_client.reaching.server_addresses import ServerAddresses
from rmosh_client.reaching.ssh_path import Begin
from rmosh_client.resolving.whereabouts import Whereabouts, look_up, to_try
from rmosh_client.tracing.link_log import LinkLog


@dataclass(frozen=True, slots=True)
class StartingPaths:
    """How datagrams come to the server at first.

    Attributes:
        stream: the path inside the SSH channel of the login that started it; None where it has none.
        log_in: starts another login.
    """

    sockets: SocketTable
    network: NetworkWatch
    stream: Path | None
    log_in: Callable[[ErrandKind], LoginProcess]

    def close(self) -> None:
        """Close all."""
        self.network.close()
        self.sockets.close()


@dataclass(frozen=True, slots=True)
class ServerReach:
    """Joined by `LinkLoop`.

    Attributes:
        stream: the path inside the SSH channel of the login that started it; None where it has none.
        log_in: starts another login for such a path; None where there is to be none.
    """

    core: ReachingCore
    walls: Containment
    sockets: SocketTable
    network: NetworkWatch
    contact: ContactWatch
    liveness: LivenessCheck
    addresses: ServerAddresses
    refusal: RefusalProbe
    log: LinkLog
    stream: Path | None = None
    log_in: Begin = None

    def stop(self) -> None:
        """Ask nobody any more."""
        self.liveness.stop()
        self.refusal.close()


def starting_paths(
    started: Started, login: LoginProcess, log_in: Callable[[ErrandKind], LoginProcess]
) -> StartingPaths:
    """Return the ways to a server that a login has started."""
    port = 0 if login.errand.request.path is PathWish.SSH else started.announce.port
    sockets = SocketTable(to_try(_whereabouts(started)), port)
    stream = sockets.add_stream(login.datagrams) if started.announce.stream else None
    return StartingPaths(sockets, NetworkWatch(), stream, log_in)


def first_paths(started: Started, paths: StartingPaths) -> tuple[Sequence[Path], Sequence[Path]]:
    """Return the paths to begin with, inside SSH and to the likeliest address, and the others.

    Raises:
        BootstrapError: there is none.
    """
    by_udp, _ = paths.sockets.open_fresh()
    if not by_udp and paths.stream is None:
        raise BootstrapError(
            Stage.UDP,
            f"no UDP socket could be opened to {' or '.join(started.addresses)}",
            hint="check that the network is up, and check the limit on open files",
        )
    if by_udp:
        tell_udp(f"trying port {started.announce.port} of {', '.join([path.host for path in by_udp])}")
    streams = [] if paths.stream is None else [paths.stream]
    return [*streams, *by_udp[:1]], by_udp[1:]


def reach(
    started: Started,
    core: ReachingCore,
    paths: StartingPaths,
    *,
    reserve: Sequence[Path],
    walls: Containment,
    now: float,
) -> ServerReach:
    """Return what keeps a core in contact with the server that was started.

    Args:
        reserve: paths that are not tried yet.
    """
    where = _whereabouts(started)
    return ServerReach(
        core=core,
        walls=walls,
        sockets=paths.sockets,
        network=paths.network,
        contact=ContactWatch(
            hosts=started.addresses,
            port=started.announce.port,
            now=now,
            client_timeout=started.announce.client_timeout,
            way_back=started.way_back,
        ),
        liveness=LivenessCheck(lambda: paths.log_in(ErrandKind.FATE)),
        addresses=ServerAddresses(where, claims=Claims(where.claimed), reserve=reserve, look_up=look_up, now=now),
        refusal=RefusalProbe(),
        log=LinkLog(tell_session),
        stream=paths.stream,
        log_in=None if paths.stream is None else paths.log_in,
    )


def _whereabouts(started: Started) -> Whereabouts:
    return Whereabouts(started.addresses, started.claimed, started.name, started.family)
