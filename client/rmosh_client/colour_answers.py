"""What the user's terminal answers about its colours."""

import re
from collections.abc import Callable, Mapping
from typing import Final

#: One answer: a palette colour's index or an OSC number, and the channels, of 1 to 4 hexadecimal digits.
#: Source: xterm's ctlseqs, XParseColor(3).
_ANSWER: Final = re.compile(
    rb"\x1b\](?:4;(\d{1,3})|(1[0-2]));rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?"
    rb"(?:\x07|\x1b\\)"
)

#: Place of the foreground among the colours, less its OSC number. Source: `rmosh.transport.frames.Colours`.
_SPECIAL: Final = 16 - 10


class ColourAnswers:
    """A topic of the interview: the first 16 colours of the palette, foreground, background and cursor.

    Attributes:
        questions: as xterm's ctlseqs have them.
    """

    questions: Final = (
        b"".join([b"\x1b]4;%d;?\x1b\\" % index for index in range(16)])
        + b"\x1b]10;?\x1b\\\x1b]11;?\x1b\\\x1b]12;?\x1b\\"
    )

    def __init__(self, tell: Callable[[Mapping[int, int]], None]) -> None:
        self._tell = tell
        self._colours: dict[int, int] = {}

    def take(self, answer: bytes) -> bool:
        """Take one colour."""
        match = _ANSWER.fullmatch(answer)
        if match is None:
            return False
        index, number, *channels = match.groups()
        place = int(index) if index is not None else int(number) + _SPECIAL
        if index is None or place < 16:
            self._colours[place] = int.from_bytes([_channel(digits) for digits in channels], "big")
        return True

    def end(self) -> None:
        """Tell what came."""
        if self._colours:
            self._tell(self._colours)


def _channel(digits: bytes) -> int:
    """Return a colour's channel, 0-255."""
    return int(digits, 16) * 255 // ((1 << 4 * len(digits)) - 1)
