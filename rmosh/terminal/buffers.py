"""The main and the alternate screen, and what each of them keeps for itself: lines, saved cursor, keyboard flags."""

from typing import Final

from rmosh.lazy_dataclass import dataclass, field, replace
from rmosh.terminal.charsets import PLAIN_SETS, CharacterSets
from rmosh.terminal.grid import Grid
from rmosh.terminal.lines import Line
from rmosh.terminal.pens import DEFAULT_PEN, Pen

#: Most keyboard flag sets that a program may stack on one screen; the oldest drops out. Source: kitty keyboard protocol
#: asks for a limit against denial of service and leaves its size open.
MAX_KEYBOARD_STACK: Final = 32

#: Keyboard flags that exist. Source: kitty keyboard protocol, progressive enhancement.
KEYBOARD_FLAGS: Final = 0b11111

#: The one of them that asks for repeats and releases.
KEY_EVENTS: Final = 0b10


@dataclass(frozen=True, slots=True)
class SavedCursor:
    """What DECSC saves and DECRC restores. Source: VT510 manual."""

    pen: Pen
    row: int = 0
    column: int = 0
    wrap_pending: bool = False
    origin_mode: bool = False
    character_sets: CharacterSets = PLAIN_SETS


@dataclass(slots=True)
class _Kept:
    """What belongs to one of the two screens."""

    saved_cursor: SavedCursor | None = None
    keyboard: list[int] = field(default_factory=lambda: [0])


class Buffers:
    """Switches a screen between its two sets of lines.

    Attributes:
        other_lines: the lines of the screen that is not shown; the alternate screen has none before it was first used.
        is_alternate: the alternate screen is shown.
    """

    def __init__(self, screen: Grid) -> None:
        self._screen = screen
        self.reset()

    def reset(self) -> None:
        """Forget everything kept, on the main screen."""
        self.is_alternate = False
        self.other_lines: list[Line] = []
        self._kept = _Kept()
        self._other_kept = _Kept()
        self._screen.keeps_history = True

    def show(self, *, alternate: bool) -> None:
        """Show the main or the alternate screen as it was left."""
        if alternate == self.is_alternate:
            return
        screen = self._screen
        screen.clears.settle(screen.lines)
        lines = self.other_lines or [Line() for _ in range(screen.rows)]
        self.other_lines, screen.lines = screen.lines, lines
        self._kept, self._other_kept = self._other_kept, self._kept
        self.is_alternate = alternate
        screen.keeps_history = not alternate

    def save_cursor(self) -> None:
        """DECSC: keep the cursor and what goes with it."""
        screen = self._screen
        self._kept.saved_cursor = SavedCursor(
            screen.pen, screen.row, screen.column, screen.wrap_pending, screen.origin_mode, screen.character_sets
        )

    @property
    def saved_cursor(self) -> SavedCursor | None:
        """What DECSC kept for the screen shown, None if nothing."""
        return self._kept.saved_cursor

    def restore_cursor(self) -> None:
        """DECRC: bring the kept cursor back, or home if none was kept."""
        screen = self._screen
        saved = self._kept.saved_cursor or SavedCursor(DEFAULT_PEN)
        screen.origin_mode = saved.origin_mode
        screen.pen = saved.pen
        screen.character_sets = saved.character_sets
        screen.move_to(saved.row, saved.column)
        if saved.origin_mode:
            screen.move_to(
                max(screen.top, min(screen.row, screen.bottom)), max(screen.left, min(screen.column, screen.right))
            )
        screen.wrap_pending = saved.wrap_pending and screen.column == screen.limit - 1
        screen.update_fast_limit()

    @property
    def resting_cursor(self) -> tuple[int, int]:
        """Row and column of the cursor kept for the screen not shown, home if none is."""
        saved = self._other_kept.saved_cursor
        return (saved.row, saved.column) if saved else (0, 0)

    def move_resting_cursor(self, row: int, column: int) -> None:
        """Move the cursor kept for the screen not shown, because its lines moved."""
        saved = self._other_kept.saved_cursor
        if saved:
            self._other_kept.saved_cursor = replace(saved, row=row, column=column, wrap_pending=False)

    def forget_cursor(self) -> None:
        """Drop the kept cursor, so that the next DECRC goes home."""
        self._kept.saved_cursor = None

    @property
    def keyboard_flags(self) -> int:
        """The kitty keyboard flags in force on the screen shown."""
        return self._kept.keyboard[-1]

    def push_keyboard(self, flags: int) -> None:
        """Put other keyboard flags in force until they are popped."""
        stack = self._kept.keyboard
        stack.append(flags & KEYBOARD_FLAGS)
        del stack[1 : len(stack) - MAX_KEYBOARD_STACK]

    def pop_keyboard(self, count: int) -> None:
        """Take back what was pushed last, `count` times."""
        del self._kept.keyboard[max(1, len(self._kept.keyboard) - count) :]

    def change_keyboard(self, flags: int, how: int) -> None:
        """Set the flags (how 1), add to them (2) or take from them (3)."""
        stack = self._kept.keyboard
        changed = {1: flags, 2: stack[-1] | flags, 3: stack[-1] & ~flags}.get(how, stack[-1])
        stack[-1] = changed & KEYBOARD_FLAGS
