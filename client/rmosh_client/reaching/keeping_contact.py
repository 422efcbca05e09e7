"""What is done about a server that does not answer: why UDP does not go, where else it may be, what SSH knows of it."""

import math
from collections.abc import Callable
from typing import Final, Protocol

from rmosh.moments import earliest
from rmosh.session.status import LinkStatus
from rmosh_client.bootstrap.request import Fate, SessionStatus
from rmosh_client.link.clocks import boot_time
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.reaching.datagram_carrier import DatagramCarrier
from rmosh_client.reaching.ending import Ending, ending_as_told
from rmosh_client.reaching.reach import ServerReach
from rmosh_client.reaching.ssh_path import SshPath

#: How long a contact that was well at the last look, and is, may go without another, in seconds. Reason: there is
#: nothing to do about it, and a look runs 35 functions; when the server was heard is known less exactly by so much,
#: which only counts against the days after which it forgets a client.
_LOOK_AGAIN: Final = 5.0


class ContactNews(Protocol):
    """Where people read how the contact does; `rmosh_client.showing.notice.Notices` is one.

    Attributes:
        why_no_udp: what is known of why UDP does not go, as a sentence goes on after "UDP"; "" for nothing.
        attempt: what is being done about a lost contact beside trying on; "" for nothing.
    """

    why_no_udp: str
    attempt: str

    def key_after_escape(self, key: str) -> str:
        """Return what the user types for one of rmosh's own keys; "" where nobody can."""


class KeepingContact:
    """Does it, a turn at a time, until the session is over."""

    def __init__(
        self,
        reach: ServerReach,
        carrier: DatagramCarrier,
        ssh_path: SshPath,
        loop: EventLoop,
        news: ContactNews,
        *,
        end: Callable[[Ending], None],
        take_turn: Callable[[], None],
    ) -> None:
        """Begin.

        Args:
            end: ends the session's run.
            take_turn: has the driver take a turn, for there is news.
        """
        self._reach = reach
        self._news = news
        self._carrier = carrier
        self._ssh_path = ssh_path
        ssh_path.on_told = self._take_word
        self._loop = loop
        self._end = end
        self._take_turn = take_turn
        self._is_leaving = False
        self._well_until = -math.inf
        self._well_on = ""
        reach.addresses.on_news = self.after(take_turn)

    def turn(self, status: LinkStatus, *, is_leaving: bool, now: float) -> None:
        """Do what is to be done now.

        Raises:
            BootstrapError: the server never answered a datagram.
        """
        is_as_it_was = status.path == self._well_on and is_leaving == self._is_leaving
        if status.is_well and is_as_it_was and now < self._well_until:
            return
        self._well_until = -math.inf
        contact = self._reach.contact
        self._is_leaving = is_leaving
        if self._start_may_fail:
            contact.check_start(status, now=now)
        self._reach.addresses.turn(status, self._carrier, self._loop, now=now)
        self._look_for_refusals(status, now=now)
        if not is_leaving:
            self._log_in_again(status, now=now)
        if contact.is_question_due(now=now):
            contact.asked(now=now)
            self._ask_for_fate()
        given_up = contact.has_given_up(now=now, boot_time=boot_time())
        if given_up is not None:
            self._end(given_up)
        if status.is_well and self._next_look(status, now=now) is None:
            self._well_until, self._well_on = now + _LOOK_AGAIN, status.path

    def after(self, happening: Callable[[], None]) -> Callable[[], None]:
        """Return what lets something happen that the contact is looked at for, however well it is."""

        def happens() -> None:
            self._well_until = -math.inf
            happening()

        return happens

    @property
    def _start_may_fail(self) -> bool:
        return not self._is_leaving and not self._ssh_path.is_open

    def _ask_for_fate(self) -> None:
        if self._ssh_path.tells_fate:  # a login for a path asks the same
            return
        self._reach.log.say("asking over ssh whether the session lives")
        self._reach.liveness.start(self._loop, self._take_word)

    def _log_in_again(self, status: LinkStatus, *, now: float) -> None:
        self._ssh_path.look(status, now=now)
        self._news.attempt = self._ssh_path.in_words(key=self._news.key_after_escape("l"), now=now)

    def _look_for_refusals(self, status: LinkStatus, *, now: float) -> None:
        contact = self._reach.contact
        if status.last_contact is not None and not (status.silence or status.is_stream):
            self._reach.refusal.close()  # UDP goes
        elif (refusal := self._reach.refusal.take_answer()) is not None:
            contact.refused(refusal)
        contact.look(status, now=now, boot_time=boot_time())
        untold = "" if self._carrier.tries_udp else "is not tried"
        self._news.why_no_udp = untold if contact.refusal is None else contact.refusal.value
        if contact.is_probe_due(status, now=now):
            contact.probed(status, now=now)
            self._reach.refusal.send(self._carrier.targets())

    def woke_up(self, *, now: float) -> None:
        """The machine or the process slept, or was stopped."""
        self._well_until = -math.inf
        self._reach.contact.slept(now=now)
        self._reach.core.woke_up(now=now)
        self._ssh_path.network_changed(now=now)

    def look_at_network(self, *, now: float) -> None:
        """The host's addresses or routes may have changed."""
        self._well_until = -math.inf
        if self._carrier.look_at_network(now=now):
            self._reach.contact.network_changed(now=now)
            self._reach.addresses.network_changed(now=now)
            self._ssh_path.network_changed(now=now)

    def next_wakeup(self, status: LinkStatus, *, now: float) -> float | None:
        """Return when to take a turn, in monotonic seconds."""
        return None if now < self._well_until else self._next_look(status, now=now)

    def _next_look(self, status: LinkStatus, *, now: float) -> float | None:
        moments = (
            self._reach.contact.next_wakeup(status, start_may_fail=self._start_may_fail, now=now),
            self._reach.addresses.next_wakeup(),
            None if self._is_leaving else self._ssh_path.next_wakeup(),
        )
        return earliest(moments)

    def _take_word(self, told: SessionStatus) -> None:
        """End as SSH told of the session, unless it can only have told of a client that was forgotten.

        A machine of the same name that knows nothing of the session proves nothing.
        """
        ending = ending_as_told(told)
        if told.fate is Fate.UNKNOWN and self._reach.addresses.may_be_another_host(told):
            self._reach.log.say(f"{told.reached[0]} does not know the session, but may be another host of that name")
        elif ending is not None:
            self._end(self._reach.contact.forgotten(boot_time=boot_time()) or ending)
        elif told.fate is Fate.ALIVE:
            self._reach.addresses.told(told)
        self._well_until = -math.inf
        self._take_turn()
