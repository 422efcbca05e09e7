"""Decide what a silent server means: when to ask over SSH whether it lives, and when a start has failed. Sans-IO.

A client that was away for longer than its server keeps a silent one's keys is told so: nothing will ever answer it.
"""

import math
from collections.abc import Sequence
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh.moments import earliest
from rmosh.session.status import LinkStatus
from rmosh_client.link.refusal import Refusal
from rmosh_client.reaching.ending import Ending, forgotten

#: Seconds without any answer to the first datagrams after which the start failed. Reason: 40 probes at 250 ms;
#: at 50 % loss each way all of them fail once in 10^5 starts.
FIRST_ANSWER_WITHIN: Final = 10.0

#: The same where UDP was refused at every address. Reason: a refusal is an answer; some time is left for a firewall
#: that opens with our first datagrams.
REFUSED_WITHIN: Final = 2.0

#: Seconds without an answer by UDP after which the server's addresses are tried for a refusal, at the start and later.
#: Reason: a lossy link is silent for a second often; a refusal is there within a round trip.
_PROBE_FIRST_AFTER: Final = 0.25
PROBE_AFTER: Final = 2.0

#: Seconds between one try and the next; doubles up to the second while a stream carries the session. Reason: ICMP
#: errors come at about one a second; 28 bytes a minute.
_PROBE_AGAIN: Final = 2.0
_PROBE_AGAIN_AT_MOST: Final = 60.0

#: Seconds after a try at which to see whether it was refused. Reason: the slowest round trip.
_REFUSED_AFTER: Final = 1.0

#: Seconds of silence after which SSH is asked. Reason: blackouts mostly end sooner, and asking costs a login.
ASK_AFTER: Final = 10.0

#: Seconds between one asking and the next, doubling up to the second. Reason: logins are logged and limited.
_ASK_AGAIN: Final = 20.0
_ASK_AGAIN_AT_MOST: Final = 600.0

#: Seconds by which two reckonings of the same moment may differ; nothing against the days that are counted.
_SAME_MOMENT: Final = 1.0


