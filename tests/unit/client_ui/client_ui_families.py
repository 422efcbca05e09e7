"""Families of terminals: what each makes of its screen and scrollback when rows scroll, are cleared, or have no room.

Held against real ones by `tests/terminals/`: xterm 412, VTE 0.84, kitty 0.48, alacritty 0.17, foot 1.28, konsole 26.08,
urxvt 9.31, tmux 3.3a. foot takes blank rows at its bottom for rows in use now and then. xterm.js was not driven: its
model is what its source says (6.1, Buffer.ts and InputHandler.ts).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import pyte
from pyte.screens import Char, Cursor

from rmosh_client.painting.abilities import Abilities, Terminfo, judge_abilities
from tests.unit.client_ui.client_ui_rests import RestScreen

#: The mode that switches screens, as pyte numbers private modes.
_ALTERNATE: Final = 1049 << 5

_TERMINFO: Final = Terminfo(
    colours=256,
    moves_cursor=True,
    erases_with_background=True,
    direct_colour=False,
    underline_styles=False,
    alternate_screen=True,
)


class Cut(Enum):
    """Which rows at its bottom a screen loses before others go from its top into the scrollback."""

    BELOW_CURSOR = "all below the cursor"
    UNUSED = "blank ones"
    NONE = "none"


class Lost(Enum):
    """Where the cursor is said to be once its row went into the scrollback."""

    FIRST = "in the first row"
    LAST = "in the last row"


class Back(Enum):
    """When a higher window gets rows out of the scrollback."""

    ALWAYS = "always"
    BELOW_NOTHING = "where the cursor is in the last row"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Family:
    """What a terminal does with the scrollback, where they differ.

    Attributes:
        environment: what the terminal sets for programs.
        keeps_deleted: rows deleted (DL) at the top of the screen go into it.
        takes_back: rows inserted (IL, RI) at the top take as many rows out of it, which are lost.
        scrolls_apart: that is so at the top only; elsewhere it concerns rows deleted or inserted in any place.
        keeps_cleared: what is erased all at once (ED 2) goes into it.
        keeps_erased: what is erased from the first cell to the last (ED 0) goes into it, and never comes back.
        keeps_alternate: rows that scroll off the alternate screen go into it.
        erases: it can be erased (ED 3).
        clears_with_it: the screen is erased with it.
        brings_back: whether a higher window gets rows out of it.
        cut, lost: what a lower window does.
        refills: a window of another size shows the last rows in use, and out of the scrollback as many more as it can.
        hidden_apart: the main screen's rows stay in place while the alternate one is resized; a higher window takes
            rows out of the scrollback into that, and they are lost.
        wraps_again: a window of another width wraps lines anew.
        cursor_stays: it does so with the cursor's row in its place, as far as there are rows.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: {"TERM": "xterm-256color"})
    keeps_deleted: bool = False
    takes_back: bool = False
    scrolls_apart: bool = True
    keeps_cleared: bool = False
    keeps_erased: bool = False
    keeps_alternate: bool = False
    erases: bool = True
    clears_with_it: bool = False
    brings_back: Back = Back.ALWAYS
    cut: Cut = Cut.BELOW_CURSOR
    lost: Lost = Lost.FIRST
    refills: bool = False
    hidden_apart: bool = False
    wraps_again: bool = True
    cursor_stays: bool = False

    @property
    def abilities(self) -> Abilities:
        """What the client takes it for."""
        return judge_abilities(self.environment, _TERMINFO)


