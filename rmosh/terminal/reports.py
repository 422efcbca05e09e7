"""Answers that the terminal gives to programs that ask. Bounded; nothing that a program wrote is ever read back to it
as if typed, but for what it may know anyway (modes, margins, renditions, checksums of the screen).
"""

import binascii
import re
from collections.abc import Sequence
from typing import Final

from rmosh import __version__
from rmosh.terminal.buffers import Buffers
from rmosh.terminal.cells import Attribute, Cell
from rmosh.terminal.grid import Grid
from rmosh.terminal.modes import ModeSwitches
from rmosh.terminal.pens import style_of
from rmosh.terminal.runs import ProtectedCell
from rmosh.terminal.sgr import describe, has_direct_colours
from rmosh.traits import Traits

#: Most bytes of answers waiting to be taken; what comes after is not answered. Reason: a program that asks and never
#: reads must not grow us. Source: a PTY's input queue holds 4096 bytes on Linux.
MAX_REPLIES: Final = 1 << 14

#: Most capability names that one XTGETTCAP may ask for. Source: our own choice.
MAX_CAPABILITIES: Final = 32

#: Primary device attributes: a VT420 (64) with selective erase (6), windowing (18), horizontal scrolling (21), colour
#: (22), rectangular editing (28) and clipboard writing (52). Source: VT510 manual, DA1; xterm's ctlseqs.
_DEVICE_ATTRIBUTES: Final = "\x1b[?64;6;18;21;22;28;52c"

#: What is answered where no user's terminal is known: all that is passed on, and of secondary device attributes a VT420
#: (41) with a version that programs know to be a modern xterm. Source: xterm.
OWN_TRAITS: Final = Traits(
    keyboard_protocol=True,
    key_modifiers=True,
    direct_colour=True,
    name=f"rmosh({__version__})",
    attributes="41;370;0",
)

#: Answers to DEC device status reports by their number. Source: VT420 and VT510 manuals, DSR.
_DEVICE_STATUS: Final = {
    15: "\x1b[?13n",  # no printer
    25: "\x1b[?20n",  # user-defined keys unlocked
    26: "\x1b[?27;1;0;0n",  # North American keyboard, ready
    53: "\x1b[?50n",  # no locator
    55: "\x1b[?50n",
    56: "\x1b[?57;0n",
    62: "\x1b[0*{",  # no macro space
    75: "\x1b[?70n",  # no communication errors
    85: "\x1b[?83n",  # one session only
}

#: Capabilities that XTGETTCAP tells. Source: terminfo's xterm-256color.
_CAPABILITIES: Final = {"TN": "xterm-256color", "name": "xterm-256color", "Co": "256", "colors": "256"}

#: The same where 24-bit colours are shown. Source: user_caps(5).
_DIRECT_CAPABILITIES: Final = {**_CAPABILITIES, "RGB": "8/8/8"}


#: A C1 control as an escape sequence. Source: ECMA-48 section 5.3.
_C1: Final = re.compile(rb"\x1b[@-_]")


