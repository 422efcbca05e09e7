"""Sequences that name a foreground and a background of 24 bits and nothing else, many at once: a picture has one in
every cell.

All are cut into fields together, and each channel of all is looked up in one go: a third of what they take one by one.
What is written otherwise than programs write them is left to `rmosh.terminal.sgr`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from operator import add
from typing import Final

from rmosh.terminal.sgr import BESIDE_BOTH, Effect
from rmosh.terminal.style_table import BACKGROUND, FOREGROUND
from rmosh.terminal.styles import TRUECOLOR
from rmosh.terminal.vocabulary import SGR

#: What each such sequence has in it, and how many of them in one piece of output are looked at together. Reason: fewer
#: are as quick one by one.
MARK: Final = b";48;2;"
MANY: Final = 16

#: What stands before the channels of each colour. Source: xterm's ctlseqs, SGR.
_HEADS: Final = (("\x1b[38", "2"), ("48", "2"))

#: Fields of a sequence: those, and three channels of each colour.
_FIELDS: Final = 10


def effects_of_direct(tokens: Sequence[str]) -> dict[str, Effect]:
    """Return what those of the tokens do that are such sequences; nothing if one looks like them but is none."""
    tokens = [token for token in tokens if token.count(";") == _FIELDS - 1]
    fields = ";".join(tokens).split(";")
    columns = [fields[place::_FIELDS] for place in range(_FIELDS)]
    values = [0] * len(tokens)
    for head, levels in zip(_HEADS, _levels(), strict=True):
        for text in head:
            if columns.pop(0).count(text) < len(tokens):
                return {}
        try:
            for level in levels:
                values = list(map(add, values, map(level.__getitem__, columns.pop(0))))
        except KeyError:
            return {}
    return dict(zip(tokens, zip(repeat(BESIDE_BOTH), values, strict=False), strict=True))


@lru_cache(maxsize=1)
def _levels() -> Sequence[Sequence[Mapping[str, int]]]:
    """Return what red, green and blue of each colour add to a packed style, by how they are written."""
    levels = range(256)
    return [
        (
            {str(level): (TRUECOLOR | level << 16) << plane for level in levels},
            {str(level): level << 8 + plane for level in levels},
            {f"{level}{end}": level + 1 << plane for level in levels},
        )
        for plane, end in ((FOREGROUND, ""), (BACKGROUND, SGR))
    ]
