"""What a clear of the whole main screen erases: history, unless the program only draws its screen anew.

The two are told apart by who wanted it. The first clear after something was typed is the user's: what it erases goes
into history, unless it was a page of which most stands in the same places again a moment later. A program that clears
once more without being asked draws over its own last picture, of which nothing is kept.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.history import ScrolledOff
from rmosh.terminal.lines import Line
from rmosh.terminal.scrolled import scrolled_line

#: Seconds after which it counts what stands where something was cleared. Reason: a program draws its page in the same
#: write or the next few, a busy host takes some ten ms between them; who clears and then looks back takes longer.
CLEAR_SETTLES: Final = 0.1

#: Seconds without a clear after which typing counts again for a program that cleared by itself. Reason: programs that
#: show something moving do it more than once a second, whatever is typed at them.
OWN_CLEARS_END: Final = 1.0

#: Rows from which something counts as a page that a program draws anew. Reason: fewer are a prompt, of which tmux 3.3a,
#: VTE 0.84 and alacritty 0.17 keep a copy for each Ctrl-L; line editors erase it from home on (zsh 5.9).
_SMALLEST_PAGE: Final = 4


class Clear(IntEnum):
    """How everything was erased, by the parameter of ED: terminals differ in which of them they keep rows of."""

    FROM_HOME = 0
    TO_END = 1
    ALL = 2


@dataclass(frozen=True, slots=True)
class Cleared:
    """`count` lines of history from `start` on that one clear erased."""

    start: int
    count: int
    how: Clear


@dataclass(frozen=True, slots=True)
class HeldRows:
    """Rows that a clear erased, until it is known whether they are drawn again."""

    lines: Sequence[Line]
    how: Clear


class Clears:
    """Judges clears.

    Attributes:
        held: what the last one erased, while it is not judged.
        kept: what went into history since it was taken.
    """

    def __init__(self, history: ScrolledOff) -> None:
        self._history = history
        self._wanted = True
        self._repeats = False
        self._cleared_at = 0.0
        self._is_undated = False
        self.held: HeldRows | None = None
        self.kept: list[Cleared] = []

    def typed(self, *, now: float) -> None:
        """Take note that the user typed: the next clear is wanted, unless a program clears all the time."""
        if not self._repeats or now >= self._cleared_at + OWN_CLEARS_END:
            self._wanted = True

    def resized(self) -> None:
        """Take note that programs draw their screens for another size now, which nobody typed."""
        self._wanted = False

    def cleared(self, lines: list[Line], how: Clear) -> list[Line]:
        """Return the lines that the screen goes on with when all of these are about to be erased."""
        wanted, self._wanted = self._wanted, False
        used = _rows_in_use(lines)
        if not used:
            return lines  # nothing was drawn since the last one, which is judged later
        self.settle(lines)
        self._repeats = not wanted and used >= _SMALLEST_PAGE
        self._is_undated = True
        if not wanted:
            return lines
        self.held = HeldRows(lines[:used], how)
        return [*[line.successor() for line in lines[:used]], *lines[used:]]

    def date(self, *, now: float) -> None:
        """Take note of when it was that something was cleared: called after each piece of output."""
        if self._is_undated:
            self._is_undated = False
            self._cleared_at = now

    @property
    def settles_at(self) -> float | None:
        """When it counts as known what became of what was cleared; None where nothing waits for that."""
        return None if self.held is None else self._cleared_at + CLEAR_SETTLES

    def settle(self, lines: Sequence[Line]) -> None:
        """Judge what was cleared last by the lines that the screen has now."""
        if self.held is not None and _stands_again(self.held.lines, lines):
            self.held = None
        self.keep()

    def keep(self) -> None:
        """Make history of what was cleared last: a shell marks a line, or nothing was drawn again."""
        held, self.held = self.held, None
        if held is not None:
            self.kept.append(Cleared(self._history.count, len(held.lines), held.how))
            for line in held.lines:
                self._history.push(line)

    def drop(self) -> None:
        """Give up what was cleared, with all that is kept of it so far."""
        self.held = None
        self.kept.clear()

    def take(self) -> list[Cleared]:
        """Return what went into history since the last time, oldest first."""
        taken, self.kept = self.kept, []
        return taken


def _rows_in_use(lines: Sequence[Line]) -> int:
    """Return the number of rows down to the last that is not blank, as tmux and alacritty count what they keep."""
    used = len(lines)
    while used and (lines[used - 1].is_untouched or not scrolled_line(lines[used - 1]).runs):
        used -= 1
    return used


def _stands_again(before: Sequence[Line], now: Sequence[Line]) -> bool:
    """Tell whether it was a page, and more than half of its rows that are not blank have the same text as before."""
    texts = [_text_of(line) for line in before]
    if sum(map(bool, texts)) < _SMALLEST_PAGE:
        return False
    again = [text == _text_of(line) for text, line in zip(texts, now, strict=False) if text]
    return 2 * sum(again) > sum(map(bool, texts))


def _text_of(line: Line) -> str:
    """Return a line's text without blanks at its end."""
    return scrolled_line(line).text.rstrip(" ")
