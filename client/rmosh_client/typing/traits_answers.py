"""What the user's terminal answers about itself: who it is, and what keys and colours it has."""

import re
from collections.abc import Callable
from typing import Final

from rmosh.lazy_dataclass import replace
from rmosh.traits import MAX_CELL, Traits, is_attributes, is_name

#: kitty's keyboard flags, XTQMODKEYS of modifyOtherKeys, XTVERSION, secondary device attributes, and how large a cell
#: or else the window is in pixels. Source: kitty keyboard protocol; xterm's ctlseqs.
_QUESTIONS: Final = b"\x1b[?u\x1b[?4m\x1b[>0q\x1b[>c\x1b[16t\x1b[14t"

#: A colour that no palette has, set and read back, and the capability. Source: xterm's ctlseqs, DECRQSS and XTGETTCAP.
_COLOUR_QUESTIONS: Final = b"\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[m\x1bP+q524742\x1b\\"

#: Ends what a terminal may have taken `CSI ? 4 m` for.
_PLAIN: Final = b"\x1b[m"

_KEYBOARD: Final = re.compile(rb"\x1b\[\?\d{1,3}u")
_MODIFIERS: Final = re.compile(rb"\x1b\[>4;\d{0,3}m")
_NAME: Final = re.compile(rb"\x1bP>\|(.*)\x1b\\", re.DOTALL)
_ATTRIBUTES: Final = re.compile(rb"\x1b\[>([0-9;]*)c")
_CELL: Final = re.compile(rb"\x1b\[6;(\d{1,4});(\d{1,4})t")
_WINDOW: Final = re.compile(rb"\x1b\[4;(\d{1,5});(\d{1,5})t")
_READ_BACK: Final = re.compile(rb"\x1bP1\$r[0-9;:]*48[:;]2[:;](?::|0:)?1[:;]2[:;]3m\x1b\\")
_CAPABILITY: Final = re.compile(rb"\x1bP1\+r524742(?:=[0-9a-fA-F]*)?\x1b\\")


class TraitsAnswers:
    """A topic of the interview.

    Attributes:
        traits: what is known so far.
    """

    def __init__(
        self,
        tell: Callable[[Traits], None],
        *,
        size: Callable[[], tuple[int, int]],
        direct_colour: bool,
        device_strings: bool,
    ) -> None:
        """Begin.

        Args:
            tell: takes what was said when nothing more will be.
            size: the terminal's rows and columns.
            direct_colour: it is known already to show 24-bit colours.
            device_strings: it can be asked by device control strings.
        """
        self._tell = tell
        self._size = size
        self._asks_colour = device_strings and not direct_colour
        self.traits = Traits(direct_colour=direct_colour)

    def begin(self) -> bytes:
        """Return all that ask."""
        return _QUESTIONS + (_COLOUR_QUESTIONS if self._asks_colour else b"") + _PLAIN

    def take(self, answer: bytes) -> bool:
        """Take one answer."""
        if _KEYBOARD.fullmatch(answer):
            self.traits = replace(self.traits, keyboard_protocol=True)
        elif _MODIFIERS.fullmatch(answer):
            self.traits = replace(self.traits, key_modifiers=True)
        elif _READ_BACK.fullmatch(answer) or _CAPABILITY.fullmatch(answer):
            self.traits = replace(self.traits, direct_colour=True)
        else:
            return self._take_identity(answer) or self._take_size(answer)
        return True

    def end(self) -> None:
        """Tell what came."""
        self._tell(self.traits)

    def _take_identity(self, answer: bytes) -> bool:
        if name := _NAME.fullmatch(answer):
            text = name[1].decode("ascii", "replace")
            self.traits = replace(self.traits, name=text if is_name(text) else "")
        elif attributes := _ATTRIBUTES.fullmatch(answer):
            text = attributes[1].decode("ascii")
            self.traits = replace(self.traits, attributes=text if is_attributes(text) else "")
        return bool(name or attributes)

    def _take_size(self, answer: bytes) -> bool:
        rows = columns = 1
        match = _CELL.fullmatch(answer)
        if match is None:
            rows, columns = self._size()
            match = _WINDOW.fullmatch(answer)
        if match is None:
            return False
        cell = (int(match[1]) // rows, int(match[2]) // columns)
        if self.traits.cell == (0, 0) and all(0 < pixels <= MAX_CELL for pixels in cell):
            self.traits = replace(self.traits, cell=cell)
        return True
