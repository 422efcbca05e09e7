"""The painter: brings the user's terminal from the last frame painted to the next with few bytes.

Sans-IO: it returns bytes, and every byte the terminal ever gets comes from here. What stood in the main screen before
is scrolled up at the start, the last frame stays there at the end; what a full-screen program shows is in the alternate
one. No control character that a peer sent gets through, and the main screen scrolls for the scrollback only.
"""

from collections.abc import Callable, Mapping, Set
from functools import partial
from typing import Final

from rmosh.terminal.cells import Clipboard, Frame
from rmosh_client.painting import strings
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.alerts import Alerts
from rmosh_client.painting.canvas import Canvas
from rmosh_client.painting.doubt import Drawing
from rmosh_client.painting.feeding import Feed
from rmosh_client.painting.fitting import fit
from rmosh_client.painting.habits import Hidden
from rmosh_client.painting.layouts import Layouts
from rmosh_client.painting.modes import ModeSetter
from rmosh_client.painting.pen import PaintPen
from rmosh_client.painting.resizing import Settled, Shown, shift_of
from rmosh_client.painting.rows import drawn_column
from rmosh_client.painting.surroundings import Surroundings

#: Bytes from which an update is put into a synchronized one. Reason: it costs 16 bytes, one key needs none.
_SYNCHRONIZE_FROM: Final = 48

#: Bytes of an update that the terminal is given while the rest is being painted. Reason: it reads them meanwhile, a
#: picture of 1.4 MB 25 ms sooner; pages reach it in one piece.
_GIVE_AHEAD: Final = 32768

_SYNCHRONIZE: Final = (b"\x1b[?2026h", b"\x1b[?2026l")
_SHOW_CURSOR: Final = b"\x1b[?25h"
_HIDE_CURSOR: Final = b"\x1b[?25l"
_ERASE_BELOW: Final = b"\x1b[J"
_DEFAULT_CURSOR_SHAPE: Final = b"\x1b[0 q"

#: Into the alternate screen, the cursor kept, and out of it. Cleared by erasing as well: some terminals are set to know
#: none, and erasing all at once (ED 2) would put the screen into the scrollback of others.
_TO_ALTERNATE: Final = b"\x1b[?1049h\x1b[H\x1b[J"
_TO_MAIN: Final = b"\x1b[?1049l"

#: Scrolls within the whole screen, as always, and puts the cursor into the first cell. Reason: xterm 412 puts off what
#: scrolls until there is a pause; where the alternate screen comes before, it forgets its whole scrollback, but this
#: has it scroll at once.
_WHOLE_REGION: Final = b"\x1b[r"


