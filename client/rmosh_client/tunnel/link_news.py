"""What a client without a terminal says of its link, a line at a time: that nothing is heard for long, and again is."""

from collections.abc import Callable
from typing import Final

from rmosh.session.status import LinkStatus
from rmosh_client.words import duration

#: Silence in seconds that is worth a line. Reason: nobody waits before a screen; a tunnel under a street is shorter.
SAY_AFTER: Final = 15.0


class LinkNews:
    """Says it where somebody reads it.

    Attributes:
        why_no_udp: what is known of why UDP does not go, as a sentence goes on after "UDP"; "" for nothing.
        attempt: what is being done about a lost contact beside trying on; "" for nothing.
    """

    def __init__(self, host: str, say: Callable[[str], None] | None) -> None:
        """Begin; None says nothing to anybody."""
        self._host = host
        self._say = say
        self._is_silent = False
        self._longest = 0.0
        self.why_no_udp = ""
        self.attempt = ""

    def key_after_escape(self, _key: str) -> str:
        """Return that there are no keys here."""
        return ""

    def look(self, status: LinkStatus) -> None:
        """Take note of how the link does."""
        if self._say is None or status.last_contact is None:
            return
        silence = max(status.silence, status.unheard)
        if silence >= SAY_AFTER:
            if not self._is_silent:
                why = f"UDP {self.why_no_udp}; " if self.why_no_udp else ""
                doing = self.attempt or "still trying"
                self._say(f"rmosh: {self._host}: nothing heard for {duration(silence)}, {why}{doing}")
            self._is_silent, self._longest = True, silence
        elif self._is_silent and silence < 1.0:
            self._say(f"rmosh: {self._host}: in contact again after {duration(self._longest)}")
            self._is_silent = False
