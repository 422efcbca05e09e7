"""What `rmosh/terminal/width_table.py` answers here, as a module for hosts without wcwidth."""

from itertools import chain
from typing import Final

from rmosh.terminal.width_table import EMOJI_PRESENTATION, REGIONAL_INDICATORS, is_wide_as_emoji, tabled_columns

#: The module that this stands for.
WIDTH_TABLE: Final = "rmosh.terminal.width_table"

#: Where a width may differ from that of the character before. Reason: in what is left out, ideographs, syllables and
#: private characters, it never does, as a test over all of them says.
_LOOKED_AT: Final = (
    range(0x4E00), range(0x9FF0, 0xAC01), range(0xD7A0, 0xE001), range(0xF8F0, 0x20001), range(0x2FFF0, 0x30001),
    range(0x3FFF0, 0x40001), range(0xE0000, 0xE1001),
)  # fmt: skip


def width_source() -> str:
    """Return the module's source: where each run of equally wide characters begins, and its columns."""
    starts: list[str] = []
    columns: list[int] = []
    otherwise: list[str] = []
    for character in map(chr, chain(*_LOOKED_AT)):
        width = tabled_columns(character)
        if not columns or width != columns[-1]:
            starts.append(character)
            columns.append(width)
        if is_wide_as_emoji.__wrapped__(character) != (width == 2):
            otherwise.append(character)
    return f"""from bisect import bisect_right
EMOJI_PRESENTATION = {EMOJI_PRESENTATION!a}
REGIONAL_INDICATORS = {REGIONAL_INDICATORS!r}
_STARTS = {"".join(starts)!a}
_COLUMNS = {"".join(map(str, columns))!r}
_OTHERWISE_AS_EMOJI = {"".join(otherwise)!a}

def tabled_columns(character):
    return int(_COLUMNS[bisect_right(_STARTS, character) - 1])

def is_wide_as_emoji(character):
    return (tabled_columns(character) == 2) != (character in _OTHERWISE_AS_EMOJI)
"""
