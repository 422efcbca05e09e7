"""Where the first key begins and ends in what a terminal sends. Sans-IO."""

import re
from typing import Final

from rmosh_client.typing.escape import is_no_press
from rmosh_client.typing.mouse import REPORT

#: What one key sends, or one report or paste. Source: ECMA-48 (CSI), xterm ctlseqs (SS3, Alt as a prefix, mode 2004).
_ONE: Final = re.compile(
    rb"(?P<report>%b)|(?P<paste>\x1b\[200~.*?(?:\x1b\[201~|\Z))|\x1b?(?:\x1b\[[0-?]*[ -/]*[@-~]|\x1bO[ -~])"
    rb"|\x1b?(?:[\xc2-\xf4][\x80-\xbf]{1,3}|.)" % REPORT,
    re.DOTALL,
)


def first_press(typed: bytes) -> tuple[int, int] | None:
    """Return where the first key that is pressed begins and ends; None where there is none, or it is a paste."""
    for found in _ONE.finditer(typed):
        if found["paste"] is not None:
            return found.start(), found.start()
        if found["report"] is None and not is_no_press(found[0]):
            return found.span()
    return None
