"""The prompt in the status line: one line of text, edited as shells edit theirs. Knows not what it is for."""

from enum import Enum, auto
from typing import Final

from rmosh.terminal.cells import Cell
from rmosh.terminal.width import cells_of
from rmosh_client.showing.overlays import OWN_STYLE
from rmosh_client.viewing.keys import Pasted, Typed, ViewerKey
from rmosh_client.viewing.layout import fitted

#: Most characters taken. Reason: bounds how far a match reaches; longer than any pattern typed and most paths.
MAX_LENGTH: Final = 255

_BACKSPACES: Final = ("\x7f", "\x08")
_INTERRUPT: Final = "\x03"


class Editing(Enum):
    """Where a prompt is."""

    GOES_ON = auto()
    ACCEPTED = auto()
    ABANDONED = auto()


class LineEditor:
    """A label, a text, and a place in it.

    Attributes:
        text: what was typed so far.
    """

    def __init__(self, label: str) -> None:
        self._label = label
        self._place = 0
        self.text = ""

    def take(self, typed: Typed) -> Editing:
        """Obey a key; those that mean nothing here are ignored. Backspace in an empty line abandons it."""
        if typed is ViewerKey.ENTER:
            return Editing.ACCEPTED
        if typed in (ViewerKey.ESCAPE, _INTERRUPT) or (typed in _BACKSPACES and not self.text):
            return Editing.ABANDONED
        if isinstance(typed, Pasted):
            self._insert(typed.text)
        elif isinstance(typed, str) and typed.isprintable():
            self._insert(typed)
        else:
            self._edit(typed)
        return Editing.GOES_ON

    def shown(self, *, columns: int) -> tuple[tuple[Cell, ...], int]:
        """Return the line's cells, the end of the text before the cursor in view, and the cursor's column."""
        before = f" {self._label}{self.text[: self._place]}"
        column = len(cells_of(before))
        while column >= columns:
            before = before[1:]
            column = len(cells_of(before))
        return fitted(before + self.text[self._place :], OWN_STYLE, columns=columns), column

    def _insert(self, text: str) -> None:
        text = text[: MAX_LENGTH - len(self.text)]
        self.text = self.text[: self._place] + text + self.text[self._place :]
        self._place += len(text)

    def _edit(self, key: ViewerKey | str) -> None:
        before, behind = self.text[: self._place], self.text[self._place :]
        if key in _BACKSPACES:
            before = before[:-1]
        elif key is ViewerKey.DELETE:
            behind = behind[1:]
        elif key == "\x15":
            before = ""
        elif key == "\x17":
            before = before.rstrip()
            before = before[: before.rfind(" ") + 1]
        elif key is ViewerKey.LEFT:
            before, behind = before[:-1], before[-1:] + behind
        elif key is ViewerKey.RIGHT:
            before, behind = before + behind[:1], behind[1:]
        elif key in (ViewerKey.HOME, "\x01"):
            before, behind = "", before + behind
        elif key in (ViewerKey.END, "\x05"):
            before, behind = before + behind, ""
        self.text = before + behind
        self._place = len(before)
