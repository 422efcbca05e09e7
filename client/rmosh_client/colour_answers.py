"""What the user's terminal answers about its colours, taken out from between the keys. Nobody waits for it.

No program ever asks this terminal anything, so whatever looks like an answer is one to our own questions.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

#: One answer: a palette colour's index or an OSC number, and the channels; or the device attributes, the last answer.
#: Channels have 1 to 4 hexadecimal digits. Source: xterm's ctlseqs, XParseColor(3).
_ANSWER: Final = re.compile(
    rb"\x1b\](?:4;(\d{1,3})|(1[0-2]));rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?"
    rb"(?:\x07|\x1b\\)|\x1b\[\?[0-9;]{0,64}c"
)

#: The beginning of an answer at the end of what was read, longer than any key that a person types.
_BEGUN: Final = re.compile(rb"\x1b(?:\](?:4|1[0-2]?)(?:;[0-9a-zA-Z;:/]{0,32})?\x1b?|\[\?[0-9;]{0,64})\Z")

#: The same cut shorter, where it could be a key too; taken for an answer when others came with it.
_BARELY_BEGUN: Final = re.compile(rb"\x1b[\]\[]?\Z")

#: Place of the foreground among the colours, less its OSC number. Source: `rmosh.transport.frames.Colours`.
_SPECIAL: Final = 16 - 10


class ColourAnswers:
    """Sifts what was typed until the last answer came, then lets everything pass."""

    def __init__(self, tell: Callable[[Mapping[int, int]], None]) -> None:
        self._tell = tell
        self._colours: dict[int, int] = {}
        self._held = b""
        self._done = False

    def sift(self, data: bytes) -> bytes:
        """Return what was typed, without answers; the beginning of one is kept until more comes."""
        if self._done:
            return data
        data, self._held = self._held + data, b""
        if b"\x1b" not in data:
            return data
        keys = _ANSWER.sub(self._take, data)
        begun = None
        if not self._done:
            begun = _BEGUN.search(keys) or (_BARELY_BEGUN.search(keys) if keys != data else None)
        if begun is not None:
            self._held = begun[0]
            keys = keys[: begun.start()]
        return keys

    def _take(self, answer: re.Match[bytes]) -> bytes:
        index, number, *channels = answer.groups()
        if channels[0] is None:
            self._done = True
            if self._colours:
                self._tell(self._colours)
        else:
            place = int(index) if index is not None else int(number) + _SPECIAL
            if index is None or place < 16:
                self._colours[place] = int.from_bytes([_channel(digits) for digits in channels], "big")
        return b""


def _channel(digits: bytes) -> int:
    """Return a colour's channel, 0-255."""
    return int(digits, 16) * 255 // ((1 << 4 * len(digits)) - 1)
