"""The terminal emulator: bytes from a program in, immutable frames, answers and history out. Never raises.

Composes the tokenizer, the dispatch tables and the screen; the loop here only takes the shortest way for what
programs send most: text, renditions and new lines.
"""

from collections.abc import Mapping

from rmosh.errors import UsageError
from rmosh.terminal.buffers import KEY_EVENTS
from rmosh.terminal.cells import (
    DEFAULT_STYLE,
    MAX_COLUMNS,
    MAX_ROWS,
    Cursor,
    Frame,
    LineDiscipline,
    Row,
)
from rmosh.terminal.clears import Cleared
from rmosh.terminal.dispatch import Dispatch
from rmosh.terminal.drawing import draw
from rmosh.terminal.effort import PART
from rmosh.terminal.flood import flood
from rmosh.terminal.history import Entry
from rmosh.terminal.lines import MAX_RUNS_UNREAD
from rmosh.terminal.modes import DECTCEM
from rmosh.terminal.operations import Operations
from rmosh.terminal.reflow import resize_screen
from rmosh.terminal.reports import OWN_TRAITS
from rmosh.terminal.tokenizer import Tokenizer
from rmosh.terminal.width import COMMON_WIDTHS, Widths
from rmosh.traits import Traits


class Emulator:
    """An xterm-256color of rows x columns cells."""

    def __init__(
        self, *, rows: int, columns: int, answers_checksums: bool = False, widths: Widths = COMMON_WIDTHS
    ) -> None:
        """Begin with a blank screen.

        Args:
            answers_checksums: a program may ask for checksums of the screen (DECRQCRA).
            widths: how the programs here count columns.
        """
        _check_size(rows, columns)
        self.operations = Operations(rows=rows, columns=columns, answers_checksums=answers_checksums, widths=widths)
        self._tokenizer = Tokenizer()
        self._dispatch = Dispatch(self.operations)
        self._in_part = 0

    def feed(self, untrusted: bytes, *, now: float = 0.0) -> None:
        """Execute bytes from the program; how the stream is cut into calls makes no difference.

        Args:
            now: monotonic seconds; only what was cleared is judged by them.
        """
        self.settle(now=now)
        screen = self.operations.screen
        if screen.pen.style == DEFAULT_STYLE and self._tokenizer.at_rest and flood(screen, untrusted):
            self._enter_part(len(untrusted))
            return
        start = 0
        while start < len(untrusted):
            part = untrusted[start : start + PART - self._in_part]
            start += len(part)
            self._interpret(self._tokenizer.split(part))
            self._enter_part(len(part))
            for row, line in enumerate(screen.lines):
                if len(line.runs) > MAX_RUNS_UNREAD:
                    screen.cells(row)
        screen.clears.date(now=now)

    def _enter_part(self, length: int) -> None:
        """Take note that so many bytes were executed."""
        self._in_part += length
        if self._in_part >= PART:
            self._in_part %= PART
            self.operations.screen.effort.renew()

    def _interpret(self, pieces: list[str]) -> None:
        """Execute text, control, text, ..., as the tokenizer gives them."""
        screen, dispatch = self.operations.screen, self._dispatch
        pen = screen.pen
        pieces.append("")
        remaining = iter(pieces)
        for text, token in zip(remaining, remaining, strict=True):
            if text:
                end = screen.column + len(text)
                if end < screen.fast_limit and not screen.wrap_pending and text.isascii():
                    screen.lines[screen.row].runs.append((screen.column, end, text, pen))
                    screen.column = end
                    screen.last_text = text
                else:
                    draw(screen, text)
            following = pen.get(token)
            if following is None:
                following = pen.siblings.get(token)
            if following is not None:
                pen = screen.pen = following
            else:
                handler, argument = dispatch[token]
                handler(argument)
                pen = screen.pen

    def typed(self, *, now: float) -> None:
        """Take note that the user typed, at which a program may clear its screen."""
        self.operations.screen.clears.typed(now=now)

    @property
    def settles_at(self) -> float | None:
        """When `settle` is due; None while nothing that was cleared waits for it."""
        return self.operations.screen.clears.settles_at

    def settle(self, *, now: float) -> None:
        """Make history of what was cleared, when it is time and the program has not drawn it again."""
        screen = self.operations.screen
        due = screen.clears.settles_at
        if due is not None and now >= due:
            screen.clears.settle(screen.lines)

    def resize(self, *, rows: int, columns: int) -> None:
        """Change the size; soft-wrapped lines are wrapped again.

        Raises:
            UsageError: the size is not within 1 x 1 and MAX_ROWS x MAX_COLUMNS.
        """
        _check_size(rows, columns)
        screen = self.operations.screen
        if (rows, columns) != (screen.rows, screen.columns):
            resize_screen(screen, self.operations.buffers, rows=rows, columns=columns)

    def frame(self, line_discipline: LineDiscipline = LineDiscipline()) -> Frame:  # noqa: B008 - it is immutable
        """Return what the terminal shows now; unchanged rows are the same objects as in the last frame."""
        operations = self.operations
        screen, window = operations.screen, operations.window
        columns = screen.columns
        rows: list[Row] = [(not line.runs and line.frozen) or line.freeze(columns) for line in screen.lines]
        return Frame(
            tuple(rows),
            columns,
            Cursor(screen.row, screen.column, operations.modes.is_on(DECTCEM), operations.reports.cursor_shape),
            operations.modes.published(),
            window.title,
            window.icon_name,
            window.working_directory,
            operations.bells,
            screen.history.count,
            window.clipboard,
            line_discipline,
            window.notifications.last,
            operations.marks.prompt,
            window.is_titled,
            operations.colours.published,
            window.pointer.name,
            window.progress,
            operations.marks.newest,
            window.notifications.details,
        )

    def count_on(self, frame: Frame, *, history: int, erased: int) -> None:
        """Take over what a frame tells besides its cells and modes, and the count of lines; see `revival.py`."""
        operations, window = self.operations, self.operations.window
        operations.bells = frame.bells
        operations.marks.count_on(frame.prompt, frame.marks)
        operations.colours.count_on(frame.colours)
        window.title, window.icon_name, window.is_titled = frame.title, frame.icon_name, frame.is_titled
        window.working_directory = frame.working_directory
        window.clipboard, window.progress = frame.clipboard, frame.progress
        window.pointer.count_on(frame.pointer)
        window.notifications.last, window.notifications.details = frame.notification, frame.notification_details
        kept = operations.screen.history
        kept.take()
        kept.count, kept.erased = history, erased

    def use_colours(self, colours: Mapping[int, int]) -> None:
        """Answer programs that ask for colours with these: 0xRRGGBB by place, as in `rmosh.terminal.colours`."""
        self.operations.use_colours(colours)

    def use_traits(self, traits: Traits | None) -> None:
        """Answer programs that ask what the terminal can do as the user's own would; None where that is not known."""
        self.operations.reports.traits = traits or OWN_TRAITS

    @property
    def key_events(self) -> bool:
        """Whether the program asked for repeats and releases of keys too."""
        return bool(self.operations.buffers.keyboard_flags & KEY_EVENTS)

    def take_replies(self) -> bytes:
        """Return what the terminal answers to the program since the last call."""
        return self.operations.reports.take()

    def take_history(self) -> list[Entry]:
        """Return what scrolled off since the last call, oldest first; the oldest are missing if many did.

        `rmosh.terminal.history.lines_of` makes lines of it, the last of which has number `frame().history` - 1.
        """
        return self.operations.screen.history.take()

    def take_cleared(self) -> list[Cleared]:
        """Return which lines of history since the last call were cleared instead of scrolled off, oldest first."""
        return self.operations.screen.clears.take()

    @property
    def history_count(self) -> int:
        """How many lines scrolled off, or were cleared, since the session began."""
        return self.operations.screen.history.count

    @property
    def history_erased(self) -> int:
        """How many of them there were when the program last erased what had scrolled off (ED 3)."""
        return self.operations.screen.history.erased

    @property
    def synchronizing(self) -> bool:
        """Whether the program asked to show nothing until its update is done (mode 2026)."""
        return self.operations.synchronizing


def _check_size(rows: int, columns: int) -> None:
    if not (1 <= rows <= MAX_ROWS and 1 <= columns <= MAX_COLUMNS):
        raise UsageError(
            f"a screen of {rows} x {columns} cells is not possible; sizes are 1 x 1 to {MAX_ROWS} x {MAX_COLUMNS}"
        )
