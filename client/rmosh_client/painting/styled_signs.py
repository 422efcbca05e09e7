"""A row's signs with what leads from style to style, as bytes; `styled` of `rmosh.compiled` is the same in C."""

import re
from collections.abc import Sequence
from operator import add
from typing import Final

from rmosh.terminal.rows import RIGHT_HALF
from rmosh.terminal.style_table import PackedStyle
from rmosh_client.painting.restyling import Restyling

#: A run of one character, and that character.
_find_runs: Final = re.compile(r"((.)\2*)", re.DOTALL).findall


def styled_signs(
    signs: str, styles: str, packed: Sequence[PackedStyle], old: "PackedStyle | None", restyling: Restyling
) -> bytes:
    """Return signs as bytes, each in its style; right halves of wide signs are left out.

    Args:
        styles: of each sign a character: its code point is the style's place in `packed`.
        old: the style that is set before; None where that is not known.
    """
    runs = _find_runs(styles)
    changes = restyling.changes(old, [packed[ord(character)] for _, character in runs])
    if len(runs) == len(signs):  # a picture
        text = "".join(map(add, changes, signs))
    else:
        pieces: list[str] = []
        start = 0
        for change, (run, _) in zip(changes, runs, strict=True):
            stop = start + len(run)
            pieces += change, signs[start:stop]
            start = stop
        text = "".join(pieces)
    return (text.replace(RIGHT_HALF, "") if RIGHT_HALF in text else text).encode()
