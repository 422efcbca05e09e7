"""What the user's terminal answers about its colours."""

import re
from collections.abc import Callable, Mapping, Set
from typing import Final

#: One answer: a palette colour's index or an OSC number, and the channels, of 1 to 4 hexadecimal digits.
#: Source: xterm's ctlseqs, XParseColor(3).
_ANSWER: Final = re.compile(
    rb"\x1b\](?:4;(\d{1,3})|(1[0-2]));rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?"
    rb"(?:\x07|\x1b\\)"
)

#: Place of the foreground among the colours, less its OSC number. Source: `rmosh.channels.newest.frames.Colours`.
_SPECIAL: Final = 16 - 10

#: What asks. Source: xterm's ctlseqs.
_QUESTIONS: Final = (
    b"".join([b"\x1b]4;%d;?\x1b\\" % index for index in range(16)]) + b"\x1b]10;?\x1b\\\x1b]11;?\x1b\\\x1b]12;?\x1b\\"
)


class ColourAnswers:
    """A topic of the interview: the first 16 colours of the palette, foreground, background and cursor.

    Attributes:
        pass_over: colours that were a program's when asked for; the terminal's own stay as it told them before.
    """

    def __init__(self, tell: Callable[[Mapping[int, int]], None], *, taken: Callable[[], Set[int]] = frozenset) -> None:
        """Begin.

        Args:
            tell: called with all colours that are known, when some are others than before.
            taken: the colours that are a program's at the moment.
        """
        self._tell = tell
        self._taken = taken
        self._colours: dict[int, int] = {}
        self._told: dict[int, int] = {}
        self.pass_over: Set[int] = frozenset()

    @property
    def has_any(self) -> bool:
        """Whether the terminal has ever told one."""
        return bool(self._colours)

    def begin(self) -> bytes:
        """Return what asks."""
        return _QUESTIONS

    def take(self, answer: bytes) -> bool:
        """Take one colour."""
        match = _ANSWER.fullmatch(answer)
        if match is None:
            return False
        index, number, *channels = match.groups()
        place = int(index) if index is not None else int(number) + _SPECIAL
        is_known = index is None or place < 16
        if is_known and place not in self.pass_over and place not in self._taken():
            self._colours[place] = int.from_bytes([_channel(digits) for digits in channels], "big")
        return True

    def end(self) -> None:
        """Tell what came."""
        if self._colours != self._told:
            self._told = dict(self._colours)
            self._tell(self._told)


def _channel(digits: bytes) -> int:
    """Return a colour's channel, 0-255: the first byte of what it is in 16 bits. Source: XParseColor(3)."""
    return int(digits, 16) * 0xFFFF // ((1 << 4 * len(digits)) - 1) >> 8
