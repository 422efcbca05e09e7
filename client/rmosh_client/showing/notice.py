"""What rmosh itself says over the screen, and when: the notice line and one box. Sans-IO."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from rmosh.channels.newest.frames import Person
from rmosh.moments import earliest
from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus
from rmosh.terminal.cells import Frame
from rmosh_client.showing.box import Box
from rmosh_client.showing.last_minute import LastMinute
from rmosh_client.showing.overlays import lay_box, lay_notice, rows_for_notice
from rmosh_client.typing.escape import EscapeKey
from rmosh_client.words import duration

if TYPE_CHECKING:
    from rmosh_client.forwarding.figures import ForwardFigures

#: Silence in seconds before the notice appears. Reason: shorter gaps heal by themselves before one has read it.
NOTICE_AFTER: Final = 4.0

#: Seconds before the first answer after which the notice says so; a login's round trips take a second or two.
FIRST_ANSWER_AFTER: Final = 2.0

#: Seconds that a goodbye may take until it is spoken of. Reason: most take one round trip, and a flash is noise.
LEAVING_AFTER: Final = 0.5

#: Seconds for which something is told that nobody need act on: a fault that was survived, keys typed in vain.
PASSING_WORD_FOR: Final = 8.0

#: Seconds between refreshes of what counts seconds.
_REFRESH: Final = 1.0


class Notices:
    """Decides what is said, lays it over a frame, and knows when it must be laid anew.

    Attributes:
        people: who is in the session, as far as the server has told; empty while nobody else was.
        why_no_udp: what is known of why UDP does not go, as a sentence goes on after "UDP"; "" for nothing.
        forwards: tells what is forwarded.
        question: what the user is asked, which two of rmosh's own keys answer; "" for nothing.
        attempt: what is being done about a lost contact beside trying on; "" for nothing.
    """

    def __init__(self, key: EscapeKey, *, server: str, now: float, with_tunnel: bool = False) -> None:
        """Begin with nothing to say.

        Args:
            server: where the first answer is awaited from, in words.
            with_tunnel: the escape key knows the demo's tunnel.
        """
        self._key = key
        self._server = server
        self._started_at = now
        self._with_tunnel = with_tunnel
        self._box: Box | None = None
        self._last_minute = LastMinute()
        self.people: tuple[Person, ...] = ()
        self.why_no_udp = ""
        self.question = ""
        self.attempt = ""
        self.forwards: Callable[[], Sequence[ForwardFigures]] = tuple
        self._passing_word = ""
        self._passing_word_until = 0.0
        self._leaving_since: float | None = None
        self._leaving = ""
        self._awaited = ""
        self._awaited_since: float | None = None

    def look(self, status: LinkStatus, *, now: float) -> None:
        """Take note of how the link does."""
        self._last_minute.look(status, now=now)

    def toggle(self, box: Box) -> None:
        """Show a box instead of any other, or take it away."""
        self._box = None if self._box is box else box

    @property
    def shows_help(self) -> bool:
        """Whether the help box is there, which takes the next key for itself."""
        return self._box is Box.HELP

    def close_help(self) -> None:
        """Take the help box away, as any key does."""
        if self.shows_help:
            self._box = None

    def close_all(self) -> None:
        """Take any box away."""
        self._box = None

    def fault(self, line: str, *, now: float) -> None:
        """Tell of a fault that was survived."""
        self._say(f"rmosh survived {line}", now)

    def typed_in_vain(self, *, now: float) -> None:
        """Something was typed by somebody who only looks on: say why nothing comes of it."""
        self._say(f"rmosh: you are only watching here{self._way_out()}", now)

    def guesses_switched(self, *, on: bool, now: float) -> None:
        """Keys are shown before the host answers again, or no longer."""
        what = "guesses are on again" if on else f"guesses are off: keys show when the host answers; {self._key} p: on"
        self._say(f"rmosh: {what}", now)

    def tell_of_login(self, failure: str, *, now: float) -> None:
        """The user's login for another path has ended, for this reason where it opened none."""
        if failure:
            self._say(f"rmosh: no path inside SSH: {failure}", now)

    def tell_of_shell(self, failure: str, *, now: float) -> None:
        """The user's shell on this machine has ended, for this reason where it never began."""
        if failure:
            self._say(f"rmosh: no shell: {failure}", now)

    def ask(self, question: str) -> None:
        """Show a question until it is answered; "" for none any more."""
        self.question = question

    def key_after_escape(self, key: str) -> str:
        """Return what the user types for one of rmosh's own keys; "" where there is no escape key."""
        return "" if self._key.code is None else f"{self._key} {key}"

    def tell(self, what: str, *, now: float) -> None:
        """Tell for a while what came of something that was asked for."""
        self._say(f"rmosh: {what}", now)

    def _say(self, line: str, now: float) -> None:
        self._passing_word, self._passing_word_until = line, now + PASSING_WORD_FOR

    def leaving(self, *, goes_on: bool, now: float) -> None:
        """The end was asked for, or to leave what goes on: say so, should the server's word be long in coming."""
        self._leaving_since = now
        self._leaving = "rmosh: leaving the session" if goes_on else "rmosh: ending the session"

    def wait_for(self, what: str, *, now: float) -> None:
        """The session is over and something is still waited for, "" for nothing: say so, should it last."""
        if what and self._awaited_since is None:
            self._awaited_since = now
        self._awaited = what

    @property
    def has_box(self) -> bool:
        """Whether a box is there."""
        return self._box is not None

    def has_words(self, status: LinkStatus, *, now: float) -> bool:
        """Tell whether anything is to be said now."""
        return self.has_box or bool(self._line(status, now=now))

    def awaited(self, status: LinkStatus, *, now: float) -> str:
        """Return what is said on the screen that the login left while the first answer is long in coming."""
        waits_long = status.last_contact is None and now - self._started_at >= FIRST_ANSWER_AFTER
        if not waits_long or self._leaving_since is not None:
            return ""
        why = f": UDP {self.why_no_udp}" if self.why_no_udp else ""
        return f"rmosh: logged in, waiting for {self._server}{why} (Ctrl-C gives up)"

    def lay_over(self, frame: Frame, status: LinkStatus, prediction: PredictionStatistics, *, now: float) -> Frame:
        """Return the frame with all that is to be said now laid over it."""
        line = self._line(status, now=now)
        if self._box is not None:
            lines = self._lines_in(self._box, frame, status, prediction, now=now)
            below = rows_for_notice(frame, line)
            frame = lay_box(frame, lines, at_right=self._box is not Box.HELP, below=below)
        return lay_notice(frame, line) if line else frame

    def _lines_in(
        self, box: Box, frame: Frame, status: LinkStatus, prediction: PredictionStatistics, *, now: float
    ) -> Sequence[str]:
        from rmosh_client.showing.boxes import connection_lines, forward_lines, help_lines, people_lines

        if box is Box.CONNECTION:
            why = self.why_no_udp
            return connection_lines(
                status, prediction, self._last_minute, columns=frame.columns, why_no_udp=why, now=now
            )
        if box is Box.PEOPLE:
            return people_lines(self.people)
        if box is Box.FORWARDS:
            return forward_lines(self.forwards(), adding_key=self.key_after_escape("C"))
        rows, columns = len(frame.rows), frame.columns
        return help_lines(self._key, rows=rows, columns=columns, with_tunnel=self._with_tunnel)

    def next_wakeup(self, status: LinkStatus, *, now: float) -> float | None:
        """Return when what is said changes by itself, in monotonic seconds; None where it does not."""
        moments = [
            now + _REFRESH if self._box in (Box.CONNECTION, Box.FORWARDS) else None,
            self._passing_word_until if now < self._passing_word_until else None,
            self._next_lasting_word(status, now),
        ]
        return earliest(moments)

    def _next_lasting_word(self, status: LinkStatus, now: float) -> float | None:
        if self._leaving_since is not None:
            told_at = self._leaving_since + LEAVING_AFTER
            return told_at if now < told_at else None
        if self._awaited and self._awaited_since is not None:
            return max(self._awaited_since + LEAVING_AFTER, now + _REFRESH / 4)
        if status.last_contact is None:
            waited = now - self._started_at
            return now + _until_next_second(waited, FIRST_ANSWER_AFTER)
        if status.silence > 0 or status.unheard > 0:
            return now + _until_next_second(max(status.silence, status.unheard), NOTICE_AFTER)
        return None

    def _line(self, status: LinkStatus, *, now: float) -> str:
        if self._leaving_since is not None:
            return self._leaving if now - self._leaving_since >= LEAVING_AFTER else ""
        if self._awaited and self._awaited_since is not None and now - self._awaited_since >= LEAVING_AFTER:
            return f"rmosh: over; {self._awaited}, any key skips them"
        if self.question:
            return f"rmosh: {self.question}: {self._key} y allows it, {self._key} n refuses"
        if status.last_contact is None:
            if now - self._started_at < FIRST_ANSWER_AFTER:
                return ""
            return f"rmosh: no answer yet from {self._server}, {self._trying()}{self._way_out()}"
        if status.silence < NOTICE_AFTER:
            if status.unheard < NOTICE_AFTER:
                return self._passing_word if now < self._passing_word_until else ""
            return f"rmosh: not heard by the server for {duration(status.unheard)}, {self._trying()}{self._way_out()}"
        return f"rmosh: last contact {duration(status.last_contact)} ago, {self._trying()}{self._way_out()}"

    def _trying(self) -> str:
        why = f"UDP {self.why_no_udp}; " if self.why_no_udp else ""
        return why + (self.attempt or "still trying")

    def _way_out(self) -> str:
        return "" if self._key.code is None else f" ({self._key} . quits)"


def _until_next_second(elapsed: float, threshold: float) -> float:
    """Return the seconds until `elapsed` reaches the threshold or, beyond it, its next whole second."""
    if elapsed < threshold:
        return threshold - elapsed
    return max(math.floor(elapsed) + _REFRESH - elapsed, 0.05)
