"""Modes that programs switch on and off: what is known, what is on, and what switching does."""

from collections.abc import Iterable, Sequence
from typing import Final

from rmosh.terminal.buffers import Buffers
from rmosh.terminal.cells import Modes
from rmosh.terminal.editing import blank, erase_in_display
from rmosh.terminal.grid import Grid

#: DEC private modes (CSI ? n h) by the names of their manuals. Source: xterm's ctlseqs.
DECCKM: Final = 1
DECCOLM: Final = 3
DECSCNM: Final = 5
DECOM: Final = 6
DECAWM: Final = 7
DECTCEM: Final = 25
ALLOW_DECCOLM: Final = 40
REVERSE_WRAP: Final = 45
ALTERNATE_SCREEN: Final = 47
DECNKM: Final = 66
DECLRMM: Final = 69
DECNCSM: Final = 95
FOCUS_EVENTS: Final = 1004
ALTERNATE_SCROLL: Final = 1007
ALTERNATE_SCREEN_CLEARED: Final = 1047
EXTENDED_REVERSE_WRAP: Final = 1045
SAVE_CURSOR: Final = 1048
ALTERNATE_SCREEN_AND_CURSOR: Final = 1049
BRACKETED_PASTE: Final = 2004
SYNCHRONIZED_OUTPUT: Final = 2026
GRAPHEME_CLUSTERS: Final = 2027
COLOUR_REPORTS: Final = 2031

#: What a mouse is asked to report, and how: setting one of a group unsets the others. Source: xterm's ctlseqs.
MOUSE_PROTOCOLS: Final = (9, 1000, 1001, 1002, 1003)
MOUSE_ENCODINGS: Final = (1005, 1006, 1015, 1016)

#: ANSI modes (CSI n h). Source: ECMA-48 section 7.2.
IRM: Final = 4
LNM: Final = 20

#: Private modes that may be set and reset, whether they do anything here or are only remembered.
_PRIVATE: Final = frozenset(
    {DECCKM, DECCOLM, 4, DECSCNM, DECOM, DECAWM, 8, 12, 18, 19, DECTCEM, ALLOW_DECCOLM, 42, REVERSE_WRAP, DECNKM}
    | {67, DECLRMM, DECNCSM, FOCUS_EVENTS, ALTERNATE_SCROLL, BRACKETED_PASTE, SYNCHRONIZED_OUTPUT}
    | {GRAPHEME_CLUSTERS, COLOUR_REPORTS, EXTENDED_REVERSE_WRAP}
    | {ALTERNATE_SCREEN, ALTERNATE_SCREEN_CLEARED, ALTERNATE_SCREEN_AND_CURSOR, SAVE_CURSOR}
    | {*MOUSE_PROTOCOLS, *MOUSE_ENCODINGS}
)
_ANSI: Final = frozenset({2, IRM, 12, LNM})

#: Modes that are on when a session begins and after a reset. Source: xterm's defaults.
_PRIVATE_AT_START: Final = frozenset({8, DECAWM, DECTCEM})
_ANSI_AT_START: Final = frozenset({12})

#: Modes known to be off for ever, as DECRQM tells. Source: xterm's answers.
_PRIVATE_NEVER: Final = frozenset(
    {34, 35, 36, 57, 60, 61, 64, 68, 73, 81, 96, 97, 98, 99, 100, 101, 102, 103, 104, 106}
)
_ANSI_NEVER: Final = frozenset({1, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19})