class Reports:
    """Forms answers and keeps them until they are taken.

    Attributes:
        traits: what the user's terminal said of itself.
    """

    def __init__(self, screen: Grid, buffers: Buffers, modes: ModeSwitches) -> None:
        self._screen = screen
        self._buffers = buffers
        self._modes = modes
        self.traits = OWN_TRAITS
        self._waiting: list[bytes] = []
        self._length = 0
        self.cursor_shape = 0
        self.protection = 0
        self.eight_bits = False

    def take(self) -> bytes:
        """Return all answers not yet taken, in order."""
        answers = b"".join(self._waiting)
        self._waiting.clear()
        self._length = 0
        return answers

    def answer(self, text: str) -> None:
        """Give an answer, unless too many wait already."""
        if self._length + len(text) <= MAX_REPLIES:
            encoded = text.encode("ascii", "replace")
            self._waiting.append(_C1.sub(_as_one_byte, encoded) if self.eight_bits else encoded)
            self._length += len(text)

    def use_eight_bits(self, on: bool) -> None:
        """S8C1T, S7C1T: answer with controls of one byte, or with escape sequences."""
        self.eight_bits = on

    def report_device_attributes(self, params: Sequence[int]) -> None:
        """DA1."""
        if params[0] == 0:
            self.answer(_DEVICE_ATTRIBUTES)

    def report_secondary_attributes(self, params: Sequence[int]) -> None:
        """DA2."""
        if params[0] == 0:
            self.answer(f"\x1b[>{self.traits.attributes or OWN_TRAITS.attributes}c")

    def report_tertiary_attributes(self, params: Sequence[int]) -> None:
        """DA3: a unit id of no meaning."""
        if params[0] == 0:
            self.answer("\x1bP!|00000000\x1b\\")

    def report_version(self, params: Sequence[int]) -> None:
        """XTVERSION."""
        if params[0] == 0:
            self.answer(f"\x1bP>|{self.traits.name or OWN_TRAITS.name}\x1b\\")

    def report_device_status(self, params: Sequence[int]) -> None:
        """DSR: alive (5), or where the cursor is (6: CPR)."""
        if params[0] == 5:
            self.answer("\x1b[0n")
        elif params[0] == 6:
            self.answer("\x1b[{};{}R".format(*self._position()))

    def report_dec_status(self, params: Sequence[int]) -> None:
        """DSR in its DEC form."""
        if params[0] == 6:
            self.answer("\x1b[?{};{}R".format(*self._position()))
        elif params[0] == 63:
            self.answer(f"\x1bP{params[1]}!~0000\x1b\\")
        elif params[0] in _DEVICE_STATUS:
            self.answer(_DEVICE_STATUS[params[0]])

    def _position(self) -> tuple[int, int]:
        """Return the cursor's row and column, 1-based, from the margins in origin mode."""
        screen = self._screen
        if screen.origin_mode:
            return screen.row - screen.top + 1, screen.column - screen.left + 1
        return screen.row + 1, screen.column + 1

    def report_mode(self, params: Sequence[int]) -> None:
        """DECRQM of an ANSI mode."""
        self.answer(f"\x1b[{params[0]};{self._modes.state_of(params[0], private=False)}$y")

    def report_private_mode(self, params: Sequence[int]) -> None:
        """DECRQM of a private mode."""
        self.answer(f"\x1b[?{params[0]};{self._modes.state_of(params[0], private=True)}$y")

    def report_parameters(self, params: Sequence[int]) -> None:
        """DECREQTPARM: no parity, 8 bits, 38400 baud."""
        if params[0] in (0, 1):
            self.answer(f"\x1b[{params[0] + 2};1;1;128;128;1;0x")

    def report_window(self, params: Sequence[int]) -> None:
        """XTWINOPS that ask: open, where, how large in cells and, where known, pixels; no title is read back."""
        rows, columns = self._screen.rows, self._screen.columns
        height, width = self.traits.cell
        answer = {
            11: "\x1b[1t",
            13: "\x1b[3;0;0t",
            14: f"\x1b[4;{rows * height};{columns * width}t" if height and width else None,
            16: f"\x1b[6;{height};{width}t" if height and width else None,
            18: f"\x1b[8;{rows};{columns}t",
            19: f"\x1b[9;{rows};{columns}t",
            20: "\x1b]L\x1b\\",
            21: "\x1b]l\x1b\\",
        }.get(params[0])
        if answer:
            self.answer(answer)

    def report_keyboard_flags(self, _: Sequence[int]) -> None:
        """The kitty keyboard flags in force, where the user's keyboard has them: else programs go other ways."""
        if self.traits.keyboard_protocol:
            self.answer(f"\x1b[?{self._buffers.keyboard_flags}u")

    def report_key_modifiers(self, params: Sequence[int]) -> None:
        """XTQMODKEYS of modifyOtherKeys."""
        if params[0] == 4 and self.traits.key_modifiers:
            self.answer(f"\x1b[>4;{self._modes.modify_other_keys}m")

    def report_setting(self, what: str) -> None:
        """DECRQSS: the value of a control function's setting."""
        screen = self._screen
        style = style_of(screen.pen)
        setting = {
            "m": describe(style) if self.traits.direct_colour or not has_direct_colours(style) else None,
            "r": f"{screen.top + 1};{screen.bottom + 1}",
            "s": f"{screen.left + 1};{screen.right + 1}",
            " q": str(self.cursor_shape or 1),
            '"q': str(self.protection),
            '"p': "64;1",
            "*x": str(screen.attribute_extent),
            "t": str(max(24, screen.rows)),
            "*|": str(screen.rows),
            "$|": str(screen.columns),
        }.get(what)
        self.answer("\x1bP0$r\x1b\\" if setting is None else f"\x1bP1$r{setting}{what}\x1b\\")

    def report_capabilities(self, names: str) -> None:
        """XTGETTCAP: what terminfo says of us, names and values in hexadecimal."""
        known = _DIRECT_CAPABILITIES if self.traits.direct_colour else _CAPABILITIES
        for encoded in names.split(";", MAX_CAPABILITIES)[:MAX_CAPABILITIES]:
            try:
                name = binascii.unhexlify(encoded).decode("ascii")
            except ValueError:
                name = ""
            value = known.get(name)
            if value is None:
                self.answer("\x1bP0+r\x1b\\")
                return
            self.answer(f"\x1bP1+r{encoded}={value.encode().hex().upper()}\x1b\\")

    def report_checksum(self, params: Sequence[int], area: Sequence[Sequence[Cell]]) -> None:
        """DECRQCRA: the negated sum of an area's characters and renditions. Source: xterm."""
        different = {id(cell): cell for cells in area for cell in cells}
        sums = {key: _checksum(cell) for key, cell in different.items()}
        total = sum([sums[id(cell)] for cells in area for cell in cells])
        self.answer(f"\x1bP{params[0]}!~{-total & 0xFFFF:04X}\x1b\\")


def _as_one_byte(match: re.Match[bytes]) -> bytes:
    return bytes([match[0][1] + 0x40])


def _checksum(cell: Cell) -> int:
    attributes = cell.style.attributes
    total = sum([ord(character) for character in cell.text])
    total += 4 if isinstance(cell, ProtectedCell) else 0
    total += 8 if attributes & Attribute.HIDDEN else 0
    total += 0x10 if cell.style.underline else 0
    total += 0x20 if attributes & Attribute.REVERSE else 0
    total += 0x40 if attributes & Attribute.BLINK else 0
    return total + (0x80 if attributes & Attribute.BOLD else 0)
