"""Operations that concern more than the screen alone: renditions, margins, resets, saved state, strings.

Composes the parts of one terminal. Each method is what one control function does; `dispatch` says which.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from rmosh.lazy_dataclass import replace
from rmosh.terminal.buffers import Buffers
from rmosh.terminal.cells import MarkKind
from rmosh.terminal.charsets import PLAIN_SETS
from rmosh.terminal.colours import COLOUR_COMMANDS, ProgramColours, is_light
from rmosh.terminal.commands import WindowState
from rmosh.terminal.drawing import draw
from rmosh.terminal.editing import erase_in_display
from rmosh.terminal.effort import JUDGED
from rmosh.terminal.grid import Grid
from rmosh.terminal.marks import Marks
from rmosh.terminal.modes import COLOUR_REPORTS, DECOM, SYNCHRONIZED_OUTPUT, ModeSwitches
from rmosh.terminal.pens import (
    DEFAULT_PEN,
    Pen,
    eraser_of,
    is_protected,
    style_of,
    with_link,
    with_protection,
    with_style,
)
from rmosh.terminal.pictures import USUAL_CELL, WORD, Pictures, Room, Scale
from rmosh.terminal.rectangles import alignment_display, area_of, cells_in
from rmosh.terminal.reports import Reports
from rmosh.terminal.vocabulary import printable
from rmosh.terminal.width import COMMON_WIDTHS, Widths

#: Most entries of the XTPUSHSGR stack. Source: xterm keeps 10.
MAX_PENS_KEPT: Final = 10

#: DSR that asks whether the terminal's colours are dark or light. Source: contour, "Dark and light mode detection".
_SCHEME_ASKED: Final = 996

#: What iTerm2's pictures begin with.
_ITERM_PICTURES: Final = ("1337;File=", "1337;MultipartFile=")

#: Highest DECSCUSR parameter. Source: xterm's ctlseqs.
_LAST_CURSOR_SHAPE: Final = 6

#: Longest text of one OSC 66, in characters. Source: kitty takes 4096 bytes.
_LONGEST_SIZED_TEXT: Final = 4096


class Operations:
    """One terminal's parts and what is done with them together.

    Attributes:
        bells: how many bells rang.
        marks: what shells marked.
    """

    def __init__(
        self, *, rows: int, columns: int, answers_checksums: bool = False, widths: Widths = COMMON_WIDTHS
    ) -> None:
        self.screen = Grid(rows=rows, columns=columns, widths=widths)
        self.buffers = Buffers(self.screen)
        self.modes = ModeSwitches(self.screen, self.buffers)
        self.window = WindowState()
        self.reports = Reports(self.screen, self.buffers, self.modes)
        self._answers_checksums = answers_checksums
        self.bells = 0
        self.marks = Marks()
        self.colours = ProgramColours(self.reports.answer)
        self._pictures = Pictures()
        self._pens_kept: list[Pen] = []

    @property
    def synchronizing(self) -> bool:
        """Whether the program is in the middle of an update that should be shown at once (mode 2026)."""
        return self.modes.is_on(SYNCHRONIZED_OUTPUT)

    # Controls

    def bell(self, _: Sequence[int]) -> None:
        """BEL."""
        self.bells += 1

    def lock_charset(self, slot: int) -> None:
        """SI, SO, LS2, LS3: draw with one of G0 to G3."""
        self.screen.use_character_sets(self.screen.character_sets.lock(slot))

    def shift_charset(self, slot: int) -> None:
        """SS2, SS3: draw the next character with G2 or G3."""
        self.screen.use_character_sets(self.screen.character_sets.shift_once(slot))

    def define_charset(self, slot: int, final: str) -> None:
        """SCS: put a set into one of G0 to G3."""
        self.screen.use_character_sets(self.screen.character_sets.designate(slot, final))

    def use_keypad(self, *, application: bool) -> None:
        """DECKPAM, DECKPNM."""
        self.modes.application_keypad = application

    # Renditions

    def select_graphic_rendition(self, sequence: str) -> None:
        """SGR, the whole sequence."""
        mask, value = self.screen.effects[sequence]
        self.screen.pen = self.screen.pen & mask | value

    def _use_pen(self, pen: Pen) -> None:
        screen = self.screen
        changes_protection = is_protected(pen) != is_protected(screen.pen)
        screen.pen = pen
        if changes_protection:
            screen.update_fast_limit()

    def select_protection(self, params: Sequence[int]) -> None:
        """DECSCA: what is written from now on withstands selective erase (1) or not (0, 2)."""
        self.reports.protection = min(params[0], 2)
        self.screen.guards_areas = False
        self._use_pen(with_protection(self.screen.pen, params[0] == 1))

    def guard_area(self, *, guarded: bool) -> None:
        """SPA, EPA: what is written from now on withstands erasing, or not."""
        self.screen.guards_areas = True
        self._use_pen(with_protection(self.screen.pen, guarded))

    def push_rendition(self, _: Sequence[int]) -> None:
        """XTPUSHSGR."""
        self._pens_kept.append(self.screen.pen)
        del self._pens_kept[:-MAX_PENS_KEPT]

    def pop_rendition(self, _: Sequence[int]) -> None:
        """XTPOPSGR."""
        if self._pens_kept:
            self._use_pen(with_protection(self._pens_kept.pop(), is_protected(self.screen.pen)))

    def use_link(self) -> None:
        """Write as part of the link that OSC 8 opened, or of none."""
        self._use_pen(with_link(self.screen.pen, self.window.link))

    # Margins

    def set_margins(self, params: Sequence[int]) -> None:
        """DECSTBM: top and bottom margin, and the cursor home."""
        screen = self.screen
        top = (params[0] or 1) - 1
        bottom = min(params[1] or screen.rows, screen.rows) - 1
        if top < bottom:
            screen.top, screen.bottom = top, bottom
            screen.home()

    def set_side_margins(self, params: Sequence[int]) -> None:
        """DECSLRM where side margins are allowed, else SCOSC, which has no parameters."""
        screen = self.screen
        if not screen.has_side_margins:
            if not any(params):
                self.buffers.save_cursor()
            return
        left = (params[0] or 1) - 1
        right = min(params[1] or screen.columns, screen.columns) - 1
        if left < right:
            screen.set_side_margins(left, right)
            screen.home()
            screen.update_fast_limit()

    def scroll_up(self, params: Sequence[int]) -> None:
        """SU."""
        screen = self.screen
        count = params[0] or 1
        if screen.effort.pay(min(count, screen.rows)):
            screen.scroll_up(count, eraser_of(screen.pen))

    def scroll_down(self, params: Sequence[int]) -> None:
        """SD; with more parameters it would start mouse tracking by highlights, which nobody does."""
        self.screen.add_lines(self.screen.top, params[0] or 1, eraser_of(self.screen.pen))

    # Keyboard, cursor and window

    def select_cursor_shape(self, params: Sequence[int]) -> None:
        """DECSCUSR."""
        if params[0] <= _LAST_CURSOR_SHAPE:
            self.reports.cursor_shape = params[0]

    def set_key_modifiers(self, params: Sequence[int]) -> None:
        """XTMODKEYS, of which modifyOtherKeys (4) matters."""
        if params[0] == 4:
            self.modes.modify_other_keys = min(params[1], 2)

    def disable_key_modifiers(self, params: Sequence[int]) -> None:
        """XTMODKEYS in its disabling form."""
        if params[0] == 4:
            self.modes.modify_other_keys = 0

    def change_window(self, params: Sequence[int]) -> None:
        """XTWINOPS: title stack and questions; a program does not move the user's window."""
        if params[0] == 22:
            self.window.push_titles()
        elif params[0] == 23:
            self.window.pop_titles(params[1])
        else:
            self.reports.report_window(params)

    def report_checksum(self, params: Sequence[int]) -> None:
        """DECRQCRA: id, page, area; not answered unless asked for, as it tells one program what another has shown."""
        if not self._answers_checksums:
            return
        screen = self.screen
        area = area_of(screen, params[2:])
        if area is None:
            self.reports.report_checksum(params, [])
        elif screen.effort.pay(area.bottom - area.top, area.right - area.left, cell=JUDGED):
            self.reports.report_checksum(params, cells_in(screen, area))

    def select_attribute_extent(self, params: Sequence[int]) -> None:
        """DECSACE: DECCARA and DECRARA change a stream of characters (0, 1) or a rectangle (2)."""
        if params[0] <= 2:
            self.screen.attribute_extent = params[0]

    def alignment_display(self) -> None:
        """DECALN: fill the screen with E; origin mode and renditions but colours go. Source: xterm 412."""
        self.modes.set_private((DECOM,), on=False)
        plain = replace(style_of(self.screen.pen), attributes=0, underline=0)
        self._use_pen(with_style(self.screen.pen, plain))
        alignment_display(self.screen)

    # Resets

    def soft_reset(self, _: Sequence[int]) -> None:
        """DECSTR."""
        screen = self.screen
        self.modes.soft_reset()
        screen.reset_margins()
        screen.pen = DEFAULT_PEN
        screen.wrap_pending = False
        self.buffers.forget_cursor()
        self.reports.protection = screen.attribute_extent = 0
        screen.guards_areas = False
        screen.use_character_sets(PLAIN_SETS)
        self.colours.reset()

    def reset(self) -> None:
        """RIS: everything as at the start of a session but for what is counted.

        The lines that scrolled off are erased as well, where the user's own terminal would do so.
        """
        screen = self.screen
        if not screen.effort.pay(screen.rows):
            return
        if self.buffers.is_alternate:
            self.buffers.show(alternate=False)
        self.buffers.reset()
        self.modes.reset()
        screen.has_side_margins = False
        screen.reset_margins()
        screen.reset_cursor()
        screen.reset_tab_stops()
        erase_in_display(screen, (2,))
        if not self.reports.traits.keeps_scrollback_at_reset:
            erase_in_display(screen, (3,))
        self.window.reset()
        self.colours.reset()
        self.reports.cursor_shape = self.reports.protection = 0
        self.reports.eight_bits = False
        self._pens_kept.clear()

    # Strings

    def operating_system_command(self, command: str, *, end: str = "\x1b\\") -> None:
        """OSC, without introducer and terminator; `end` is what it, and an answer to it, ends with."""
        number, _, rest = command.partition(";")
        if number in COLOUR_COMMANDS:
            self.colours.execute(int(number), rest, end=end)
        elif number == "133":
            self._mark(rest)
        elif number == "66":
            draw(self.screen, _sized_text(rest))
        elif command.startswith(_ITERM_PICTURES):
            self._leave_room(self._pictures.iterm(rest, self._scale()))
        elif command == "1337;SetMark":
            self._mark_interest()
        else:
            self.window.execute(command)
            if self.window.link != style_of(self.screen.pen).link:
                self.use_link()

    def _mark(self, mark: str) -> None:
        """OSC 133: a prompt begins here, or what is typed at it, or a command's output; or that ended."""
        screen = self.screen
        if not self.buffers.is_alternate:
            screen.clears.keep()
            self.marks.execute(mark, line=screen.history.count + screen.row, column=screen.column)

    def _mark_interest(self) -> None:
        """OSC 1337, SetMark: the user may want to come back to this line."""
        screen = self.screen
        if not self.buffers.is_alternate:
            screen.clears.keep()
            self.marks.add(MarkKind.INTEREST, line=screen.history.count + screen.row, column=screen.column)

    # Colours

    def use_colours(self, told: Mapping[int, int]) -> None:
        """Take what the user's terminal says of its colours; a program that asked to be told of others is (2031)."""
        were_known, are_others = bool(self.colours.told), told != self.colours.told
        self.colours.told = dict(told)
        if were_known and are_others and self.modes.is_on(COLOUR_REPORTS):
            self._report_scheme()

    def report_dec_status(self, params: Sequence[int]) -> None:
        """DSR in its DEC form, with whether the colours are dark or light (996)."""
        if params[0] == _SCHEME_ASKED:
            self._report_scheme()
        else:
            self.reports.report_dec_status(params)

    def _report_scheme(self) -> None:
        """Tell whether the background is dark (1) or light (2), where it is known."""
        background = self.colours.background
        if background is not None:
            self.reports.answer(f"\x1b[?997;{2 if is_light(background) else 1}n")

    def set_title(self, title: str) -> None:
        """ESC k, as screen and tmux take it."""
        self.window.set_title(title)

    def device_control(self, command: str) -> None:
        """DCS: the questions DECRQSS and XTGETTCAP, and pictures."""
        if command.startswith("$q"):
            self.reports.report_setting(command[2:])
        elif command.startswith("+q"):
            self.reports.report_capabilities(command[2:])
        else:
            self._leave_room(self._pictures.sixel(command, self._scale()))

    def application_program_command(self, command: str) -> None:
        """APC, of which kitty's pictures mean something."""
        self._leave_room(self._pictures.kitty(command, self._scale()))

    def cut_string(self, command: str) -> None:
        """The beginning of a string that was too long, with its introducer: most pictures tell their size there."""
        kind, command = command[0], command[1:]
        if kind == "P":
            self._leave_room(self._pictures.sixel(command, self._scale()))
        elif kind == "_":
            self.application_program_command(command)
        elif kind == "]" and command.startswith(_ITERM_PICTURES):
            self.operating_system_command(command)

    # Pictures

    def _scale(self) -> Scale:
        height, width = self.reports.traits.cell
        usual_height, usual_width = USUAL_CELL
        return Scale(height or usual_height, width or usual_width, self.screen.rows, self.screen.columns)

    def _leave_room(self, room: Room | None) -> None:
        """Blank what a picture would cover, with a word in its place, and go where it would leave the cursor."""
        screen = self.screen
        if room is None or not screen.effort.pay(room.rows, min(room.columns, screen.columns)):
            return
        column, stop = screen.column, min(screen.column + room.columns, screen.columns)
        rows = max(room.rows, room.descends + 1) if room.descends else min(room.rows, screen.rows - screen.row)
        for number in range(rows):
            if number:
                screen.index()
            if number < room.rows:
                screen.lines[screen.row].erase(column, stop, eraser_of(screen.pen))
            if not number:
                draw(screen, WORD[: stop - column])
        screen.move_to(screen.row - (rows - 1 - room.descends), column + room.passes)


def _sized_text(untrusted: str) -> str:
    """Return the text of an OSC 66, which says behind some metadata what to draw in another size; "" for none.

    No size but one is shown here, and terminals that know none leave the text out; a heading is better small than lost.
    """
    return printable(untrusted.partition(";")[2], _LONGEST_SIZED_TEXT)
