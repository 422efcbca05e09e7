"""Lines that are in the user's scrollback before the session has said that they scrolled off.

A resize takes rows there, and so does a shell that has the terminal meanwhile. Once they scroll off far away as they
were they are there already; where they changed before, or something else scrolled off, that is fed like any other.
"""

from collections.abc import Sequence

from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.painting.resizing import Piece


class LinesAhead:
    """The text of such lines, from the first that has not scrolled off yet.

    Attributes:
        since: number of the first line that may be one of them.
    """

    def __init__(self) -> None:
        self._text = ""
        self.since = 0

    def __bool__(self) -> bool:
        return bool(self._text)

    def add(self, pushed: Sequence[Piece], *, screen: Sequence[Piece], following: int) -> None:
        """Take note of rows that were on the user's screen.

        Rows that are among the lines already may have been shown again, and taken again.

        Args:
            screen: the far screen's rows.
            following: number of the history's next line, at that time.
        """
        new, whole = _text_of(pushed), _text_of(screen)
        if not self._text:
            self.since = following
        for text in (self._text + new, new, self._text):
            if whole.startswith(text):
                self._text = text
                return
        self._text, self.since = new, following

    def take(self, line: ScrolledLine, number: int) -> bool:
        """Take a line that scrolled off; return whether it was the next of them, else none of them counts any more."""
        if number < self.since or not self._text:
            return False
        text = _text(line.text, goes_on=line.wrapped)
        covered = self._text.startswith(text)
        self._text = self._text[len(text) :] if covered else ""
        return covered

    def covered(self, pieces: Sequence[Piece], *, following: int) -> int:
        """Return how many rows on the screen are the next of them.

        Args:
            following: number of the history's next line: that of the first row, once it scrolls off.
        """
        rest = self._text if following >= self.since else ""
        for count, piece in enumerate(pieces):
            text = _text("".join(piece.columns), goes_on=piece.goes_on)
            if not rest.startswith(text):
                return count
            rest = rest[len(text) :]
        return len(pieces)

    def forget(self) -> None:
        """None of them counts any more."""
        self._text = ""


def _text_of(pieces: Sequence[Piece]) -> str:
    return "".join([_text("".join(piece.columns), goes_on=piece.goes_on) for piece in pieces])


def _text(text: str, *, goes_on: bool) -> str:
    return text if goes_on else text.rstrip(" ") + "\n"
