"""From a login to a tunnel that runs on this event loop."""

import contextlib
import os
from collections.abc import Iterator

from rmosh.containment import Containment
from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import replace
from rmosh.session.tunnel_client import TunnelClient
from rmosh_client.bootstrap.request import Started
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.login.messages import ErrandKind
from rmosh_client.login.process import LoginProcess
from rmosh_client.reaching.dumps import CoreLimit
from rmosh_client.reaching.login_watch import LoginWatch
from rmosh_client.reaching.reach import StartingPaths, first_paths, reach, starting_paths
from rmosh_client.systems import forbid_looks
from rmosh_client.tunnel.link_news import LinkNews
from rmosh_client.tunnel.nobody_asked import NoTerminalAsked
from rmosh_client.tunnel.tunnel import Tunnel


def log_in(login: LoginProcess) -> Started:
    """Wait until a login has started a server that knows streams; it may ask its questions at the terminal meanwhile.

    Raises:
        BootstrapError: there is none.
        KeyboardInterrupt: the user wants none any more.
    """
    forbid_looks()
    started = LoginWatch(login, NoTerminalAsked()).run()
    assert isinstance(started, Started)  # such a request has no plain login, and is for no path
    if not started.announce.streams:
        raise BootstrapError(
            Stage.VERSION,
            f"the rmosh-server on {login.errand.request.destination} carries no streams: it is older than this rmosh",
            hint="update it there: pipx install --force . in a newer checkout of rmosh",
        )
    return started


@contextlib.contextmanager
def tunnel_through(started: Started, login: LoginProcess, loop: EventLoop, news: LinkNews) -> Iterator[Tunnel]:
    """Have a tunnel run on an event loop for as long as the context is open; its streams are ready at once.

    Raises:
        BootstrapError: no datagram can be sent.
    """
    core_limit = CoreLimit()

    def begin(kind: ErrandKind) -> LoginProcess:
        with core_limit.lifted():
            return LoginProcess(replace(login.errand, kind=kind, session_id=started.announce.session_id, verbosity=0))

    paths = starting_paths(started, login, begin)
    try:
        with core_limit.lowered(), _tunnel(started, login, loop, news, paths) as tunnel:
            yield tunnel
    finally:
        paths.close()


@contextlib.contextmanager
def _tunnel(
    started: Started, login: LoginProcess, loop: EventLoop, news: LinkNews, paths: StartingPaths
) -> Iterator[Tunnel]:
    now = monotonic()
    first, reserve = first_paths(started, paths)
    core = TunnelClient(started.announce, paths=first, entropy=os.urandom, now=now)
    started.announce.forget_secret()
    reached = reach(started, core, paths, reserve=reserve, walls=Containment(now=now), now=now)
    tunnel = Tunnel(core, reached, loop, news)
    tunnel.ssh_path.carry(login, reached.stream)
    try:
        with tunnel.begun():
            yield tunnel
        reached.log.end(core.status(now=monotonic()), "the tunnel was left")
    finally:
        reached.stop()
        tunnel.ssh_path.stop()
