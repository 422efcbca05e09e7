"""The canvas: the rows that the terminal shows, as far as known, and how they become others or its scrollback's.

Rows are 0-based, of the terminal's size. It knows rows only: no modes, no notices, no other screen.
"""

from collections.abc import Callable, Sequence, Set
from typing import Final

from rmosh.terminal.cells import Frame, blank_frame
from rmosh.terminal.rows import RIGHT_HALF, Row, blank_row, side_by_side
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.feeding import Feed, Printable, print_lines
from rmosh_client.painting.pen import PaintPen
from rmosh_client.painting.rows import Wrap, approach_wrap, leaves_gap, paint_row, wants_clean_row
from rmosh_client.painting.scrolls import Scroll, below_first_row, find_scroll, scrolled, seams
from rmosh_client.painting.spans import has_same_cells, looks_alike

_ERASE_SCROLLBACK: Final = b"\x1b[3J"


class Canvas:
    """The rows of one terminal.

    Attributes:
        rows, columns: the terminal's size.
        known: the rows it shows; None where one is not known.
        is_main: they are the main screen's: the scrollback is above them.
        beyond: columns in the scrollback of a line that goes on in the main screen's first row.
        on_row: called after each row that is painted.
    """

    def __init__(self, abilities: Abilities, pen: PaintPen) -> None:
        self._abilities = abilities
        self._pen = pen
        self.rows = self.columns = 1
        self.known: list[Row | None] = [None]
        self.is_main = True
        self.beyond = 0
        self.on_row: Callable[[], None] | None = None

    def clear(self) -> None:
        """Take note that all rows are blank."""
        self.known = list(blank_frame(rows=self.rows, columns=self.columns).rows)

    def forget(self) -> None:
        """Stop trusting that the terminal shows what was painted."""
        self.known = [None] * self.rows

    def show(self, frame: Frame) -> None:
        """Turn the rows into those of a frame of the terminal's size."""
        doubtful = self._scroll(frame)
        self._paint_rows(self.known, frame.rows, doubtful)
        self.known = list(frame.rows)

    def feed(self, feed: Feed) -> None:
        """Put lines into the scrollback: many are printed over the screen, few painted at its top and scrolled off."""
        if feed.erase:
            self._pen.control(_ERASE_SCROLLBACK)
            self.forget()  # kitty and VTE erase the screen with it
        if feed.erase or (feed.parts and self._goes_on):
            self.beyond = 0
            self.known[0] = None
        rows: list[Row] = []
        for piece in feed.rows:
            if isinstance(piece, Row):
                rows.append(piece)
                continue
            if self.rows == 1 or len(piece.lines) < self.rows:
                rows += piece.rows(self.columns)
                continue
            self._scroll_off(rows, None)
            self._print(piece)
            rows = []
        self._scroll_off(rows, feed.following)

    def _print(self, printable: Printable) -> None:
        if self._goes_on:
            self.beyond = 0
        print_lines(self._pen, printable.lines, rows=self.rows, columns=self.columns)
        self.clear()

    def _scroll_off(self, fed: Sequence[Row], following: Row | None) -> None:
        """Paint rows at the top and scroll them off, as many at a time as leave a row for what follows."""
        room = max(1, self.rows - 1)
        for start in range(0, len(fed), room):
            rows = [*fed[start : start + room]]
            count = len(rows)
            next_row = fed[start + room] if start + room < len(fed) else following
            if rows[-1].wrapped and next_row is not None:
                rows.append(next_row.replace(wrapped=False))  # the terminal learns that with what comes below it
            target = [*rows[: self.rows], *self.known[len(rows) :]]
            self._paint_rows(self.known, target)
            self._pen.feed_lines(count, last_row=self.rows - 1)
            self._note_fed(rows[:count])
            self.known = [*target[count:], *[blank_row(self.columns)] * count]

    def erase_row(self, place: int, *, column: int = 0) -> None:
        """Erase a row from a column on; what is known of it is not changed."""
        self._pen.unstyle()
        self._pen.move(row=place, column=column)
        self._pen.erase_row_end()

    def used(self) -> int:
        """Return how many rows from the top hold something, or may."""
        used = [place for place, row in enumerate(self.known) if row is None or row.signs.strip(" ")]
        return used[-1] + 1 if used else 0

    def _note_fed(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.beyond = self.beyond + self.columns if row.wrapped else 0

    @property
    def _goes_on(self) -> bool:
        """Whether the scrollback's last line goes on in the screen's first row."""
        return self.beyond > 0 and self.is_main

    def _paint_rows(
        self, old: Sequence[Row | None], new: Sequence[Row | None], doubtful: Set[int] = frozenset()
    ) -> None:
        """Change the rows of the terminal from old (None: unknown) to new (None: as they are).

        Args:
            doubtful: rows that may go on in the next for the terminal, whatever is known; -1 is the scrollback's last.
        """
        above: Row | None = None
        above_before: Row | None = None
        gap = False
        is_erased = not self._goes_on and (old[0] is None or -1 in doubtful)
        if is_erased:
            self.erase_row(0)
        for place, row in enumerate(new):
            known = old[place]
            wraps = above.wrapped if above is not None else place == 0 and self._goes_on
            if row is known and row is not None and not (wraps or row.wrapped or is_erased or place in doubtful):
                above = row
                continue
            before = blank_row(self.columns) if is_erased else known
            may_go_on = known is None or known.wrapped or place in doubtful
            is_erased = row is not None and not row.wrapped and may_go_on and place + 1 < len(new)
            if is_erased:
                self._unwrap(place)
                before = None
            newly = wraps and above is not None and (place - 1 in doubtful or not _knows_wrap(above_before, above))
            gap_above, gap = gap, row is not None and row.wrapped and leaves_gap(self._pen, row, new[place + 1 :][:1])
            if row is not None and (newly or not looks_alike(before, row)):
                if wants_clean_row(before, row, with_gap=gap):
                    before = self._clean(place, before, is_rest=wraps and above is None)
                    newly = wraps and above is not None
                if newly and above is not None:
                    approach_wrap(self._pen, place - 1, above, over_gap=gap_above)
                wrap = Wrap.NEW if newly else Wrap.OLD if wraps else Wrap.NONE
                paint_row(self._pen, place, before, row, wraps=wrap, with_gap=gap)
                if self.on_row is not None:
                    self.on_row()
            above, above_before = row, before

    def _clean(self, place: int, known: Row | None, *, is_rest: bool) -> Row | None:
        """Erase a row; return what it is then: one that is the scrollback's rest keeps its first character."""
        if not is_rest:
            self.erase_row(place)
            return blank_row(self.columns)
        if known is None or self.columns < 3:
            return known
        kept = 2 if known.signs[1] == RIGHT_HALF else 1
        self.erase_row(place, column=kept)
        return side_by_side(known.part(0, kept), blank_row(self.columns - kept)).replace(written=kept)

    def _unwrap(self, place: int) -> None:
        """Make the terminal forget that a row goes on in the next one; both are to be painted anew then.

        Some remember it with the row's end, some with the whole of the next one, which they forget when it is erased.
        The row itself keeps a cell, or they would forget as well that the one above goes on in it.
        """
        self.erase_row(place, column=min(1, self.columns - 1))
        self.erase_row(place + 1)

    def _scroll(self, frame: Frame) -> Set[int]:
        """Move rows to where the frame has them; return which of them may go on in the next for the terminal.

        Never into the scrollback, which has a way of its own: in the main screen the first row stays where it is, as
        terminals differ in what becomes of it (some keep it, some drop a row of the scrollback instead); and in the
        alternate screen where that is kept as well.
        """
        if self.is_main and not self._abilities.scrolls_apart:
            return frozenset()
        known = [row for row in self.known if row is not None]
        if len(known) < len(self.known):
            return frozenset()
        scroll = find_scroll(known, frame.rows)
        if scroll is not None and (self.is_main or not self._abilities.alternate_apart):
            scroll = below_first_row(scroll)
        if scroll is None:
            return frozenset()
        self._shift_rows(scroll, last_row=len(frame.rows) - 1)
        self.known = [*scrolled(known, scroll, blank_row(frame.columns))]
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


def _knows_wrap(old: Row | None, new: Row) -> bool:
    """Tell whether the terminal knows still that a row goes on in the next one: its end was not painted again."""
    width = 2 if new.signs[-1] == RIGHT_HALF else 1
    edge = new.columns - width
    if old is None or not old.wrapped or not has_same_cells(old.part(edge, old.columns), new.part(edge, new.columns)):
        return False
    return (old.written == old.columns) == (new.written == new.columns)