class ModeSwitches:
    """All modes of one terminal, and the keypad and keyboard states that are not modes but published with them."""

    def __init__(self, screen: Grid, buffers: Buffers) -> None:
        self._screen = screen
        self._buffers = buffers
        self._published: Modes | None = None
        self._published_of: tuple[object, ...] = ()
        self.reset()

    def reset(self) -> None:
        """Return everything to what it is at the start of a session."""
        self._private = _PRIVATE_AT_START
        self._ansi = _ANSI_AT_START
        self._saved: dict[int, bool] = {}
        self.application_keypad = False
        self.modify_other_keys = 0
        self._alternate_scroll = 0

    def is_on(self, mode: int) -> bool:
        """Tell whether a private mode is on."""
        return mode in self._private

    @property
    def private_on(self) -> frozenset[int]:
        """The private modes that are on; origin mode comes and goes with the saved cursor too."""
        return _switched(self._private, DECOM, self._screen.origin_mode)

    @property
    def ansi_on(self) -> frozenset[int]:
        """The ANSI modes that are on."""
        return self._ansi

    def published(self) -> Modes:
        """Return what of all this the user's own terminal must know; the same object while nothing changes."""
        buffers = self._buffers
        of = (
            self._private,
            buffers.is_alternate,
            buffers.keyboard_flags,
            self.application_keypad,
            self.modify_other_keys,
            self._alternate_scroll,
        )
        if self._published is None or of != self._published_of:
            self._published, self._published_of = self._publish(), of
        return self._published

    def _publish(self) -> Modes:
        private = self._private
        return Modes(
            alternate_screen=self._buffers.is_alternate,
            application_cursor=DECCKM in private,
            application_keypad=self.application_keypad,
            bracketed_paste=BRACKETED_PASTE in private,
            focus_events=FOCUS_EVENTS in private,
            reverse_screen=DECSCNM in private,
            mouse=next((mode for mode in MOUSE_PROTOCOLS if mode in private), 0),
            mouse_encoding=next((mode for mode in MOUSE_ENCODINGS if mode in private), 0),
            keyboard_flags=self._buffers.keyboard_flags,
            modify_other_keys=self.modify_other_keys,
            alternate_scroll=self._alternate_scroll,
        )

    def set_ansi(self, modes: Iterable[int], *, on: bool) -> None:
        """SM, RM."""
        for mode in modes:
            if mode in _ANSI:
                self._ansi = _switched(self._ansi, mode, on)
        self._screen.insert_mode = IRM in self._ansi
        self._screen.newline_mode = LNM in self._ansi
        self._screen.update_fast_limit()

    def set_private(self, modes: Iterable[int], *, on: bool) -> None:
        """DECSET, DECRST."""
        for mode in modes:
            if mode in _PRIVATE:
                self._set_private(mode, on)
        self._screen.update_fast_limit()

    def save(self, modes: Sequence[int]) -> None:
        """XTSAVE."""
        for mode in modes:
            if mode in _PRIVATE:
                self._saved[mode] = mode in self.private_on

    def restore(self, modes: Sequence[int]) -> None:
        """XTRESTORE."""
        for mode in modes:
            if mode in self._saved and self._saved[mode] != (mode in self.private_on):
                self.set_private((mode,), on=self._saved[mode])

    def state_of(self, mode: int, *, private: bool) -> int:
        """Return what DECRQM tells of a mode: 0 unknown, 1 set, 2 reset, 4 reset for ever."""
        known, never, is_set = (
            (_PRIVATE, _PRIVATE_NEVER, self.private_on) if private else (_ANSI, _ANSI_NEVER, self._ansi)
        )
        if mode in known:
            return 1 if mode in is_set else 2
        return 4 if mode in never else 0

    def soft_reset(self) -> None:
        """Reset what DECSTR resets. Source: VT510 manual; as xterm does, the mouse and the screen stay as they are."""
        self.set_ansi((IRM,), on=False)
        self._private -= {DECCKM, DECOM, DECNKM, DECLRMM, REVERSE_WRAP, EXTENDED_REVERSE_WRAP}
        self._private |= {DECTCEM, DECAWM}
        self.application_keypad = False
        screen = self._screen
        screen.origin_mode = screen.has_side_margins = screen.reverse_wrap = False
        screen.autowrap = True

    def _set_private(self, mode: int, on: bool) -> None:
        for group in (MOUSE_PROTOCOLS, MOUSE_ENCODINGS):
            if mode in group:
                self._private -= set(group) - {mode}
        self._private = _switched(self._private, mode, on)
        screen = self._screen
        if mode == DECOM:
            screen.origin_mode = on
            screen.home()
        elif mode == DECAWM:
            screen.autowrap = on
        elif mode in (REVERSE_WRAP, EXTENDED_REVERSE_WRAP):
            screen.reverse_wrap = not self._private.isdisjoint({REVERSE_WRAP, EXTENDED_REVERSE_WRAP})
        elif mode == ALTERNATE_SCROLL:
            self._alternate_scroll = 1 if on else 2
        elif mode == GRAPHEME_CLUSTERS:
            screen.counts_graphemes = on
        elif mode == DECNKM:
            self.application_keypad = on
        elif mode == DECLRMM:
            screen.has_side_margins = on
            screen.set_side_margins(0, screen.columns - 1)
        elif mode == DECCOLM:
            self._change_columns()
        elif mode in (ALTERNATE_SCREEN, ALTERNATE_SCREEN_CLEARED, SAVE_CURSOR, ALTERNATE_SCREEN_AND_CURSOR):
            self._switch_screen(mode, on)

    def _change_columns(self) -> None:
        """DECCOLM: the width is the user's and stays, but what comes with a change happens where it is allowed."""
        screen = self._screen
        if ALLOW_DECCOLM not in self._private:
            return
        screen.reset_margins()
        screen.move_to(0, 0)
        if DECNCSM not in self._private:
            erase_in_display(screen, (2,))

    def _switch_screen(self, mode: int, on: bool) -> None:
        """Switch between main and alternate screen in one of xterm's four ways."""
        buffers = self._buffers
        if on:
            if mode in (SAVE_CURSOR, ALTERNATE_SCREEN_AND_CURSOR):
                buffers.save_cursor()
            if mode != SAVE_CURSOR:
                buffers.show(alternate=True)
            if mode == ALTERNATE_SCREEN_AND_CURSOR:
                blank(self._screen)
        else:
            if mode == ALTERNATE_SCREEN_CLEARED and buffers.is_alternate:
                blank(self._screen)
            if mode != SAVE_CURSOR:
                buffers.show(alternate=False)
            if mode in (SAVE_CURSOR, ALTERNATE_SCREEN_AND_CURSOR):
                buffers.restore_cursor()
        for alternate in (ALTERNATE_SCREEN, ALTERNATE_SCREEN_CLEARED, ALTERNATE_SCREEN_AND_CURSOR):
            self._private = _switched(self._private, alternate, buffers.is_alternate)


def _switched(modes: frozenset[int], mode: int, on: bool) -> frozenset[int]:
    return modes | {mode} if on else modes - {mode}