class ContactWatch:
    """Watches one session's contact with its server.

    Attributes:
        refusal: why UDP does not go, as far as it has been told since it last did.
    """

    def __init__(
        self, *, hosts: Sequence[str], port: int, now: float, client_timeout: float = math.inf, way_back: str = ""
    ) -> None:
        """Begin.

        Args:
            client_timeout: seconds of silence after which the server forgets this client.
            way_back: the command that attaches anew.
        """
        self._client_timeout = client_timeout
        self._way_back = way_back
        self._heard_at = self._heard_at_boot_time = -math.inf
        self._hosts = hosts
        self._port = port
        self._started_at = now
        self.refusal: Refusal | None = None
        self._asked = False
        self._probe_at = now + _PROBE_FIRST_AFTER
        self._probe_pause = _PROBE_AGAIN
        self._look_at: float | None = None
        self._ask_at: float | None = None
        self._pause = _ASK_AGAIN

    def refused(self, refusal: Refusal) -> None:
        """UDP was refused at every address of the server."""
        self.refusal = refusal

    def network_changed(self, *, now: float) -> None:
        """What was refused may go now."""
        self.refusal = None
        self._probe_at, self._probe_pause = now + _PROBE_FIRST_AFTER, _PROBE_AGAIN

    def slept(self, *, now: float) -> None:
        """Time passed in which nobody could answer: begin to wait anew."""
        self._started_at = now
        self._ask_at = None

    def look(self, status: LinkStatus, *, now: float, boot_time: float) -> None:
        """Take note of when the server was heard, also on the clock that counts the time asleep."""
        if self._look_at is not None and now >= self._look_at:
            self._look_at = None
        if status.last_contact is None:
            return
        heard_at = now - status.last_contact
        if heard_at > self._heard_at + _SAME_MOMENT:
            self._heard_at, self._heard_at_boot_time = heard_at, boot_time - status.last_contact
        if status.silence == 0:
            self._ask_at, self._pause = None, _ASK_AGAIN
            self._asked = False
            if not status.is_stream:
                self.refusal, self._probe_pause = None, _PROBE_AGAIN
        elif self.refusal is Refusal.PORT and not self._asked and not status.is_stream:
            self._ask_at = now
        elif self._ask_at is None:
            self._ask_at = now + max(ASK_AFTER - status.silence, 0.0)

    def forgotten(self, *, boot_time: float) -> Ending | None:
        """Return what to tell the user where the server must have forgotten this client; None where it need not."""
        away = boot_time - self._heard_at_boot_time
        if not math.isfinite(away) or away < self._client_timeout:
            return None
        return forgotten(away=away, limit=self._client_timeout, way_back=self._way_back)

    def has_given_up(self, *, now: float, boot_time: float) -> Ending | None:
        """Return the same, but only once a server that remembers all the same had the time to answer."""
        return self.forgotten(boot_time=boot_time) if now - self._started_at >= FIRST_ANSWER_WITHIN else None

    def is_probe_due(self, status: LinkStatus, *, now: float) -> bool:
        """Tell whether to try if UDP is refused."""
        return _is_unheard(status) and now >= self._probe_at

    def probed(self, status: LinkStatus, *, now: float) -> None:
        """Take note that it is being tried."""
        self._probe_at, self._look_at = now + self._probe_pause, now + _REFUSED_AFTER
        if status.is_stream:
            self._probe_pause = min(2 * self._probe_pause, _PROBE_AGAIN_AT_MOST)

    def is_question_due(self, *, now: float) -> bool:
        """Tell whether to ask over SSH if the server lives."""
        return self._ask_at is not None and now >= self._ask_at

    def asked(self, *, now: float) -> None:
        """Take note that it is being asked."""
        self._asked = True
        self._ask_at = now + self._pause
        self._pause = min(2 * self._pause, _ASK_AGAIN_AT_MOST)

    def next_wakeup(self, status: LinkStatus, *, start_may_fail: bool, now: float) -> float | None:
        """Return when to look again, in monotonic seconds.

        Args:
            start_may_fail: `check_start` is called, which ends a start that takes too long.
        """
        if status.last_contact is not None:
            moments = (self._ask_at, self._look_at, self._probe_due_at(status, now))
            return earliest(moments)
        probe_at = max(self._probe_at, self._started_at)
        return min(self._started_at + self._patience, probe_at) if start_may_fail else probe_at

    def _probe_due_at(self, status: LinkStatus, now: float) -> float | None:
        """Return when `is_probe_due` if nothing comes before; None where no answer is owed."""
        if _is_unheard(status):
            return self._probe_at
        return max(self._probe_at, now + PROBE_AFTER - status.silence) if status.silence else None

    def check_start(self, status: LinkStatus, *, now: float) -> None:
        """Take note of the time that passes before the first answer.

        Raises:
            BootstrapError: too much of it did.
        """
        if status.last_contact is not None or now - self._started_at < self._patience:
            return
        where = " and ".join(f"{host} port {self._port}" for host in self._hosts)
        what = self.refusal.value if self.refusal is not None else f"got no answer for {FIRST_ANSWER_WITHIN:.0f} s"
        raise BootstrapError(
            Stage.UDP,
            f"the server is running, but UDP to {where} {what}",
            hint=f"let UDP port {self._port} through the firewalls on the way, or choose another with --port",
        )

    @property
    def _patience(self) -> float:
        return FIRST_ANSWER_WITHIN if self.refusal is None else REFUSED_WITHIN


def _is_unheard(status: LinkStatus) -> bool:
    """Tell whether nothing came by UDP for a while, or ever."""
    return status.is_stream or status.last_contact is None or status.silence >= PROBE_AFTER
