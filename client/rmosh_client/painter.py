"""The painter: brings the user's terminal from the last frame painted to the next with few bytes.

Sans-IO: it returns bytes, and every byte the terminal ever gets comes from here. What stood in the main screen before
is scrolled up at the start, the last frame stays there at the end; what a full-screen program shows is in the alternate
one. No control character that a peer sent gets through, and the main screen scrolls for the scrollback only.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from rmosh.terminal.cells import DEFAULT_STYLE, Clipboard, Frame, Row, blank_frame, blank_row
from rmosh_client.painting import strings
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.alerts import Alerts
from rmosh_client.painting.fitting import fit, letterbox
from rmosh_client.painting.modes import ModeSetter
from rmosh_client.painting.pen import Pen
from rmosh_client.painting.resizing import shift_of
from rmosh_client.painting.rows import Wrap, paint_row, rewrite_last
from rmosh_client.painting.scrolls import Scroll, below_first_row, find_scroll, scrolled, seams
from rmosh_client.painting.surroundings import Surroundings
from rmosh_client.scrollback import Feed

#: Bytes from which an update is put into a synchronized one. Reason: it costs 16 bytes, one key needs none.
_SYNCHRONIZE_FROM: Final = 48

_SYNCHRONIZE: Final = (b"\x1b[?2026h", b"\x1b[?2026l")
_SHOW_CURSOR: Final = b"\x1b[?25h"
_HIDE_CURSOR: Final = b"\x1b[?25l"
_ERASE_SCROLLBACK: Final = b"\x1b[3J"
_ERASE_BELOW: Final = b"\x1b[J"
_DEFAULT_CURSOR_SHAPE: Final = b"\x1b[0 q"

#: Into the alternate screen, the cursor kept, and out of it. Cleared by erasing as well: some terminals are set to know
#: none, and erasing all at once (ED 2) would put the screen into the scrollback of others.
_TO_ALTERNATE: Final = b"\x1b[?1049h\x1b[H\x1b[J"
_TO_MAIN: Final = b"\x1b[?1049l"


@dataclass(frozen=True, slots=True)
class _Before:
    """What the main screen showed before a resize or the alternate screen.

    Attributes:
        cursor: its row and column.
        hidden: it was the alternate screen that hid it.
    """

    known: Sequence[Row | None]
    cursor: tuple[int, int]
    columns: int
    hidden: bool = False


class Painter:
    """One terminal's painter: `start`, any number of `paint`, `finish`; then perhaps `start` again.

    Attributes:
        letterboxed: a frame of another size will stay so, because another client leads.
        now: monotonic seconds; whoever paints sets it, for bells and notifications to be paced.
    """

    def __init__(self, abilities: Abilities) -> None:
        self._abilities = abilities
        self._pen = Pen(abilities, columns=1)
        self._modes = ModeSetter(extended_keys=abilities.extended_keys)
        self._rows = self._columns = 1
        self._known: list[Row | None] = [None]
        self._beyond = 0
        self._cursor = (0, 0)
        self._before_resize: _Before | None = None
        self._main: _Before | None = None
        self._surroundings = Surroundings(abilities)
        self._cursor_visible: bool | None = True
        self._cursor_shape = 0
        self._shape_touched = False
        self._alerts = Alerts(notifies=abilities.strings and abilities.notifications)
        self.letterboxed = False
        self.now = 0.0

    def start(self, *, rows: int, columns: int) -> bytes:
        """Return what makes room for rows x columns: what the terminal shows scrolls up, nothing is lost."""
        self._rows, self._columns = rows, columns
        self._pen = Pen(self._abilities, columns=columns)
        if self._main is not None:
            self._show_main()
        self._pen.restyle(DEFAULT_STYLE)
        to_row_start = b" " * columns + b"\r"
        self._pen.control(to_row_start + _ERASE_BELOW + b"\n" * (rows - 1))
        self._pen.move(row=0, column=0)
        self._known = list(blank_frame(rows=rows, columns=columns).rows)
        self._beyond = 0
        self._cursor = (0, 0)
        self._before_resize = None
        self._cursor_visible = True
        return self._pen.take()

    def ask_colours(self) -> bytes:
        """Return the questions for the terminal's colours; its answers come from the keyboard."""
        return strings.COLOUR_QUESTIONS if self._abilities.strings else b""

    def copy(self, text: str) -> bytes:
        """Return what puts a text on the clipboard; b"" where it is too long, or the terminal takes none."""
        return strings.clipboard(Clipboard(content=text.encode())) if self.may_copy else b""

    @property
    def may_copy(self) -> bool:
        """Whether the terminal takes texts for the clipboard, and the user lets it."""
        return self._surroundings.may_copy

    @property
    def alert_at(self) -> float | None:
        """When a bell or notification that waits may be passed on by painting again; None where none waits."""
        return self._alerts.due_at

    def resize(self, *, rows: int, columns: int) -> None:
        """Note the terminal's new size: the next frame is painted whole, and fitted to that size."""
        if self._before_resize is None:
            self._before_resize = self._main or _Before(self._known, self._cursor, self._columns)
        self._rows, self._columns = rows, columns
        self._pen.resize(columns=columns)
        self.invalidate()

    @property
    def shows_alternate(self) -> bool:
        """Whether the terminal is in its alternate screen."""
        return self._main is not None

    @property
    def has_alternate(self) -> bool:
        """Whether the terminal has an alternate screen."""
        return self._abilities.alternate_screen

    def is_unsettled_by(self, target: Frame) -> bool:
        """Tell whether a frame is for the main screen, which was resized while the alternate one was shown."""
        return self._main is not None and self._before_resize is not None and not target.modes.alternate_screen

    def show_main(self) -> bytes:
        """Return what leaves the alternate screen, with the cursor where it was in the main one."""
        self._show_main()
        return self._pen.take()

    def settle(self, cursor_row: int | None) -> tuple[bytes, int]:
        """Return what puts rows that a resize brought back where they were, and how many it took into the scrollback.

        Args:
            cursor_row: where the terminal says that its cursor is; None where it did not say.
        """
        before, self._before_resize = self._before_resize, None
        if before is None or cursor_row is None:
            return b"", 0
        shift = shift_of(
            before.known,
            before.cursor,
            columns=before.columns,
            cursor_row_now=cursor_row,
            columns_now=self._columns,
            beyond=self._beyond,
        )
        if shift.pushed and before.hidden and not self._abilities.resizes_hidden_screen:
            return b"", 0
        self._beyond = shift.beyond
        if shift.cut:
            self._erase_row(shift.pulled - 1, column=shift.cut)
        if shift.pulled:
            self._pen.feed_lines(shift.pulled, last_row=self._rows - 1)
        return self._pen.take(), shift.pushed

    def invalidate(self) -> None:
        """Stop trusting that the terminal shows what was painted, or is in the modes it was put in."""
        self._known = [None] * self._rows
        self._pen.forget_place()
        self._pen.forget_style()
        self._modes.forget()
        self._cursor_visible = None

    def repaint(self, target: Frame) -> bytes:
        """Return what shows a frame on a terminal that may show anything."""
        self.invalidate()
        return self.paint(target)

    def paint(self, target: Frame, feed: Feed | None = None) -> bytes:
        """Return the bytes that turn the last frame painted into this one; b"" where they look alike.

        Args:
            feed: what the terminal's scrollback gets before.
        """
        frame = (letterbox if self.letterboxed else fit)(target, rows=self._rows, columns=self._columns)
        pen = self._pen
        self._switch(frame)
        pen.control(self._modes.change(frame.modes))
        pen.control(self._alerts.take(frame, now=self.now) + self._surroundings.change(frame))
        if feed is not None:
            self._feed(feed)
        self._paint_frame(frame)
        self._mark_prompt(frame)
        pen.rest(row=frame.cursor.row, column=frame.cursor.column)
        pen.control(self._change_shape(frame.cursor.shape))
        self._known, self._cursor = list(frame.rows), (frame.cursor.row, frame.cursor.column)
        return self._synchronized(pen.take(), visible=frame.cursor.visible)

    def finish(self) -> bytes:
        """Return what gives the terminal back: every mode restored, the cursor under the last line in use."""
        pen = self._pen
        pen.forget_style()
        pen.restyle(DEFAULT_STYLE)
        if self._abilities.strings:
            pen.control(strings.LINK_END)
        cursor_is_under_the_text = self._leave_for_good()
        pen.control(self._modes.restore())
        if self._shape_touched:
            pen.control(_DEFAULT_CURSOR_SHAPE)
        pen.control(self._surroundings.restore())
        pen.forget_place()
        if cursor_is_under_the_text:
            pen.control(b"\r\n" if self._cursor[1] else b"")
        else:
            in_use = self._rows_in_use()
            pen.move(row=max(0, in_use - 1), column=0)
            pen.control(b"\n" if in_use else b"")
        pen.control(_ERASE_BELOW + _SHOW_CURSOR)
        self._forget_all()
        return pen.take()

    def _leave_for_good(self) -> bool:
        """Leave the alternate screen; return whether the main one's rows are where a resize left them."""
        main = self._main
        if main is None:
            return False
        self._show_main()
        if self._before_resize is None:
            self._known = list(main.known)
        self._pen.restyle(DEFAULT_STYLE)
        return self._before_resize is not None

    def _switch(self, frame: Frame) -> None:
        """Have the terminal show the screen that a frame is for."""
        if not frame.modes.alternate_screen:
            if self._main is not None:
                self._show_main()
            return
        if self._main is None and self._abilities.alternate_screen:
            self._main = _Before(self._known, self._cursor, self._columns, hidden=True)
            self._pen.restyle(DEFAULT_STYLE)
            self._pen.control(_TO_ALTERNATE)
            self._pen.at_home()
            self._modes.enter_alternate()
            self._known = list(blank_frame(rows=self._rows, columns=self._columns).rows)

    def _show_main(self) -> None:
        """Leave the alternate screen; of the main one's rows nothing is taken for granted then."""
        assert self._main is not None
        self._cursor, self._main = self._main.cursor, None
        self._pen.restyle(DEFAULT_STYLE)
        self._pen.control(self._modes.leave_alternate() + _TO_MAIN)
        self._pen.forget_place()
        self._pen.forget_style()
        self._known = [None] * self._rows

    def _forget_all(self) -> None:
        self.invalidate()
        self._shape_touched = False
        self._cursor_shape = 0

    def _rows_in_use(self) -> int:
        """Return how many rows from the top hold something, or the cursor behind something."""
        used = [
            place for place, row in enumerate(self._known) if row is None or any(cell.text != " " for cell in row.cells)
        ]
        row, column = self._cursor
        return min(max([0, *[place + 1 for place in used], row + 1 if column else 0]), self._rows)

    def _feed(self, feed: Feed) -> None:
        """Put rows at the top of the screen and scroll them off, as many at a time as leave a row for what follows."""
        if feed.erase:
            self._pen.control(_ERASE_SCROLLBACK)
            self._known = [None] * self._rows  # kitty and VTE erase the screen with it
        if feed.erase or (feed.parts and self._goes_on):
            self._beyond = 0
            self._known[0] = None
        room = max(1, self._rows - 1)
        for start in range(0, len(feed.rows), room):
            rows = [*feed.rows[start : start + room]]
            count = len(rows)
            following = feed.rows[start + room] if start + room < len(feed.rows) else feed.following
            if rows[-1].wrapped and following is not None:
                rows.append(replace(following, wrapped=False))  # the terminal learns that with what comes below it
            target = [*rows[: self._rows], *self._known[len(rows) :]]
            self._paint_rows(self._known, target)
            self._pen.feed_lines(count, last_row=self._rows - 1)
            self._note_fed(rows[:count])
            self._known = [*target[count:], *[blank_row(self._columns)] * count]

    def _note_fed(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._beyond = self._beyond + self._columns if row.wrapped else 0

    @property
    def _goes_on(self) -> bool:
        """Whether the scrollback's last line goes on in the screen's first row."""
        return self._beyond > 0 and self._main is None

    def _paint_frame(self, frame: Frame) -> None:
        doubtful = self._scroll(frame)
        self._paint_rows(self._known, frame.rows, doubtful)

    def _paint_rows(
        self, old: Sequence[Row | None], new: Sequence[Row | None], doubtful: Set[int] = frozenset()
    ) -> None:
        """Change the rows of the terminal from old (None: unknown) to new (None: as they are).

        Args:
            doubtful: rows that may go on in the next for the terminal, whatever is known; -1 is the scrollback's last.
        """
        above: Row | None = None
        above_before: Row | None = None
        is_erased = not self._goes_on and (old[0] is None or -1 in doubtful)
        if is_erased:
            self._erase_row(0)
        for place, row in enumerate(new):
            known = old[place]
            before = blank_row(self._columns) if is_erased else known
            may_go_on = known is None or known.wrapped or place in doubtful
            is_erased = row is not None and not row.wrapped and may_go_on and place + 1 < len(new)
            if is_erased:
                self._unwrap(place)
                before = None
            wraps = above.wrapped if above is not None else place == 0 and self._goes_on
            newly = wraps and above is not None and (place - 1 in doubtful or not _knows_wrap(above_before, above))
            if row is not None and (newly or not _looks_alike(before, row)):
                if newly and above is not None:
                    self._approach_wrap(place - 1, above)
                paint_row(self._pen, place, before, row, wraps=Wrap.NEW if newly else Wrap.OLD if wraps else Wrap.NONE)
            above, above_before = row, before

    def _unwrap(self, place: int) -> None:
        """Make the terminal forget that a row goes on in the next one; both are to be painted anew then.

        Some remember it with the row's end, some with the whole of the next one, which they forget when it is erased.
        The row itself keeps a cell, or they would forget as well that the one above goes on in it.
        """
        self._erase_row(place, column=min(1, self._columns - 1))
        self._erase_row(place + 1)

    def _erase_row(self, place: int, *, column: int = 0) -> None:
        self._pen.restyle(DEFAULT_STYLE)
        self._pen.move(row=place, column=column)
        self._pen.erase_row_end()

    def _approach_wrap(self, place: int, row: Row) -> None:
        if not (self._pen.wrap_pending and self._pen.row == place):
            rewrite_last(self._pen, place, row)

    def _scroll(self, frame: Frame) -> Set[int]:
        """Move rows to where the frame has them; return which of them may go on in the next for the terminal.

        Never into the scrollback, which has a way of its own: in the main screen the first row stays where it is, as
        terminals differ in what becomes of it (some keep it, some drop a row of the scrollback instead).
        """
        if self._main is None and not self._abilities.scrolls_apart:
            return frozenset()
        known = [row for row in self._known if row is not None]
        if len(known) < len(self._known):
            return frozenset()
        scroll = find_scroll(known, frame.rows)
        if scroll is not None and self._main is None:
            scroll = below_first_row(scroll)
        if scroll is None:
            return frozenset()
        self._shift_rows(scroll, last_row=len(frame.rows) - 1)
        self._known = [*scrolled(known, scroll, blank_row(frame.columns))]
        return seams(known, scroll)

    def _shift_rows(self, scroll: Scroll, *, last_row: int) -> None:
        """Scroll by deleting and inserting rows."""
        count = abs(scroll.distance)
        low_edge = scroll.bottom - count + 1
        down_to_the_end = scroll.bottom == last_row
        if scroll.distance > 0:
            self._pen.delete_rows(count, row=scroll.top)
            if not down_to_the_end:
                self._pen.insert_rows(count, row=low_edge)
        else:
            if not down_to_the_end:
                self._pen.delete_rows(count, row=low_edge)
            self._pen.insert_rows(count, row=scroll.top)

    def _change_shape(self, shape: int) -> bytes:
        if shape == self._cursor_shape or not 0 <= shape <= 6:
            return b""
        self._cursor_shape = shape
        self._shape_touched = True
        return b"\x1b[%d q" % shape

    def _mark_prompt(self, frame: Frame) -> None:
        """Tell the terminal in which row a new prompt began."""
        row = self._surroundings.new_prompt_row(frame)
        if row is not None:
            self._pen.move(row=row, column=0)
            self._pen.control(strings.PROMPT_MARK)

    def _synchronized(self, body: bytes, *, visible: bool) -> bytes:
        """Wrap a larger update so that the terminal shows it at once, and set the cursor's visibility."""
        large = len(body) >= _SYNCHRONIZE_FROM
        before = after = b""
        if large and self._cursor_visible is not False:
            before = _HIDE_CURSOR
            self._cursor_visible = False
        if self._cursor_visible is not visible:
            after = _SHOW_CURSOR if visible else _HIDE_CURSOR
            self._cursor_visible = visible
        if large and self._abilities.synchronized_output:
            begin, end = _SYNCHRONIZE
            return begin + before + body + after + end
        return before + body + after


def _looks_alike(old: Row | None, new: Row) -> bool:
    return old is new or (old is not None and old.cells == new.cells)


def _knows_wrap(old: Row | None, new: Row) -> bool:
    """Tell whether the terminal knows still that a row goes on in the next one: its end was not painted again."""
    width = 2 if new.cells[-1].text == "" else 1
    return old is not None and old.wrapped and old.cells[-width:] == new.cells[-width:]