FAMILIES: Final = {
    "alacritty": Family({"TERM": "alacritty"}, keeps_deleted=True, keeps_cleared=True, cursor_stays=True),
    "foot": Family(
        {"TERM": "foot"},
        keeps_deleted=True,
        takes_back=True,
        scrolls_apart=False,
        cut=Cut.UNUSED,
        lost=Lost.LAST,
        refills=True,
    ),
    "foot, with blank rows": Family(
        {"TERM": "foot"}, keeps_deleted=True, takes_back=True, scrolls_apart=False, cut=Cut.NONE, lost=Lost.LAST
    ),
    "kitty": Family({"TERM": "xterm-kitty"}, clears_with_it=True, brings_back=Back.NEVER, cut=Cut.UNUSED),
    "konsole": Family({"TERM": "xterm-256color", "KONSOLE_VERSION": "260800"}, brings_back=Back.BELOW_NOTHING),
    "tmux": Family(
        {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"},
        keeps_cleared=True,
        keeps_erased=True,
        cursor_stays=True,
    ),
    "urxvt": Family(
        {"TERM": "rxvt-unicode-256color"},
        keeps_deleted=True,
        keeps_alternate=True,
        erases=False,
        cut=Cut.NONE,
        hidden_apart=True,
    ),
    "vte": Family(
        {"TERM": "xterm-256color", "VTE_VERSION": "8400"}, keeps_deleted=True, keeps_cleared=True, clears_with_it=True
    ),
    "xterm": Family(
        {"TERM": "xterm-256color", "XTERM_VERSION": "XTerm(412)"},
        keeps_deleted=True,
        hidden_apart=True,
        wraps_again=False,
    ),
    "xterm.js": Family({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, brings_back=Back.BELOW_NOTHING),
}


@dataclass
class _Rows:
    """The rows of one screen: texts with whether each is the rest of the one above; and the cursor's row and column."""

    rows: list[tuple[str, bool]]
    row: int
    column: int


class FamilyScreen(RestScreen):
    """pyte's screen with an alternate one, sizes, and answers.

    Attributes:
        answers: what it said when it was asked.
        destroyed: lines that it lost from the scrollback by itself.
        spilt: rows that it put there by itself, out of the alternate screen.
    """

    def __init__(self, family: Family, *, rows: int, columns: int) -> None:
        self._family = family
        self._main: tuple[dict[int, dict[int, Char]], list[bool], Cursor] | None = None
        self.answers = b""
        self._cleared = 0
        self.destroyed: list[str] = []
        self.spilt: list[str] = []
        super().__init__(rows=rows, columns=columns)

    @property
    def is_alternate(self) -> bool:
        return self._main is not None

    def kept(self) -> list[str]:
        """Return the scrollback's lines."""
        return [text.rstrip() for text, _ in self.scrollback]

    def texts(self) -> list[str]:
        """Return the screen's lines."""
        return [self.text(row).rstrip() for row in range(self.lines)]

    def write_process_input(self, data: str) -> None:
        self.answers += data.encode()

    def set_mode(self, *modes: int, **options: bool) -> None:
        super().set_mode(*modes, **options)
        if _ALTERNATE in self.mode and self._main is None:
            cursor = self.cursor
            self._main = ({row: dict(self.buffer[row]) for row in range(self.lines)}, self.rests, cursor)
            super().erase_in_display(2)
            self.rests = [False] * self.lines
            self.cursor = Cursor(cursor.x, cursor.y, cursor.attrs)

    def reset_mode(self, *modes: int, **options: bool) -> None:
        super().reset_mode(*modes, **options)
        if _ALTERNATE not in self.mode and self._main is not None:
            rows, self.rests, self.cursor = self._main
            self._main = None
            for number, cells in rows.items():
                self.buffer[number].clear()
                self.buffer[number].update(cells)

    def keep(self, count: int, *, first: int = 0) -> None:
        if not self.is_alternate:
            super().keep(count, first=first)
        elif self._family.keeps_alternate:
            self.spilt += self.texts()[first : first + count]
            super().keep(count, first=first)

    def reverse_index(self) -> None:
        if self.cursor.y == 0:
            self._take_back(1)
        super().reverse_index()

    def insert_lines(self, count: int | None = None) -> None:
        if self._meets_scrollback:
            self._take_back(count or 1)
        super().insert_lines(count)

    def delete_lines(self, count: int | None = None) -> None:
        if self._meets_scrollback and self._family.keeps_deleted:
            self.keep(count or 1, first=self.cursor.y)
        super().delete_lines(count)

    def erase_in_display(self, how: int = 0, *args: object, **options: object) -> None:
        is_at_home = (self.cursor.y, self.cursor.x) == (0, 0)
        kept = (how == 2 and self._family.keeps_cleared) or (how == 0 and is_at_home and self._family.keeps_erased)
        if kept and not self.is_alternate:
            self.keep(max([0, *[number for number, text in enumerate(self.texts(), 1) if text]]))
            self._cleared = len(self.scrollback) if self._family.keeps_erased else 0
        if how == 3 and self._family.erases:
            self.scrollback.clear()
        if how != 3 or self._family.clears_with_it:
            super().erase_in_display(min(how, 2), *args, **options)

    def resized(self, rows: int, columns: int) -> None:
        """Give the window a size; one that it has already changes nothing (seen in foot and alacritty)."""
        if (rows, columns) == (self.lines, self.columns):
            return
        shown = _Rows([(self.text(row), self.rests[row]) for row in range(self.lines)], self.cursor.y, self.cursor.x)
        hidden = None
        if self._main is not None:
            cells, rests, cursor = self._main
            texts = [
                "".join(cells[row].get(column, self.default_char).data for column in range(self.columns))
                for row in range(self.lines)
            ]
            hidden = _Rows([*zip(texts, rests, strict=True)], cursor.y, cursor.x)
        if hidden is None:
            self._resize_main(shown, rows, columns)
        elif self._family.hidden_apart:
            self._resize_apart(shown, hidden, rows, columns)
        else:
            self._resize_main(hidden, rows, columns)
        self._show(shown if hidden is None else hidden, rows, columns)
        if hidden is not None:
            self._main = None
            self.mode.discard(_ALTERNATE)
            self.set_mode(1049, private=True)

    def _show(self, rows: _Rows, height: int, columns: int) -> None:
        self.lines, self.columns, self.margins = height, columns, None
        self.buffer.clear()
        for number, (text, _) in enumerate(rows.rows):
            for column, character in enumerate(text[:columns].ljust(columns)):
                self.buffer[number][column] = self.default_char._replace(data=character)
        self.rests = [is_rest for _, is_rest in rows.rows]
        self.cursor.y, self.cursor.x = rows.row, min(rows.column, columns - 1)

    def _resize_apart(self, shown: _Rows, hidden: _Rows, height: int, columns: int) -> None:
        """Resize the main screen in its place, and the alternate one at the scrollback's cost."""
        more = height - len(hidden.rows)
        if more > 0:
            self.destroyed += [text.rstrip() for text, _ in self.scrollback[-more:]]
            del self.scrollback[-more:]
        elif self._family.keeps_alternate:
            self.spilt += [text.rstrip() for text, _ in shown.rows[:-more]]
            self.scrollback += shown.rows[:-more]
        hidden.rows = [*hidden.rows[:height], *[("", False)] * more]
        hidden.row = min(hidden.row + (max(0, more) if not self._family.keeps_alternate else 0), height - 1)

    def _resize_main(self, screen: _Rows, height: int, columns: int) -> None:
        if columns != self.columns and self._family.wraps_again:
            self._wrap_again(screen, columns)
        if self._family.refills:
            self._refill(screen, height)
        elif height < len(screen.rows):
            self._lower(screen, height)
        elif height > len(screen.rows):
            more = height - len(screen.rows)
            back = min(more, max(0, len(self.scrollback) - self._cleared)) if self._brings_back(screen) else 0
            screen.rows = [*self.scrollback[len(self.scrollback) - back :], *screen.rows]
            del self.scrollback[len(self.scrollback) - back :]
            screen.rows += [("", False)] * (height - len(screen.rows))
            screen.row += back

    def _refill(self, screen: _Rows, height: int) -> None:
        used = _used(screen)
        rows = [*self.scrollback, *screen.rows[: used + 1]]  # with one that is blank, if there are any
        first = max(0, len(rows) - height)
        screen.row += len(self.scrollback) - first
        if screen.row < 0:
            screen.row = 0 if self._family.lost is Lost.FIRST else height - 1
        self.scrollback, screen.rows = rows[:first], [*rows[first:], *[("", False)] * (height - len(rows) + first)]

    def _brings_back(self, screen: _Rows) -> bool:
        is_below_nothing = screen.row == len(screen.rows) - 1
        back = self._family.brings_back
        return back is Back.ALWAYS or (back is Back.BELOW_NOTHING and is_below_nothing)

    def _lower(self, screen: _Rows, height: int) -> None:
        gone = len(screen.rows) - height
        if self._family.cut is Cut.BELOW_CURSOR:
            gone = max(0, screen.row + 1 - height)
        elif self._family.cut is Cut.UNUSED:
            gone = max(0, _used(screen) - height)
        self.scrollback += screen.rows[:gone]
        screen.rows = screen.rows[gone : gone + height]
        if self._family.cut is Cut.UNUSED:
            screen.row = min(screen.row, height - 1)
        elif screen.row >= gone:
            screen.row -= gone
        else:
            screen.row = 0 if self._family.lost is Lost.FIRST else height - 1

    def _wrap_again(self, screen: _Rows, columns: int) -> None:
        """Wrap the lines of scrollback and screen for another width, as many rows as before on the screen."""
        height, top = len(screen.rows), len(self.scrollback)
        rows, places = _wrapped_again([*self.scrollback, *screen.rows], columns)
        row, column = places(top + screen.row, screen.column)
        if self._family.cut is Cut.NONE:
            first = max(0, len(rows) - height)
        elif self._family.cursor_stays:
            first = max(0, row - screen.row)
        else:
            first = places(top, 0)[0]
            first = min(first, max(0, row - screen.row)) if self._family.brings_back is not Back.NEVER else first
            first = max(first, row - height + 1)
        self.scrollback = rows[:first]
        screen.rows = [*rows[first : first + height], *[("", False)] * (height - len(rows) + first)]
        screen.row, screen.column = row - first, column

    @property
    def _meets_scrollback(self) -> bool:
        return self.cursor.y == 0 or not self._family.scrolls_apart

    def _take_back(self, count: int) -> None:
        if self._family.takes_back and not self.is_alternate:
            del self.scrollback[max(0, len(self.scrollback) - count) :]


def _used(screen: _Rows) -> int:
    """Return how many rows from the top hold something, or the cursor."""
    return max([screen.row, *[number for number, (text, _) in enumerate(screen.rows) if text.strip()]]) + 1


def _wrapped_again(
    rows: list[tuple[str, bool]], columns: int
) -> tuple[list[tuple[str, bool]], Callable[[int, int], tuple[int, int]]]:
    """Return rows wrapped for another width, and what tells where a row and column of the old ones is."""
    lines: list[str] = []
    starts: list[tuple[int, int]] = []
    for text, is_rest in rows:
        if not (is_rest and lines):
            lines.append("")
        starts.append((len(lines) - 1, len(lines[-1])))
        lines[-1] += text
    again: list[tuple[str, bool]] = []
    firsts = []
    for line in lines:
        line = line.rstrip()
        firsts.append(len(again))
        again += [(line[at : at + columns], at > 0) for at in range(0, max(len(line), 1), columns)]

    def place(row: int, column: int) -> tuple[int, int]:
        line, offset = starts[row]
        last = (firsts[line + 1] if line + 1 < len(firsts) else len(again)) - 1
        at = min(firsts[line] + (offset + column) // columns, last)
        return at, min(offset + column - (at - firsts[line]) * columns, columns - 1)

    return again, place


def started(family: Family, *, rows: int, columns: int) -> tuple[FamilyScreen, Callable[[bytes], None]]:
    """Return a terminal, and what feeds it."""
    screen = FamilyScreen(family, rows=rows, columns=columns)
    return screen, pyte.ByteStream(screen).feed
