"""Families of terminals: what each makes of its scrollback when a program scrolls or clears the whole main screen.

Seen in real ones, without rmosh: VTE 0.84, xterm 412, kitty 0.48, alacritty 0.17, foot 1.28, konsole 26.08, urxvt 9.31,
tmux 3.3a.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyte
from client_ui_terminal import MendedScreen
from pyte.screens import Cursor

#: The mode that switches screens, as pyte numbers private modes.
_ALTERNATE: Final = 1049 << 5


@dataclass(frozen=True, slots=True)
class Family:
    """What a terminal does with the scrollback, where they differ.

    Attributes:
        keeps_deleted: rows deleted (DL) at the top of the screen go into it.
        takes_back: rows inserted (IL, RI) at the top take as many rows out of it, which are lost.
        scrolls_apart: that is so at the top only; elsewhere it concerns rows deleted or inserted in any place.
        keeps_cleared: what is erased all at once (ED 2) goes into it.
        keeps_erased: what is erased from the first cell to the last (ED 0) goes into it.
        clears_with_it: the screen is erased with the scrollback (ED 3).
    """

    keeps_deleted: bool = False
    takes_back: bool = False
    scrolls_apart: bool = True
    keeps_cleared: bool = False
    keeps_erased: bool = False
    clears_with_it: bool = False


FAMILIES: Final = {
    "alacritty": Family(keeps_deleted=True, keeps_cleared=True),
    "foot": Family(keeps_deleted=True, takes_back=True, scrolls_apart=False),
    "kitty": Family(clears_with_it=True),
    "konsole": Family(),
    "tmux": Family(keeps_cleared=True, keeps_erased=True),
    "urxvt": Family(),
    "vte": Family(keeps_deleted=True, keeps_cleared=True, clears_with_it=True),
    "xterm": Family(keeps_deleted=True),
}


class FamilyScreen(MendedScreen):
    """pyte's screen with an alternate one and a scrollback of texts."""

    def __init__(self, family: Family, *, rows: int, columns: int) -> None:
        self._family = family
        self._main: tuple[object, Cursor] | None = None
        self.scrollback: list[str] = []
        super().__init__(columns, rows)

    @property
    def is_alternate(self) -> bool:
        return self._main is not None

    def texts(self) -> list[str]:
        """Return the screen's lines."""
        self.touch_rows()
        rows = [self.buffer[row] for row in range(self.lines)]
        return ["".join(row[column].data for column in range(self.columns)).rstrip() for row in rows]

    def set_mode(self, *modes: int, **options: bool) -> None:
        super().set_mode(*modes, **options)
        if _ALTERNATE in self.mode and self._main is None:
            cursor = self.cursor
            self._main = ({row: dict(self.buffer[row]) for row in range(self.lines)}, cursor)
            super().erase_in_display(2)
            self.cursor = Cursor(cursor.x, cursor.y, cursor.attrs)

    def reset_mode(self, *modes: int, **options: bool) -> None:
        super().reset_mode(*modes, **options)
        if _ALTERNATE not in self.mode and self._main is not None:
            rows, self.cursor = self._main
            self._main = None
            for number, cells in rows.items():
                self.buffer[number].clear()
                self.buffer[number].update(cells)

    def index(self) -> None:
        if self.cursor.y == self.lines - 1 and not self.is_alternate:
            self._keep(1)
        super().index()

    def reverse_index(self) -> None:
        if self.cursor.y == 0:
            self._take_back(1)
        super().reverse_index()

    def insert_lines(self, count: int | None = None) -> None:
        if self._meets_scrollback:
            self._take_back(count or 1)
        super().insert_lines(count)

    def delete_lines(self, count: int | None = None) -> None:
        if self._meets_scrollback and self._family.keeps_deleted and not self.is_alternate:
            self._keep(count or 1, first=self.cursor.y)
        super().delete_lines(count)

    def erase_in_display(self, how: int = 0, *args: object, **options: object) -> None:
        is_at_home = (self.cursor.y, self.cursor.x) == (0, 0)
        kept = (how == 2 and self._family.keeps_cleared) or (how == 0 and is_at_home and self._family.keeps_erased)
        if kept and not self.is_alternate:
            self._keep(max([0, *[number for number, text in enumerate(self.texts(), 1) if text]]))
        if how == 3:
            self.scrollback.clear()
        if how != 3 or self._family.clears_with_it:
            super().erase_in_display(min(how, 2), *args, **options)

    @property
    def _meets_scrollback(self) -> bool:
        return self.cursor.y == 0 or not self._family.scrolls_apart

    def _keep(self, count: int, *, first: int = 0) -> None:
        self.scrollback += self.texts()[first : first + count]

    def _take_back(self, count: int) -> None:
        if self._family.takes_back and not self.is_alternate:
            del self.scrollback[max(0, len(self.scrollback) - count) :]


def started(family: Family, *, rows: int, columns: int) -> tuple[FamilyScreen, Callable[[bytes], None]]:
    """Return a terminal, and what feeds it."""
    screen = FamilyScreen(family, rows=rows, columns=columns)
    return screen, pyte.ByteStream(screen).feed
