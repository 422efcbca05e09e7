"""Where the server is tried: the likeliest address first, others soon, and what its name stands for now on silence."""

from collections.abc import Callable, Sequence
from typing import Final

from rmosh.moments import earliest
from rmosh.session.status import LinkStatus
from rmosh.transport.path import Path
from rmosh_client.bootstrap.request import SessionStatus
from rmosh_client.link.claims import Claims
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.reaching.datagram_carrier import DatagramCarrier
from rmosh_client.reaching.enquiry import Enquiry
from rmosh_client.resolving.whereabouts import Whereabouts, believable, to_try

#: Seconds until the other addresses are tried beside the likeliest. Source: RFC 8305 section 8.
ATTEMPT_DELAY: Final = 0.25

#: Seconds of silence after which the name is looked up. Reason: the paths there are were tried anew by then.
LOOK_AFTER: Final = 3.0

#: Seconds between one look and the next, doubling up to the second. Reason: a name's answer is kept for a minute and
#: more; a network without a resolver lets each question wait.
LOOK_AGAIN: Final = 5.0
LOOK_AGAIN_AT_MOST: Final = 300.0


class LookWatch:
    """Says when to look the server's name up. Sans-IO."""

    def __init__(self) -> None:
        self._look_at: float | None = None
        self._pause = LOOK_AGAIN

    def look(self, status: LinkStatus, *, now: float) -> None:
        """Take note of whether the server answers."""
        if status.silence == 0 and status.last_contact is not None:
            self._look_at, self._pause = None, LOOK_AGAIN
        elif self._look_at is None:
            self._look_at = now + max(LOOK_AFTER - status.silence, 0.0)

    def network_changed(self, *, now: float) -> None:
        """Look at once, and soon again."""
        self._look_at, self._pause = now, LOOK_AGAIN

    def is_due(self, *, now: float) -> bool:
        """Tell whether to look now."""
        return self._look_at is not None and now >= self._look_at

    def looked(self, *, now: float) -> None:
        """Take note that it is being looked up."""
        self._look_at = now + self._pause
        self._pause = min(2 * self._pause, LOOK_AGAIN_AT_MOST)

    def next_wakeup(self) -> float | None:
        """Return when to look, in monotonic seconds."""
        return self._look_at


class ServerAddresses:
    """Tries the server at all that is known of where it is, with as few datagrams as will do.

    Attributes:
        claims: bounds what goes to addresses that only the server speaks of.
        on_news: called when other addresses are known, to have a turn taken.
    """

    def __init__(
        self,
        where: Whereabouts,
        *,
        claims: Claims,
        reserve: Sequence[Path],
        look_up: Callable[[Whereabouts], tuple[str, ...]],
        now: float,
    ) -> None:
        """Begin.

        Args:
            reserve: paths that are not tried yet.
            look_up: returns the addresses of the moment; may block for long.
        """
        self._where = where
        self.claims = claims
        self._reserve = tuple(reserve)
        self._reserve_at = now + ATTEMPT_DELAY
        self._watch = LookWatch()
        self._looked_up: tuple[str, ...] = ()
        self._news: tuple[str, ...] | None = None
        self._enquiry = Enquiry(lambda: look_up(self._where))
        self.on_news: Callable[[], None] = lambda: None

    def turn(self, status: LinkStatus, carrier: DatagramCarrier, loop: EventLoop, *, now: float) -> None:
        """Do what is to be done now."""
        if self._reserve and now >= self._reserve_at:
            if not carrier.is_answered_by_udp:
                carrier.add_paths(self._reserve, now=now)
            self._reserve = ()
        self._watch.look(status, now=now)
        if self._watch.is_due(now=now):
            self._watch.looked(now=now)
            self._enquiry.start(loop, self._found)
        if self._news is not None:
            carrier.aim(self._news, now=now)
            self._news = None

    def network_changed(self, *, now: float) -> None:
        """The network is another one: names and translators may be others, and claims be true there."""
        self.claims.renew()
        self._enquiry.give_up()
        self._watch.network_changed(now=now)

    def may_be_another_host(self, status: SessionStatus) -> bool:
        """Whether SSH perhaps found another machine than before: a name may stand for several, or for another now."""
        return bool(status.reached) and status.reached[0] not in self._where.reached[:1]

    def told(self, status: SessionStatus) -> None:
        """The server's host was reached by SSH and told where it is now."""
        where = self._where
        reached = tuple(dict.fromkeys((*status.reached, *where.reached)))
        claimed = self.claims.claim(believable(status.claimed, reached, family=where.family))
        claimed = tuple(dict.fromkeys((*claimed, *where.claimed)))
        self._where = Whereabouts(reached, claimed, where.name, where.family)
        self._news = to_try(self._where, self._looked_up)

    def _found(self, addresses: tuple[str, ...]) -> None:
        if addresses and addresses != self._looked_up:
            self._looked_up = addresses
            self._news = to_try(self._where, addresses)
            self.on_news()

    def next_wakeup(self) -> float | None:
        """Return when to take a turn, in monotonic seconds."""
        moments = (self._reserve_at if self._reserve else None, self._watch.next_wakeup())
        return earliest(moments)
