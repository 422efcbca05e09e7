"""A session that is over stays behind for logins that are alike: its door and its link go on, in the background.

A fork goes on, so that the command that was typed ends as it would have: what both share by then is a socket, which
only the fork reads. The terminal is given back before.
"""

import os
import signal
from typing import Final

from rmosh.lazy_dataclass import replace
from rmosh_client.bootstrap.descriptors import point_at_null
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.link.refusal import RefusalProbe
from rmosh_client.reaching.ending import Ending
from rmosh_client.running.parts import Parts
from rmosh_client.sharing.sharing import Sharing

#: Silence after which nobody is waited for any more, in seconds. Reason: the server does not wait longer for us.
_GIVES_UP_AFTER: Final = 60.0

#: Signals that end it.
_ENDING: Final = (signal.SIGTERM, signal.SIGINT)


def stay_behind(parts: Parts, sharing: Sharing) -> bool:
    """Leave a process behind that lets others in; tell whether there is one, which has the door from now on."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # which the end of this process may send before the other is away
    try:
        is_here = os.fork() != 0
    except OSError:
        return False
    if not is_here:
        _be_behind(parts, sharing)
    sharing.let_go()
    return is_here


def _be_behind(parts: Parts, sharing: Sharing) -> None:
    """Be that process; never returns."""
    try:
        os.setsid()
        os.chdir("/")
        point_at_null(0, 1, 2)
        parts.terminal.forget()
        _linger(parts, sharing)
    except Exception as error:  # nobody is there to be told, and a login of their own is what others have then
        parts.reach.log.say(f"nobody else is let in any more: {error}")
    finally:
        sharing.close()
        os._exit(0)


def _linger(parts: Parts, sharing: Sharing) -> None:
    from rmosh_client.tunnel.link_news import LinkNews  # nobody waits for it here
    from rmosh_client.tunnel.tunnel import Tunnel

    loop = EventLoop()
    reach = replace(parts.reach, log_in=None, refusal=RefusalProbe())
    tunnel = Tunnel(parts.session, reach, loop, LinkNews("", None))
    tunnel.add(sharing, wakes=sharing.fileno())

    def is_enough() -> bool:
        now = monotonic()
        return not sharing.stays(now=now) or parts.session.status(now=now).silence > _GIVES_UP_AFTER

    with loop.takes_signals():
        for number in _ENDING:
            loop.add_signal_handler(number, tunnel.guarded(lambda: tunnel.leave(Ending(0))))
        with tunnel.begun():
            tunnel.run(until=is_enough)
            tunnel.remove(sharing)
