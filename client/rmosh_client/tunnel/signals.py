"""Signals to a client without a terminal: it ends in order, so that its server need not wait for it."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Final

from rmosh_client.link.event_loop import EventLoop
from rmosh_client.reaching.ending import ended_by_signal
from rmosh_client.tunnel.tunnel import Tunnel

#: Signals that end it in order, unless who started it had them ignored.
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@contextlib.contextmanager
def ends_by_signals(tunnel: Tunnel, loop: EventLoop) -> Iterator[None]:
    """End in order by a signal, and ask for an answer after a stop."""

    def ender(number: int) -> Callable[[], None]:
        return lambda: tunnel.leave(ended_by_signal(number))

    with loop.takes_signals():
        for number in _ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, tunnel.guarded(ender(number)))
        loop.add_signal_handler(signal.SIGCONT, tunnel.guarded(tunnel.woke_up))
        yield
