"""`rmosh -W` and `rmosh -N`: what the command does from its login on, until it ends."""

import sys

from rmosh_client.bootstrap.login_log import hush
from rmosh_client.bootstrap.request import Started
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_client.forwarding.specification import Place
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.login.process import LoginProcess
from rmosh_client.reaching.ending import Ending, not_forwarded
from rmosh_client.tunnel.background import Background
from rmosh_client.tunnel.direct import DirectConnection
from rmosh_client.tunnel.link_news import LinkNews
from rmosh_client.tunnel.opening import log_in, tunnel_through
from rmosh_client.tunnel.signals import ends_by_signals
from rmosh_client.tunnel.standard_streams import StandardStreams
from rmosh_client.tunnel.tunnel import Tunnel
from rmosh_client.tunnel.wish import TunnelWish


def run_tunnel(login: LoginProcess, wish: TunnelWish) -> int:
    """Run a tunnel from its login to its end; return the exit status.

    Raises:
        BootstrapError: it could not be started, or no datagram was ever answered.
    """
    started = log_in(login)
    loop = EventLoop()
    news = LinkNews(login.errand.request.destination, _say if wish.direct is None and sys.stderr.isatty() else None)
    with tunnel_through(started, login, loop, news) as tunnel, ends_by_signals(tunnel, loop):
        if wish.direct is None:
            ending = _share_and_forward(tunnel, started, wish.background)
        else:
            ending = _connect(tunnel, wish.direct, loop)
    if ending.message:
        print(f"rmosh: {ending.message}", file=sys.stderr)
    return ending.status


def _connect(tunnel: Tunnel, target: Place, loop: EventLoop) -> Ending:
    work = DirectConnection(tunnel.streams, target, StandardStreams(), loop, guarded=tunnel.guarded)
    tunnel.add(work)
    ended = tunnel.run(until=lambda: work.ending is not None)
    return ended or work.ending or Ending(0)


def _share_and_forward(tunnel: Tunnel, started: Started, background: Background | None) -> Ending:
    """Forward for long, and let others in meanwhile: `-N -f` is what people begin a ControlMaster with."""
    from rmosh_client.reaching.letting_others_in import let_others_in

    sharing = let_others_in(started, tunnel.core)
    if sharing is None:
        return _forward(tunnel, started.forwarding, background)
    tunnel.add(sharing, wakes=sharing.fileno())
    try:
        return _forward(tunnel, started.forwarding, background)
    finally:
        tunnel.remove(sharing)
        sharing.close()


def _forward(tunnel: Tunnel, settings: ForwardSettings, background: Background | None) -> Ending:
    from rmosh_client.forwarding.forwards import Forwards  # 0.06 s that -W does without

    forwards = Forwards(tunnel.streams, settings, tell=_tell, clock=monotonic)
    tunnel.add(forwards, wakes=forwards.fileno())
    forwards.begin()
    try:
        if background is not None:
            settled = tunnel.run(until=lambda: not forwards.unsettled or bool(forwards.failure))
            if settled is None and not forwards.failure:
                hush()
                background.go()
        ended = tunnel.run(until=lambda: bool(forwards.failure))
        return ended or not_forwarded(forwards.failure)
    finally:
        tunnel.remove(forwards)
        forwards.close()


def _tell(line: str) -> None:
    _say(f"rmosh: {line}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
