"""The terminal as a `pyte.Screen`: its operations and attributes, to be driven by pyte's streams or called.

Each operation writes the control function that it stands for to an emulator, so what it does is what the emulator does
for a program that sends it.
"""

from collections.abc import Collection
from typing import Final

from pyte import charsets
from pyte.screens import Char, Margins, Savepoint
from pyte.screens import Cursor as CursorCopy

from rmosh.terminal import vocabulary
from rmosh.terminal.as_pyte.characters import blank_of
from rmosh.terminal.as_pyte.views import BufferView, CursorView
from rmosh.terminal.cells import DEFAULT_STYLE, Frame
from rmosh.terminal.commands import MAX_TITLE
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.modes import DECAWM, DECCOLM, DECSCNM
from rmosh.terminal.operations import Operations
from rmosh.terminal.pens import style_of
from rmosh.terminal.vocabulary import printable

#: How far pyte shifts the number of a private mode, so that it is none of ANSI's. Source: pyte's modes.
_PRIVATE_SHIFT: Final = 5
_FIRST_SHIFTED: Final = 1 << _PRIVATE_SHIFT

#: What text must not contain when it is drawn. Source: ECMA-48 section 5.2 and 5.3.
_CONTROLS: Final = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])

#: Character sets of the Linux console, which pyte knows and terminals do not. Source: pyte's charsets.
_CONSOLE_SETS: Final = {"U": charsets.MAPS["U"], "V": charsets.MAPS["V"]}


