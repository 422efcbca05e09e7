"""What `-v` tells of a session after its login: other ways to the server, silence, the end. Sans-IO."""

from collections.abc import Callable
from typing import Final

from rmosh.session.status import LinkStatus

#: Silence in seconds that is worth a line. Reason: any question waits a round trip, on a slow link half a second.
_SILENCE: Final = 1.0

#: Most lines of one session. Reason: some 100 bytes each; a link that breaks off every minute fills them in a week.
_MOST_LINES: Final = 20_000


class LinkLog:
    """Tells what changes of the link; nothing of what is typed or shown."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._lines = 0
        self._path = ""
        self._silence = 0.0

    def say(self, what: str) -> None:
        """Tell of something that the client does."""
        self._lines += 1
        if self._lines < _MOST_LINES:
            self._tell(what)
        elif self._lines == _MOST_LINES:
            self._tell(f"{_MOST_LINES} lines are told, no more will be")

    def look(self, status: LinkStatus) -> None:
        """Tell what is different from the last look."""
        if status.path != self._path:
            if self._path:
                self.say(f"the server is reached {_where(status)}")
            self._path = status.path
        silence = max(status.silence, status.unheard)
        if status.last_contact is not None:
            self._look_at_silence(silence, status)

    def _look_at_silence(self, silence: float, status: LinkStatus) -> None:
        if silence >= _SILENCE > self._silence:
            way = "no answer" if status.silence >= _SILENCE else "nothing that was sent has been acknowledged"
            self.say(f"{way} for {silence:.1f} s")
        elif silence < self._silence and self._silence >= _SILENCE:
            self.say(f"an answer after {self._silence:.1f} s; {_link(status)}")
        self._silence = silence

    def end(self, status: LinkStatus, how: str) -> None:
        """Tell how it ended, and what went over the link in all."""
        self.say(f"ended: {how}; {_link(status)}")


def _where(status: LinkStatus) -> str:
    if status.is_stream:
        return "inside SSH"
    return f"at {status.path}" if status.path else "at no address any more"


def _link(status: LinkStatus) -> str:
    round_trip = "" if status.srtt is None else f"round trip {status.srtt * 1000:.0f} ms, "
    return (
        f"{round_trip}{status.datagrams_sent} packets sent, {status.datagrams_lost} of them lost, "
        f"{status.datagrams_received} of {status.datagrams_sent_there} received"
    )
