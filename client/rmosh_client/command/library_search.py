"""Looks for C libraries without a compiler, while the SSH library loads: it asks for some that hosts hardly have.

Where the dynamic linker's cache has none, ctypes has gcc and ld look for it: 0.05 s of a start with CPython 3.11. What
they alone find cannot be loaded by its name, unless LD_LIBRARY_PATH says where it is; ld looks there too.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Final

#: How ctypes.util searches by other programs than ldconfig. Source: CPython 3.10 to 3.14, Lib/ctypes/util.py.
_BY_COMPILERS: Final = ("_findLib_gcc", "_findLib_ld")


@contextlib.contextmanager
def without_compilers() -> Iterator[None]:
    """Let `ctypes.util.find_library` ask neither of them meanwhile."""
    import ctypes.util  # with the SSH library

    names = [] if os.environ.get("LD_LIBRARY_PATH") else _BY_COMPILERS
    before = {name: getattr(ctypes.util, name) for name in names if hasattr(ctypes.util, name)}
    for name in before:
        setattr(ctypes.util, name, _nowhere)
    try:
        yield
    finally:
        for name, search in before.items():
            setattr(ctypes.util, name, search)


def _nowhere(_library: str) -> None:
    """Find nothing."""
