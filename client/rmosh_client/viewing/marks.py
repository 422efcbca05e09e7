"""The lines that the user marks: from where marking began to the line that the keys move. Knows no keys."""

from dataclasses import dataclass, replace

from rmosh_client.viewing.transcript import Transcript
from rmosh_client.viewing.window import Window


@dataclass(frozen=True, slots=True)
class Marks:
    """Marked lines, both ends included.

    Attributes:
        anchor: the end that stays.
        moving: the end that the keys move.
        growing: the keys move it; else they scroll.
    """

    anchor: int
    moving: int
    growing: bool = True

    @property
    def lines(self) -> range:
        """The marked lines' numbers."""
        return range(min(self.anchor, self.moving), max(self.anchor, self.moving) + 1)


class Marking:
    """Marks lines, and keeps the moving end in view."""

    def __init__(self, transcript: Transcript, window: Window) -> None:
        self._transcript = transcript
        self._window = window
        self._marks: Marks | None = None

    @property
    def marks(self) -> Marks | None:
        """The marks, cut down to the lines there are now."""
        oldest, end = self._transcript.oldest, self._transcript.end
        if self._marks is None or oldest >= end:
            return None
        anchor, moving = (min(max(line, oldest), end - 1) for line in (self._marks.anchor, self._marks.moving))
        return replace(self._marks, anchor=anchor, moving=moving)

    @property
    def is_growing(self) -> bool:
        """Whether keys move an end of the marks, and do not scroll."""
        return self.marks is not None and self._marks is not None and self._marks.growing

    def start_or_stop(self, *, near: int | None) -> None:
        """Start marking at a line if that is in view; let marks that grow stay as they are.

        Without such a line it starts where the user looks: at the newest line, or at the top after scrolling.
        """
        marks, in_view = self.marks, self._window.in_view
        if marks is not None and marks.growing:
            self._marks = replace(marks, growing=False)
        elif in_view:
            looked_at = in_view[-1] if self._window.is_at_end else in_view.start
            start = near if near is not None and near in in_view else looked_at
            self._marks = Marks(start, start)

    def turn(self) -> None:
        """Let the other end be the one that moves."""
        if (marks := self.marks) is not None:
            self._marks = Marks(marks.moving, marks.anchor)
            self._window.reveal(self._marks.moving)

    def move(self, lines: int) -> None:
        """Move the end that moves by so many lines, to older ones where negative."""
        if (marks := self.marks) is not None:
            self.move_to(min(max(marks.moving + lines, self._transcript.oldest), self._transcript.end - 1))

    def move_to(self, line: int) -> None:
        """Move the end that moves to a line."""
        if self._marks is not None:
            self._marks = replace(self._marks, moving=line)
            self._window.reveal(line)

    def drop(self) -> bool:
        """Take the marks away; tell whether there were any."""
        dropped, self._marks = self._marks is not None, None
        return dropped
