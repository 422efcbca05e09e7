"""How many columns this host's C library gives a character: shells, line editors and most programs here count by it.

Libraries differ in what a Unicode version made wide (U+2630, new emoji). Nothing is loaded before the first character
that they may differ on; where there is nothing to ask, the common table answers.
"""

from collections.abc import Callable
from functools import lru_cache

from rmosh.terminal.width_table import tabled_columns


def columns_here(character: str) -> int:
    """Return the columns that programs on this host count for a character: 0, 1 or 2.

    One that the library does not know yet takes one. Source: readline 8.2, zsh 5.9 and tmux 3.3a, which read -1 so.
    """
    wcwidth = _wcwidth()
    if wcwidth is None:
        return tabled_columns(character)
    columns = wcwidth(character)
    return columns if columns in (0, 1, 2) else 1


@lru_cache(maxsize=1)
def _wcwidth() -> Callable[[str], int] | None:
    """Return the library's function; None where it has none, or knows no Unicode in this process's locale."""
    try:
        import ctypes

        function = ctypes.CDLL(None).wcwidth
    except (ImportError, OSError, AttributeError):
        return None
    function.argtypes, function.restype = [ctypes.c_wchar], ctypes.c_int
    knows_unicode = (function("\u6f22"), function("\u00e9"), function("\u0301")) == (2, 1, 0)
    return function if knows_unicode else None
