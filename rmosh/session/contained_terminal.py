"""The session's terminal behind a wall: an emulator that fails is made anew out of the last screen it showed."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from rmosh.containment import Containment
from rmosh.session.events import PtyInput, PtyResize, ServerEvent
from rmosh.session.kept_history import KeptHistory
from rmosh.terminal.cells import MAX_CELLS, Frame, LineDiscipline, blank_frame
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.revival import revived
from rmosh.terminal.width import Widths
from rmosh.traits import Traits

#: A key with an event type behind its modifiers: 2 repeated, 3 released. Source: kitty keyboard protocol, event types.
_EVENT: Final = re.compile(rb"\x1b\[[0-9:]*;[0-9]*:[23](?:;[0-9:]*)?[~uA-S]")


class ContainedTerminal:
    """Shows what the program writes, answers what it asks, and hands what left the screen to the history.

    Attributes:
        line_discipline: the PTY's flags, told with each frame.
    """

    def __init__(
        self,
        walls: Containment,
        history: KeptHistory,
        tell: Callable[[ServerEvent], None],
        *,
        rows: int,
        columns: int,
        answers_checksums: bool,
        widths: Widths,
    ) -> None:
        """Begin, with fewer rows where the window has more cells than a terminal may; that is told.

        Args:
            tell: takes what the driver shall do.
        """
        self._wall = walls.part("the terminal", reset=lambda _: self._revive())
        self._history = history
        self._tell = tell
        self._answers_checksums = answers_checksums
        self._widths = widths
        self._size = _within_bounds(rows, columns)
        if self._size != (rows, columns):
            tell(PtyResize(*self._size))
        rows, columns = self._size
        self._emulator = Emulator(rows=rows, columns=columns, answers_checksums=answers_checksums, widths=widths)
        self._last_screen = blank_frame(rows=rows, columns=columns)
        self._colours: dict[int, int] = {}
        self._traits: Traits | None = None
        self._is_revived = False
        self.line_discipline = LineDiscipline()

    @property
    def synchronizing(self) -> bool:
        """Whether the program is in the middle of drawing, by its own word (mode 2026)."""
        return self._emulator.synchronizing

    @property
    def settles_at(self) -> float | None:
        """When what was cleared becomes history unless it is drawn again; None if nothing waits for that."""
        return self._emulator.settles_at

    def take_screen(self) -> Frame:
        """Return the screen; the last one that could be taken where that fails."""
        self._last_screen = self._wall.run(self._last_screen, self._emulator.frame, self.line_discipline)
        return self._last_screen

    def feed(self, data: bytes, *, now: float) -> None:
        """Take what the program wrote, and give it what the terminal answers."""
        self._wall.run(None, self._emulator.feed, data, now=now)
        self._history.take(self._emulator, now=now)
        self._answer()

    def typed(self, data: bytes, *, now: float) -> bytes:
        """Take note of keys; return what of them the program wants."""
        self._wall.run(None, self._emulator.typed, now=now)
        return data if self._emulator.key_events else presses_of(data)

    def settle_cleared(self, until: float, *, now: float) -> bool:
        """Make history of what was cleared and not drawn again by a moment; return whether there was any."""
        if self.settles_at is None or self.settles_at > until:
            return False
        self._wall.run(None, self._emulator.settle, now=until)
        self._history.take(self._emulator, now=now)
        return True

    def resize(self, rows: int, columns: int, *, now: float) -> bool:
        """Take the size of a window; return whether that is another."""
        size = rows, columns = _within_bounds(rows, columns)
        if size == self._size:
            return False
        self._size = size
        self._wall.run(None, self._emulator.resize, rows=rows, columns=columns)
        self._history.take(self._emulator, now=now)
        self._tell(PtyResize(rows, columns))
        return True

    def answer_as(self, traits: Traits | None, colours: Iterable[tuple[int, int]]) -> None:
        """Answer programs as a client's terminal would.

        Args:
            colours: numbers and values; those of another terminal stay until this one has told its own.
        """
        self._traits = traits
        self._wall.run(None, self._emulator.use_traits, traits)
        told = dict(colours)
        if told and told != self._colours:
            self._colours = told
            self._wall.run(None, self._emulator.use_colours, self._colours)
            self._answer()

    def _answer(self) -> None:
        replies = self._wall.run(b"", self._emulator.take_replies)
        if replies:
            self._tell(PtyInput(replies))

    # --- after a fault ---------------------------------------------------------------------------------------

    @property
    def shows_again_at(self) -> float | None:
        """When clients may be shown a terminal that was made anew; None if none was."""
        return self._wall.left_off_until if self._is_revived else None

    def shows_again(self) -> bool:
        """Return, once, whether a terminal that was made anew is in use."""
        if not self._is_revived or self._wall.is_left_off:
            return False
        self._is_revived = False
        return True

    def _revive(self) -> None:
        """Go on with a new emulator that shows the last screen's text; the driver has programs draw it anew."""
        rows, columns = self._size
        self._emulator = revived(
            self._last_screen,
            rows=rows,
            columns=columns,
            history=max(self._history.archive.end, self._last_screen.history),
            erased=self._history.erased,
            answers_checksums=self._answers_checksums,
            widths=self._widths,
        )
        self._emulator.use_colours(self._colours)
        self._emulator.use_traits(self._traits)
        self._is_revived = True
        self._tell(PtyResize(rows, columns, redraw=True))


def _within_bounds(rows: int, columns: int) -> tuple[int, int]:
    """Return the size of a terminal for a window: one with too many cells loses the last rows."""
    return min(rows, MAX_CELLS // columns), columns


def presses_of(typed: bytes) -> bytes:
    """Return what was typed without repeats and releases of keys that are told as such.

    They come when the program that asked for them has gone, or wants them no more: the user's terminal learns of that
    half a round trip later, and a shell would take such an event for letters.
    """
    return _EVENT.sub(b"", typed) if b"\x1b[" in typed else typed