class Screen:
    """A screen of `lines` rows and `columns` columns.

    >>> import pyte
    >>> from rmosh.terminal import Screen
    >>> screen = Screen(12, 2)
    >>> pyte.ByteStream(screen).feed(b"\\x1b[1mgreen\\x1b[0m or \\xe7\\xb7\\x91")
    >>> screen.display
    ['green or 緑 ', '            ']
    >>> screen.cursor.x, screen.cursor.y, screen.buffer[0][0].bold
    (11, 0, True)

    Attributes:
        buffer: rows of columns of pyte's `Char`.
        cursor: has `x`, `y`, `attrs` and `hidden`.
        dirty: rows that were touched; whoever shows them takes them out.
        operations: the emulator's parts.
    """

    def __init__(self, columns: int, lines: int) -> None:
        self._emulator = Emulator(rows=lines, columns=columns)
        self.operations: Operations = self._emulator.operations
        self.buffer = BufferView(self)
        self.cursor = CursorView(self)
        self.dirty: set[int] = set()
        self.saved_columns: int | None = None
        self.reset()  # as pyte does, for those who override it; the first clear is still to come
        self._emulator.typed(now=0.0)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.columns}, {self.lines})"

    def frame(self) -> Frame:
        """Return all of what is shown, as the emulator publishes it."""
        return self._emulator.frame()

    # What a program looks at

    @property
    def columns(self) -> int:
        return self.operations.screen.columns

    @property
    def lines(self) -> int:
        return self.operations.screen.rows

    @property
    def display(self) -> list[str]:
        """The text of each row."""
        return ["".join([cell.text for cell in row.cells]) for row in self.frame().rows]

    @property
    def is_swapped(self) -> bool:
        """Whether foreground and background are swapped on the whole screen (DECSCNM)."""
        return self.operations.modes.is_on(DECSCNM)

    @property
    def is_paged(self) -> bool:
        """Whether lines of the history are shown instead of the screen."""
        return False

    @property
    def default_char(self) -> Char:
        """A blank with nothing set."""
        return blank_of(DEFAULT_STYLE, swapped=self.is_swapped)

    @property
    def mode(self) -> frozenset[int]:
        """Modes that are on; numbers of private ones are shifted left by 5."""
        modes = self.operations.modes
        return modes.ansi_on | {mode << _PRIVATE_SHIFT for mode in modes.private_on}

    @property
    def margins(self) -> Margins | None:
        """The first and the last row that scroll, None where all do."""
        grid = self.operations.screen
        return None if (grid.top, grid.bottom) == (0, grid.rows - 1) else Margins(grid.top, grid.bottom)

    @property
    def tabstops(self) -> frozenset[int]:
        return frozenset(self.operations.screen.tab_stops)

    @tabstops.setter
    def tabstops(self, columns: Collection[int]) -> None:
        self.operations.screen.tab_stops = sorted(columns)

    @property
    def title(self) -> str:
        return self.operations.window.title

    @title.setter
    def title(self, title: str) -> None:
        self.set_title(title)

    @property
    def icon_name(self) -> str:
        return self.operations.window.icon_name

    @icon_name.setter
    def icon_name(self, name: str) -> None:
        self.set_icon_name(name)

    @property
    def charset(self) -> int:
        """Which of G0 to G3 is in use."""
        return self.operations.screen.character_sets.locked

    @property
    def g0_charset(self) -> str:
        return charsets.MAPS.get(self.operations.screen.character_sets.designated[0], charsets.LAT1_MAP)

    @property
    def g1_charset(self) -> str:
        return charsets.MAPS.get(self.operations.screen.character_sets.designated[1], charsets.LAT1_MAP)

    @property
    def savepoints(self) -> list[Savepoint]:
        """The cursor that was saved, if one was."""
        saved = self.operations.buffers.saved_cursor
        if saved is None:
            return []
        cursor = CursorCopy(saved.column, saved.row, blank_of(style_of(saved.pen), swapped=self.is_swapped))
        wraps = self.operations.modes.is_on(DECAWM)
        return [Savepoint(cursor, self.g0_charset, self.g1_charset, self.charset, saved.origin_mode, wraps)]

    # What a program is told

    def write_process_input(self, data: str) -> None:
        """Take what the terminal answers; to be overridden."""

    def debug(self, *_: object, **__: object) -> None:
        """Take what pyte's stream knows no operation for; to be overridden."""

    # What a stream does

    def draw(self, data: str) -> None:
        """Write text at the cursor; controls in it are left out."""
        sets = self.operations.screen.character_sets
        console_set = _CONSOLE_SETS.get(sets.designated[sets.locked])
        if console_set is not None:
            data = data.translate(console_set)
        self._write(data.translate(_CONTROLS), touches=True)

    def bell(self, *_: object) -> None:
        self._write(vocabulary.BEL)

    def backspace(self) -> None:
        self._write(vocabulary.BS)

    def tab(self) -> None:
        self._write(vocabulary.HT)

    def linefeed(self) -> None:
        self._write(vocabulary.LF)

    def carriage_return(self) -> None:
        self._write(vocabulary.CR)

    def shift_in(self) -> None:
        """Draw with G0 from now on."""
        self._write(vocabulary.SI)

    def shift_out(self) -> None:
        """Draw with G1 from now on."""
        self._write(vocabulary.SO)

    def define_charset(self, code: str, mode: str) -> None:
        """Put a set into G0 ("(") or G1 (")")."""
        if len(code) == len(mode) == 1 and mode in "()" and "0" <= code <= "~":
            self._write(f"\x1b{mode}{code}")

    def reset(self) -> None:
        self._write(f"\x1b{vocabulary.RIS}")
        self.dirty.update(range(self.lines))

    def index(self) -> None:
        self._write(f"\x1b{vocabulary.IND}")

    def reverse_index(self) -> None:
        self._write(f"\x1b{vocabulary.RI}")

    def set_tab_stop(self) -> None:
        self._write(f"\x1b{vocabulary.HTS}")

    def save_cursor(self) -> None:
        self._write(f"\x1b{vocabulary.DECSC}")

    def restore_cursor(self) -> None:
        self._write(f"\x1b{vocabulary.DECRC}")

    def alignment_display(self) -> None:
        self._write(f"\x1b#{vocabulary.DECALN}")
        self.dirty.update(range(self.lines))

    def set_icon_name(self, param: str) -> None:
        self._write(f"\x1b]1;{printable(param, MAX_TITLE)}{vocabulary.ST}")

    def set_title(self, param: str) -> None:
        self._write(f"\x1b]2;{printable(param, MAX_TITLE)}{vocabulary.ST}")

    def cursor_up(self, count: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.CUU, count, private=private)

    def cursor_down(self, count: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.CUD, count, private=private)

    def cursor_forward(self, count: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.CUF, count, private=private)

    def cursor_back(self, count: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.CUB, count, private=private)

    def cursor_down1(self, count: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.CNL, count, private=private)

    def cursor_up1(self, count: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.CPL, count, private=private)

    def cursor_to_column(self, column: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.CHA, column, private=private)

    def cursor_to_line(self, line: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.VPA, line, private=private)

    def cursor_position(
        self, line: int | None = None, column: int | None = None, *_: int, private: bool = False
    ) -> None:
        self._control(vocabulary.CUP, line, column, private=private)

    def clear_tab_stop(self, how: int = 0, *_: int, private: bool = False) -> None:
        self._control(vocabulary.TBC, how, private=private)

    def set_margins(self, top: int | None = None, bottom: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.DECSTBM, top, bottom, private=private)

    def insert_characters(self, count: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.ICH, count, private=private, touches=True)

    def delete_characters(self, count: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.DCH, count, private=private, touches=True)

    def erase_characters(self, count: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.ECH, count, private=private, touches=True)

    def insert_lines(self, count: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.IL, count, private=private)

    def delete_lines(self, count: int | None = None, *_: int, private: bool = False) -> None:
        self._control(vocabulary.DL, count, private=private)

    def erase_in_line(self, how: int = 0, *_: int, private: bool = False) -> None:
        self._control(vocabulary.EL, how, private=private, touches=True)

    def erase_in_display(self, how: int = 0, *_: int, private: bool = False) -> None:
        row = self.cursor.y
        self._control(vocabulary.ED, how, private=private)
        self.dirty.update({0: range(row, self.lines), 1: range(row + 1)}.get(how, range(self.lines)))

    def select_graphic_rendition(self, *attrs: int, private: bool = False) -> None:
        self._control(vocabulary.SGR, *attrs, private=private)

    def set_mode(self, *modes: int, private: bool = False) -> None:
        self._switch(vocabulary.SM, modes, private=private)

    def reset_mode(self, *modes: int, private: bool = False) -> None:
        self._switch(vocabulary.RM, modes, private=private)

    def report_device_attributes(self, mode: int = 0, *_: int, private: bool = False) -> None:
        self._control(vocabulary.DA, mode, private=private)

    def report_device_status(self, mode: int = 0, *_: int, private: bool = False) -> None:
        self._control(vocabulary.DSR, mode, private=private)

    # What only a program does

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Change the size; soft-wrapped lines are wrapped again.

        Raises:
            UsageError: no terminal is as small or as large as that.
        """
        lines, columns = lines or self.lines, columns or self.columns
        if (lines, columns) != (self.lines, self.columns):
            self._emulator.resize(rows=lines, columns=columns)
            self.dirty.update(range(lines))

    def ensure_hbounds(self) -> None:
        """Take the cursor out of a pending wrap."""
        grid = self.operations.screen
        grid.move_to(grid.row, grid.column)

    def ensure_vbounds(self, use_margins: bool | None = None) -> None:
        """Bring the cursor between the margins, if they are asked for or in force."""
        grid = self.operations.screen
        if use_margins or grid.origin_mode:
            grid.move_to(max(grid.top, min(grid.row, grid.bottom)), grid.column)

    def _switch(self, final: str, modes: tuple[int, ...], *, private: bool) -> None:
        """Set or reset modes; private ones are said to be, or have shifted numbers."""
        numbers = [mode if private else mode >> _PRIVATE_SHIFT for mode in modes if private or mode >= _FIRST_SHIFTED]
        others = [mode for mode in modes if not private and mode < _FIRST_SHIFTED]
        for which, of_private in ((numbers, True), (others, False)):
            if which:
                self._control(final, *which, private=of_private)
        if not {DECSCNM, DECCOLM}.isdisjoint(numbers):
            self.dirty.update(range(self.lines))

    def _control(self, final: str, *parameters: int | None, private: bool, touches: bool = False) -> None:
        """Execute a control sequence."""
        text = ";".join(["" if parameter is None else str(max(parameter, 0)) for parameter in parameters])
        self._write(f"\x1b[{'?' if private else ''}{text}{final}", touches=touches)

    def _write(self, text: str, *, touches: bool = False) -> None:
        """Give text to the emulator, and note which rows it touched: those it wrote to, and those that are others."""
        grid = self.operations.screen
        lines, row = grid.lines[:], grid.row
        self._emulator.feed(text.encode("utf-8", "replace"))
        if lines != grid.lines:
            self.dirty.update([place for place, line in enumerate(lines) if line is not grid.lines[place]])
        if touches:
            self.dirty.update(range(min(row, grid.row), max(row, grid.row) + 1))
        answers = self._emulator.take_replies()
        if answers:
            self.write_process_input(answers.decode("latin-1"))