class Painter:
    """One terminal's painter: `start`, any number of `paint`, `finish`; then perhaps `start` again."""

    def __init__(self, abilities: Abilities) -> None:
        self._abilities = abilities
        self._pen = PaintPen(abilities, columns=1)
        self._modes = ModeSetter(extended_keys=abilities.extended_keys)
        self._canvas = Canvas(abilities, self._pen)
        self._cursor = (0, 0)
        self._before_resize: Shown | None = None
        self._lowest = 1
        self._grown = self._spilt = 0
        self._main: Shown | None = None
        self._surroundings = Surroundings(abilities)
        self._cursor_visible: bool | None = True
        self._cursor_shape = 0
        self._shape_touched = False
        self._is_begun = False
        self._alerts = Alerts(notifies=abilities.strings and abilities.notifications)

    def start(self, *, rows: int, columns: int) -> bytes:
        """Return what makes room for rows x columns: what the terminal shows scrolls up, nothing is lost."""
        self._canvas.rows, self._canvas.columns = rows, columns
        self._pen.resize(columns=columns)
        self._pen.forget_style()
        if self._main is not None:
            self._show_main()
        self._pen.unstyle()
        to_row_start = b" " * columns + b"\r"
        self._pen.control(to_row_start + _ERASE_BELOW + b"\n" * (rows - 1))
        self._pen.move(row=0, column=0)
        self._canvas.clear()
        self._canvas.beyond = 0
        self._cursor = (0, 0)
        self._before_resize = None
        self._cursor_visible = True
        return self._pen.take()

    def copy(self, text: str) -> bytes:
        """Return what puts a text on the clipboard; b"" where it is too long, or the terminal takes none."""
        return strings.clipboard(Clipboard(content=text.encode())) if self.may_copy else b""

    @property
    def may_copy(self) -> bool:
        """Whether the terminal takes texts for the clipboard, and the user lets it."""
        return self._surroundings.may_copy

    def watch_colours(self) -> bytes:
        """Return what asks the terminal to report when its colours change."""
        return self._surroundings.watch_colours()

    def learn(self, drawing: Drawing) -> None:
        """Take note of how the terminal draws what others draw otherwise."""
        self._pen.layouts = Layouts(drawing)
        if drawing.wider or drawing.absorbed:
            self._canvas.forget()  # what is shown was painted without that

    def own_colours(self, told: Mapping[int, int]) -> None:
        """Take note of what the terminal told of its own colours, as `rmosh_client.typing.colour_answers` has them."""
        self._surroundings.colours.own(told)

    @property
    def colours_taken(self) -> Set[int]:
        """Which of the colours that the terminal tells are not its own now, but a program's."""
        return self._surroundings.colours.places_told

    @property
    def alert_at(self) -> float | None:
        """When a bell or notification that waits may be passed on by painting again; None where none waits."""
        return self._alerts.due_at

    def resize(self, *, rows: int, columns: int) -> None:
        """Note the terminal's new size: the next frame is painted whole, and fitted to that size."""
        if self._before_resize is None:
            self._before_resize, self._lowest = self._main or self._seen(), rows
            self._grown = self._spilt = 0
        self._lowest = min(self._lowest, rows)
        self._note_height(rows - self._canvas.rows)
        self._canvas.rows, self._canvas.columns = rows, columns
        self._pen.resize(columns=columns)
        self.invalidate()

    def _note_height(self, more: int) -> None:
        """Count rows that a higher window takes out of the scrollback; what a lower one put there comes first."""
        if more < 0:
            self._spilt -= 0 if self._abilities.alternate_apart else more
            return
        back = min(more, self._spilt)
        self._spilt -= back
        self._grown += more - back

    @property
    def size_told_within(self) -> float:
        """Seconds in which the terminal may have got another size after it told one, and not have told that yet."""
        return self._abilities.resizing.told_within

    @property
    def has_alternate(self) -> bool:
        """Whether the terminal has an alternate screen."""
        return self._abilities.alternate_screen

    def show_main(self) -> bytes:
        """Return what leaves the alternate screen, with the cursor where it was in the main one."""
        self._show_main()
        return self._pen.take()

    def settle(self, cursor_row: int | None) -> Settled:
        """Return what a resize did to the main screen, with what puts rows that it brought back where they were.

        Args:
            cursor_row: where the terminal says that its cursor is; None where it did not say.
        """
        canvas, habits = self._canvas, self._abilities.resizing
        before, self._before_resize = self._before_resize, None
        if before is None or cursor_row is None:
            return Settled()
        shift = shift_of(
            before,
            cursor_row=cursor_row,
            rows=canvas.rows,
            columns=canvas.columns,
            lowest=self._lowest,
            habits=habits,
        )
        canvas.beyond = shift.beyond
        if shift.cut:
            canvas.erase_row(shift.pulled - 1, column=shift.cut)
        if shift.pulled:
            self._pen.feed_lines(shift.pulled, last_row=canvas.rows - 1)
        destroyed = self._grown if before.hidden and habits.hidden is Hidden.IN_PLACE else 0
        return Settled(self._pen.take(), shift.pushed, destroyed, shift.is_known)

    def invalidate(self) -> None:
        """Stop trusting that the terminal shows what was painted, or is in the modes it was put in."""
        self._canvas.forget()
        self._pen.forget_place()
        self._pen.forget_style()
        self._modes.forget()
        self._cursor_visible = None

    def paint(
        self,
        target: Frame,
        feed: Feed | None = None,
        *,
        now: float,
        give_ahead: Callable[[bytes], None] | None = None,
    ) -> bytes:
        """Return the bytes that turn the last frame painted into this one; b"" where they look alike.

        Args:
            feed: what the terminal's scrollback gets before.
            now: monotonic seconds, for bells and notifications to be paced.
            give_ahead: takes the first bytes of a large update while the rest is painted; what is returned follows.
        """
        frame = fit(target, rows=self._canvas.rows, columns=self._canvas.columns)
        pen = self._pen
        self._switch(frame)
        pen.control(self._modes.change(frame.modes))
        pen.control(self._alerts.take(frame, now=now) + self._surroundings.change(frame))
        if feed is not None:
            self._canvas.feed(feed)
        self._canvas.on_row = None if give_ahead is None else partial(self._give_ahead, give_ahead)
        self._canvas.show(frame)
        self._canvas.on_row = None
        self._mark(frame)
        row = frame.cursor.row
        pen.rest(row=row, column=drawn_column(pen, frame.rows[row], frame.cursor.column))
        pen.control(self._change_shape(frame.cursor.shape))
        self._cursor = (frame.cursor.row, frame.cursor.column)
        return self._synchronized(pen.take(), visible=frame.cursor.visible)

    def finish(self) -> bytes:
        """Return what gives the terminal back: every mode restored, the cursor under the last line in use."""
        pen = self._pen
        if self._is_begun:  # a fault kept it from being ended
            pen.control(self._synchronized(b"", visible=True))
        pen.forget_style()
        pen.unstyle()
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
            in_use = self.rows_in_use
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
            self._canvas.known = list(main.rows)
        self._pen.unstyle()
        return self._before_resize is not None

    def _switch(self, frame: Frame) -> None:
        """Have the terminal show the screen that a frame is for."""
        if not frame.modes.alternate_screen:
            if self._main is not None:
                self._show_main()
            return
        if self._main is None and self._abilities.alternate_screen:
            self._main = self._seen(hidden=True)
            self._canvas.is_main = False
            self._pen.unstyle()
            self._pen.control(_WHOLE_REGION)
            self._pen.at_home()
            row, column = self._cursor
            self._pen.rest(row=row, column=column)
            self._pen.control(_TO_ALTERNATE)
            self._pen.at_home()
            self._modes.enter_alternate()
            self._canvas.clear()

    def _show_main(self) -> None:
        """Leave the alternate screen; of the main one's rows nothing is taken for granted then."""
        assert self._main is not None
        self._cursor, self._main = self._main.cursor, None
        self._canvas.is_main = True
        self._pen.unstyle()
        self._pen.control(self._modes.leave_alternate() + _TO_MAIN)
        self._pen.forget_place()
        self._pen.forget_style()
        self._canvas.forget()

    def _forget_all(self) -> None:
        self.invalidate()
        self._shape_touched = False
        self._cursor_shape = 0

    def _seen(self, *, hidden: bool = False) -> Shown:
        canvas = self._canvas
        return Shown(canvas.known, self._cursor, canvas.columns, hidden=hidden, beyond=canvas.beyond)

    @property
    def rows_in_use(self) -> int:
        """How many rows from the top hold something, or the cursor behind something."""
        row, column = self._cursor
        return min(max(self._canvas.used(), row + 1 if column else 0), self._canvas.rows)

    def _change_shape(self, shape: int) -> bytes:
        if shape == self._cursor_shape or not 0 <= shape <= 6:
            return b""
        self._cursor_shape = shape
        self._shape_touched = True
        return b"\x1b[%d q" % shape

    def _mark(self, frame: Frame) -> None:
        """Tell the terminal where prompts, commands and the like began."""
        for row, mark in self._surroundings.new_marks(frame):
            self._pen.move(row=row, column=mark.column)
            self._pen.control(strings.mark(mark))

    def _give_ahead(self, give: Callable[[bytes], None]) -> None:
        """Let the terminal have what is painted, if that is much."""
        if self._pen.bulk >= _GIVE_AHEAD:
            body = self._pen.take()
            give(body if self._is_begun else self._begin() + body)

    def _begin(self) -> bytes:
        """Begin a larger update: the terminal is to show it at once, and no cursor meanwhile."""
        self._is_begun = True
        begin, _ = _SYNCHRONIZE
        hide = b"" if self._cursor_visible is False else _HIDE_CURSOR
        self._cursor_visible = False
        return begin + hide if self._abilities.synchronized_output else hide

    def _synchronized(self, body: bytes, *, visible: bool) -> bytes:
        """Return an update, or the rest of one that is begun, wrapped if it is larger; set the cursor's visibility."""
        if not self._is_begun and len(body) >= _SYNCHRONIZE_FROM:
            body = self._begin() + body
        if self._cursor_visible is not visible:
            body += _SHOW_CURSOR if visible else _HIDE_CURSOR
            self._cursor_visible = visible
        if self._is_begun and self._abilities.synchronized_output:
            _, end = _SYNCHRONIZE
            body += end
        self._is_begun = False
        return body
