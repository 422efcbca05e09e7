"""A terminal emulator: an xterm-256color without a window.

`Emulator` takes bytes and publishes immutable frames. `Screen` and `HistoryScreen` are the same terminal with the
operations and attributes of pyte's, for programs written for those; `rmosh.terminal.as_pyte` tells where they differ.

>>> from rmosh.terminal import Emulator
>>> emulator = Emulator(rows=2, columns=8)
>>> emulator.feed(b"\\x1b[31mred\\x1b[m")
>>> frame = emulator.frame()
>>> "".join(cell.text for cell in frame.rows[0].cells), frame.rows[0].cells[0].style.foreground
('red     ', 1)

Stability: beta. `Screen` and `HistoryScreen` keep pyte's names; `Emulator` and `Frame` may gain some with any 0.x.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rmosh.terminal.as_pyte.history_screen import HistoryScreen
    from rmosh.terminal.as_pyte.screen import Screen
    from rmosh.terminal.cells import Frame
    from rmosh.terminal.emulator import Emulator

__all__ = ["Emulator", "Frame", "HistoryScreen", "Screen"]

#: Where each name is from. Loaded when asked for: a server has no use for pyte's, which take 3 MB.
_HOMES: Final = {
    "Emulator": "rmosh.terminal.emulator",
    "Frame": "rmosh.terminal.cells",
    "HistoryScreen": "rmosh.terminal.as_pyte.history_screen",
    "Screen": "rmosh.terminal.as_pyte.screen",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
