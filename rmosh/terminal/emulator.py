"""The terminal emulator: bytes from a program in, immutable frames, answers and history out. Never raises.

Composes the tokenizer, the dispatch tables and the screen; the loop here only takes the shortest way for what
programs send most: text, renditions and new lines.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from rmosh.compiled import COMPILED, Scan
from rmosh.errors import UsageError
from rmosh.terminal.buffers import KEY_EVENTS
from rmosh.terminal.cells import (
    MAX_COLUMNS,
    MAX_ROWS,
    Cursor,
    Frame,
    LineDiscipline,
    Row,
)
from rmosh.terminal.clears import Cleared
from rmosh.terminal.colours_alike import MANY
from rmosh.terminal.dispatch import Dispatch
from rmosh.terminal.drawing import draw
from rmosh.terminal.effort import PART
from rmosh.terminal.flood import (
    MIN_FLOOD,
    has_sequences,
    is_at_fresh_line,
    is_plain,
    outruns,
    passing_lines,
    pen_changes_of,
    whole_lines,
)
from rmosh.terminal.history import Entry, ScrolledOff, UnseenLines, lines_of
from rmosh.terminal.lines import MAX_RUNS_UNREAD
from rmosh.terminal.modes import DECTCEM
from rmosh.terminal.operations import Operations
from rmosh.terminal.pens import eraser_of
from rmosh.terminal.reflow import resize_screen
from rmosh.terminal.reports import OWN_TRAITS
from rmosh.terminal.scanning import execute_ahead, length_of_rest
from rmosh.terminal.scrolled import ScrolledLine
from rmosh.terminal.style_table import current_table, table_for_screen
from rmosh.terminal.tokenizer import Tokenizer
from rmosh.terminal.vocabulary import SGR
from rmosh.terminal.width import COMMON_WIDTHS, Widths
from rmosh.traits import Traits

#: Bytes of unseen lines executed before its lines are taken. Reason: they have fewer cells than may wait to be taken.
_EXECUTED_AT_ONCE: Final = 1024


class Emulator:
    """An xterm-256color of rows x columns cells."""

    def __init__(
        self,
        *,
        rows: int,
        columns: int,
        answers_checksums: bool = False,
        widths: Widths = COMMON_WIDTHS,
        scan: Scan | None = COMPILED.scan,
    ) -> None:
        """Begin with a blank screen.

        Args:
            answers_checksums: a program may ask for checksums of the screen (DECRQCRA).
            widths: how the programs here count columns.
            scan: the compiled way through output; None to go without.
        """
        _check_size(rows, columns)
        self.operations = Operations(rows=rows, columns=columns, answers_checksums=answers_checksums, widths=widths)
        self._tokenizer = Tokenizer()
        self._dispatch = Dispatch(self.operations)
        self._scan = scan
        self._lines_of_unseen = partial(_executed, widths)
        self._in_part = 0
        self._generation = current_table().generation

    def feed(self, untrusted: bytes, *, now: float = 0.0) -> None:
        """Execute bytes from the program; how the stream is cut into calls makes no difference.

        Args:
            now: monotonic seconds; only what was cleared is judged by them.
        """
        self.settle(now=now)
        self._execute(self._pass_through(untrusted) if len(untrusted) >= MIN_FLOOD else untrusted)
        self.operations.screen.clears.date(now=now)

    def _execute(self, untrusted: bytes) -> None:
        """Execute bytes part by part."""
        screen = self.operations.screen
        start = 0
        while start < len(untrusted):
            part = untrusted[start : start + PART - self._in_part]
            start += len(part)
            self._execute_part(part)
            self._enter_part(len(part))
            most = max(MAX_RUNS_UNREAD, screen.columns - 1)  # a row of a picture is read once, when it is whole
            for line in screen.lines:
                if len(line.runs) > most:
                    line.row(screen.columns)

    def _pass_through(self, untrusted: bytes) -> bytes:
        """Let lines that scroll off at once become history without being executed; return what is left to execute."""
        screen = self.operations.screen
        start, end = whole_lines(untrusted)
        if not (is_plain(screen) and outruns(screen, untrusted, start, end)):
            return untrusted
        self._execute(untrusted[:start])
        untrusted, end = untrusted[start:], end - start
        if not (self._tokenizer.at_rest and is_plain(screen) and is_at_fresh_line(screen)):
            return untrusted
        passing = passing_lines(untrusted[:end], rows=screen.rows, columns=screen.columns, widths=screen.widths)
        if not passing:
            return untrusted
        screen.clears.settle(screen.lines)
        for line in screen.lines[:-1]:
            screen.history.push(line)
        for content, height in passing:
            screen.history.push_unseen(UnseenLines(content, screen.pen, screen.columns, height, self._lines_of_unseen))
            self._enter_part(len(content))
            if pen_changes := pen_changes_of(content):
                self._interpret(self._tokenizer.split(pen_changes))
        passed = sum([len(content) for content, _ in passing])
        self._fill(untrusted[passed:end])
        return untrusted[end:]

    def _fill(self, untrusted: bytes) -> None:
        """Execute lines on a screen without any, which they fill: the blank ones they push out are not history."""
        screen = self.operations.screen
        screen.start_over(eraser_of(screen.pen))
        if not (screen.pen or has_sequences(untrusted)):
            screen.row = 0  # all blank lines are the same, so that none has to scroll away
            self._execute(untrusted)
            return
        history, screen.history = screen.history, ScrolledOff()
        self._execute(untrusted)
        history.append(screen.history, but=screen.rows - 1)
        screen.history = history

    def _execute_part(self, part: bytes) -> None:
        """Execute bytes: the compiled way, if there is one, as far as that goes."""
        if self._scan is not None:
            place = 0
            if not self._tokenizer.at_rest:
                place = length_of_rest(part)
                self._interpret(self._tokenizer.split(part[:place]))
            if self._tokenizer.at_rest:
                place = execute_ahead(self._scan, self.operations.screen, self._dispatch, part, place)
            part = part[place:]
        pieces = self._tokenizer.split(part)
        if len(pieces) >= 2 * MANY:
            self.operations.screen.effects.learn_alike(pieces[1::2])
        self._interpret(pieces)

    def _enter_part(self, length: int) -> None:
        """Take note that so many bytes were executed."""
        self._in_part += length
        if self._in_part >= PART:
            self._in_part %= PART
            self.operations.screen.effort.renew()

    def _interpret(self, pieces: list[str]) -> None:
        """Execute text, control, text, ..., as the tokenizer gives them."""
        screen, dispatch = self.operations.screen, self._dispatch
        effect_of, learn, narrow = screen.effects.get, screen.effects.learn, screen.narrow
        pen, column, limit, runs = screen.place()
        pieces.append("")
        remaining = iter(pieces)
        for text, token in zip(remaining, remaining, strict=True):
            if text:
                end = column + len(text)
                if end < limit and (text.isascii() or text in narrow):
                    runs.append((column, end, text, pen))
                    column = screen.column = end
                    screen.last_text = text
                else:
                    draw(screen, text)
                    pen, column, limit, runs = screen.place()
            effect = effect_of(token)
            if effect is None and token[-1:] == SGR:
                effect = learn(token)
            if effect is not None:
                mask, value = effect
                pen = screen.pen = pen & mask | value
            else:
                handler, argument = dispatch[token]
                handler(argument)
                pen, column, limit, runs = screen.place()

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
        self._renew_lines()
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

    def _renew_lines(self) -> None:
        """Let lines that stay while others use up one table of styles after another go on with the current one."""
        screen = self.operations.screen
        generation = table_for_screen(cells=screen.rows * screen.columns).generation
        if generation != self._generation:
            self._generation = generation
            for line in (*screen.lines, *self.operations.buffers.other_lines):
                line.renew()

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


def _executed(widths: Widths, unseen: UnseenLines) -> list[ScrolledLine]:
    """Return unseen lines as lines: what scrolls off a screen of one row on which they are printed."""
    emulator = Emulator(rows=1, columns=unseen.columns, widths=widths)
    emulator.operations.screen.pen = unseen.pen
    lines: list[ScrolledLine] = []
    for start in range(0, len(unseen.content), _EXECUTED_AT_ONCE):
        emulator.feed(unseen.content[start : start + _EXECUTED_AT_ONCE])
        lines += lines_of(emulator.take_history())
    return lines


def _check_size(rows: int, columns: int) -> None:
    if not (1 <= rows <= MAX_ROWS and 1 <= columns <= MAX_COLUMNS):
        raise UsageError(
            f"a screen of {rows} x {columns} cells is not possible; sizes are 1 x 1 to {MAX_ROWS} x {MAX_COLUMNS}"
        )
