"""What rmosh itself says over the screen: the notice line, the help box, the connection box. Sans-IO."""

import math
from collections.abc import Sequence
from typing import Final

from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus
from rmosh.terminal.cells import Frame
from rmosh.transport.frames import Person
from rmosh_client.company import person_name
from rmosh_client.durations import duration
from rmosh_client.escape import EscapeKey
from rmosh_client.overlays import lay_box, lay_line

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
    """

    def __init__(self, key: EscapeKey, *, server: str, now: float) -> None:
        self._key = key
        self._server = server
        self._started_at = now
        self._help = False
        self._connection = False
        self._people_shown = False
        self.people: tuple[Person, ...] = ()
        self._leaving_since: float | None = None
        self._fault = ""
        self._fault_until = 0.0
        self._looks_on_until = 0.0
        self._leaving = ""
        self._awaited = ""
        self._awaited_since: float | None = None

    def toggle_help(self) -> None:
        """Show the help box, or take it away."""
        self._help = not self._help

    def toggle_connection(self) -> None:
        """Show the connection box, or take it away."""
        self._connection = not self._connection

    def toggle_people(self) -> None:
        """Show the box of who is here, or take it away."""
        self._people_shown = not self._people_shown

    def close_all(self) -> None:
        """Take every box away."""
        self._help = self._connection = self._people_shown = False

    def fault(self, line: str, *, now: float) -> None:
        """Tell of a fault that was survived."""
        self._fault, self._fault_until = line, now + PASSING_WORD_FOR

    @property
    def shows_help(self) -> bool:
        """Whether the help box is there, which takes the next key for itself."""
        return self._help

    def typed_in_vain(self, *, now: float) -> None:
        """Something was typed by somebody who only looks on: say why nothing comes of it."""
        self._looks_on_until = now + PASSING_WORD_FOR

    def close_help(self) -> None:
        """Take the help box away, as any key does."""
        self._help = False

    def leaving(self, *, goes_on: bool, now: float) -> None:
        """The end was asked for, or to leave what goes on: say so, should the server's word be long in coming."""
        self._leaving_since = now
        self._leaving = "rmosh: leaving the session" if goes_on else "rmosh: ending the session"

    def wait_for(self, what: str, *, now: float) -> None:
        """The session is over and something is still waited for, "" for nothing: say so, should it last."""
        if what and self._awaited_since is None:
            self._awaited_since = now
        self._awaited = what

    def has_words(self, status: LinkStatus, *, now: float) -> bool:
        """Tell whether anything is to be said now."""
        boxes = self._help or self._connection or self._people_shown
        return boxes or bool(self._line(status, now=now))

    def lay_over(self, frame: Frame, status: LinkStatus, prediction: PredictionStatistics, *, now: float) -> Frame:
        """Return the frame with all that is to be said now laid over it."""
        if self._connection:
            frame = lay_box(frame, connection_lines(status, prediction), at_right=True)
        if self._people_shown:
            frame = lay_box(frame, people_lines(self.people), at_right=True)
        if self._help:
            frame = lay_box(frame, help_lines(self._key))
        line = self._line(status, now=now)
        if line:
            row = len(frame.rows) - 1 if frame.cursor.row == 0 else 0
            frame = lay_line(frame, line, row=row)
        return frame

    def next_wakeup(self, status: LinkStatus, *, now: float) -> float | None:
        """Return when what is said changes by itself, in monotonic seconds; None where it does not."""
        if self._connection:
            return now + _REFRESH
        if now < max(self._fault_until, self._looks_on_until):
            return max(self._fault_until, self._looks_on_until)
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
        if status.last_contact is None:
            if now - self._started_at < FIRST_ANSWER_AFTER:
                return ""
            return f"rmosh: no answer yet from {self._server}, still trying{self._way_out()}"
        if status.silence < NOTICE_AFTER:
            if status.unheard < NOTICE_AFTER:
                return self._passing_word(now=now)
            return f"rmosh: not heard by the server for {duration(status.unheard)}, still trying{self._way_out()}"
        return f"rmosh: last contact {duration(status.last_contact)} ago, still trying{self._way_out()}"

    def _passing_word(self, *, now: float) -> str:
        if now < self._fault_until:
            return f"rmosh survived {self._fault}"
        return f"rmosh: you only look on here{self._way_out()}" if now < self._looks_on_until else ""

    def _way_out(self) -> str:
        return "" if self._key.code is None else f" ({self._key} . quits)"


def help_lines(key: EscapeKey) -> list[str]:
    """Return the help box's lines."""
    return [
        "",
        f"rmosh: after the escape key, {key}",
        "",
        ".        end the session, or leave it to others who type in it",
        "d        detach: leave the session running",
        "[        read the history: scroll, search, copy, save",
        "Ctrl-Z   suspend rmosh",
        "i        show or hide the connection's figures",
        "w        show or hide who is in the session",
        "?        this help; any key takes it away and does nothing else",
        f"^        send {key} itself",
        "",
    ]


def people_lines(people: Sequence[Person]) -> list[str]:
    """Return the lines of the box that tells who is in the session."""
    if not people:
        return ["", "rmosh: only you are here", ""]
    return ["", "rmosh: who is here", "", *(_person_line(person) for person in people), ""]


def _person_line(person: Person) -> str:
    told = [f"{person.columns}x{person.rows}"]
    told += [word for word, holds in (("reads only", person.read_only), ("leads", person.leads)) if holds]
    name = "you" if person.is_you else person_name(person)
    return f"{name}: {', '.join(told)}"


def connection_lines(status: LinkStatus, prediction: PredictionStatistics) -> list[str]:
    """Return the connection box's lines."""
    contact = "never" if status.last_contact is None else f"{status.last_contact:.1f} s ago"
    return [
        f"round trip    {_round_trip(status)}",
        f"loss          {status.loss:.0%}",
        f"path          {status.path or 'none yet'}",
        f"last contact  {contact}",
        f"sent          {_amount(status.bytes_sent)} in {status.datagrams_sent} datagrams",
        f"received      {_amount(status.bytes_received)} in {status.datagrams_received} datagrams",
        f"dropped       {status.datagrams_dropped} datagrams",
        f"datagram      up to {status.mtu} bytes",
        f"predicted     {_prediction(prediction)}",
    ]


def _round_trip(status: LinkStatus) -> str:
    if status.srtt is None:
        return "not yet measured"
    spread = 0.0 if status.rttvar is None else status.rttvar
    return f"{status.srtt * 1000:.0f} ms, +-{spread * 1000:.0f} ms"


def _prediction(statistics: PredictionStatistics) -> str:
    if statistics.keys == 0:
        return "no keys yet"
    judged = statistics.confirmed + statistics.wrong
    right = f", {statistics.confirmed / judged:.0%} right" if judged else ""
    return f"{statistics.shown_at_once / statistics.keys:.0%} of {statistics.keys} keys{right}"


def _amount(count: int) -> str:
    if count < 10_000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 10_000_000 else f"{count / 1e6:.0f} MB"


def _until_next_second(elapsed: float, threshold: float) -> float:
    """Return the seconds until `elapsed` reaches the threshold or, beyond it, its next whole second."""
    if elapsed < threshold:
        return threshold - elapsed
    return max(math.floor(elapsed) + _REFRESH - elapsed, 0.05)
