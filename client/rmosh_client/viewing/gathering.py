"""What the viewer asks of its caller, and the text of lines for it, put together as they come in.

It touches neither clipboard nor files nor the screen's owner.
"""

from typing import Final, TypeAlias

from rmosh.lazy_dataclass import dataclass
from rmosh_client.plain_text import printable
from rmosh_client.viewing.transcript import Transcript

#: Lines taken from the history at once. Reason: bounds the list made for them; more is no faster.
_PIECE: Final = 1000


@dataclass(frozen=True, slots=True)
class Copy:
    """Put a text on the clipboard.

    Attributes:
        text: no newline at its end, so that one line pasted into a shell does not run.
        lines: how many lines of history or screen it was made of, for the message.
        leaves: go back to the live screen once it is there, as tmux does.
    """

    text: str
    lines: int
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Save:
    """Write a text to a file.

    Attributes:
        path: as typed, with "~" not yet expanded.
        text: ends with a newline unless it is empty.
    """

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class LeaveViewer:
    """Go back to the live screen."""


Request: TypeAlias = "Copy | Save | LeaveViewer"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a text is gathered for.

    Attributes:
        path: the file to be written; None for the clipboard.
        leaves: the reading is over with it.
    """

    path: str | None = None
    leaves: bool = False


class Gathering:
    """Lines become text: soft-wrapped ones joined, blanks at the end cut, styles and control characters dropped.

    Attributes:
        next: the first line that is not in the text yet.
    """

    def __init__(self, transcript: Transcript, purpose: Purpose, *, start: int, stop: int) -> None:
        self._transcript = transcript
        self._purpose = purpose
        self._stop = stop
        self._texts: list[str] = []
        self._wrapped: list[str] = []
        self._count = 0
        self.next = start

    @property
    def wanted(self) -> tuple[int, int]:
        """The lines still to be taken."""
        return self.next, self._stop

    def __str__(self) -> str:
        return "copying" if self._purpose.path is None else "saving"

    def go_on(self) -> Copy | Save | None:
        """Take the lines that are here; return what to do with the text once it is complete."""
        while True:
            self.next = max(self.next, self._transcript.oldest)
            stop = min(self.next + _PIECE, self._stop, self._transcript.end)
            if self.next >= stop:
                return self._request()
            gap = self._transcript.missing_within(self.next, stop)
            if not self._take(stop if gap is None else gap[0]) or gap is not None:
                return None

    def _take(self, stop: int) -> bool:
        """Take lines up to `stop`; tell whether all of them were here."""
        for line in self._transcript.lines(self.next, stop):
            if line is None:
                return False
            text = line.text
            self._wrapped.append(printable(text, limit=len(text)))
            if not line.wrapped:
                self._end_line()
            self.next += 1
            self._count += 1
        return True

    def _end_line(self) -> None:
        self._texts.append("".join(self._wrapped).rstrip(" "))
        self._wrapped.clear()

    def _request(self) -> Copy | Save:
        if self._wrapped:
            self._end_line()
        text = "\n".join(self._texts)
        if self._purpose.path is None:
            return Copy(text, self._count, leaves=self._purpose.leaves)
        return Save(self._purpose.path, f"{text}\n" if self._texts else "")
