"""While modules load: Ctrl-C is not lost, and no compiler is run to find a library.

Python's import system can swallow the one, in a callback that may not fail. The other is for the SSH library, which
asks for C libraries that hosts hardly have: where the dynamic linker's cache has none, ctypes has gcc and ld look for
it, 0.05 s of a start with CPython 3.11. What they alone find cannot be loaded by its name, unless LD_LIBRARY_PATH says
where it is; ld looks there too.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Final

#: How ctypes.util searches by other programs than ldconfig. Source: CPython 3.10 to 3.14, Lib/ctypes/util.py.
_BY_COMPILERS: Final = ("_findLib_gcc", "_findLib_ld")


@contextlib.contextmanager
def interrupts_kept() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end, if not before, where SIGINT came meanwhile; one that is ignored stays so.

    Seen with 1 of 120 presses in the half second of a start (Python 3.10): the program went on as if nothing had been.
    """
    came = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        came = True
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


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
