"""While modules load: Ctrl-C is not lost, no garbage is looked for, and no program to find a library that is not there.

Python's import system can swallow the one, in a callback that may not fail. The other is for the SSH library, which
asks for C libraries that hosts hardly have. For each ctypes runs ldconfig, which prints the dynamic linker's cache, and
then gcc and ld: 0.06 s of a start with CPython 3.11. What these two alone find cannot be loaded by its name, unless
LD_LIBRARY_PATH says where it is; ld looks there too.

X.509 certificates, which OpenSSH does not know either, are a part that the SSH library does without where it cannot be
loaded: a sixth of the processor time of its import, and 2 MB of a login's memory.
"""

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

#: How ctypes.util searches by programs. Source: CPython 3.10 to 3.14, Lib/ctypes/util.py.
_BY_LDCONFIG: Final = "_findSoname_ldconfig"
_BY_COMPILERS: Final = ("_findLib_gcc", "_findLib_ld")

#: The dynamic linker's cache, names of libraries and paths as they are. Source: ldconfig(8) of glibc.
_CACHE: Final = "/etc/ld.so.cache"

#: The part of asyncssh that nobody needs. Source: asyncssh 2.24, crypto/__init__.py, "if available".
_CERTIFICATES: Final = "asyncssh.crypto.x509"


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
    except Exception:  # Python 3.11 makes a RuntimeError of what is raised while it makes a class
        if not came:
            raise
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


@contextlib.contextmanager
def collecting_nothing() -> Iterator[None]:
    """Have no garbage looked for meanwhile, nor later in what was loaded: modules last.

    A login takes 134 ms of processor time to load instead of 160, `rmosh host true` 252 in all instead of 273 (CPython
    3.11). It is not for what lives long: half a megabyte that comes with classes stays about.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def loading_ssh() -> Iterator[None]:
    """Have the SSH library loaded meanwhile, quickly."""
    is_new = _CERTIFICATES not in sys.modules
    if is_new:
        sys.modules[_CERTIFICATES] = None  # type: ignore[assignment] # an ImportError for whoever wants it
    try:
        with without_programs(), collecting_nothing():
            yield
    finally:
        if is_new:
            del sys.modules[_CERTIFICATES]


@contextlib.contextmanager
def without_programs(cache: str = _CACHE) -> Iterator[None]:
    """Let `ctypes.util.find_library` run none of them meanwhile for what the linker's cache does not name."""
    import ctypes.util as searched  # with the SSH library

    before: dict[str, Any] = {}
    if not os.environ.get("LD_LIBRARY_PATH"):
        before = {name: getattr(searched, name) for name in (_BY_LDCONFIG, *_BY_COMPILERS) if hasattr(searched, name)}
    for name, search in before.items():
        setattr(searched, name, _named_in(cache, search) if name == _BY_LDCONFIG else _nowhere)
    try:
        yield
    finally:
        for name, search in before.items():
            setattr(searched, name, search)


def _named_in(cache: str, search: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """Return a search for what a cache names; where it cannot be read, for anything."""
    try:
        with open(cache, "rb") as opened:
            names = opened.read()
    except OSError:
        return search
    return lambda library: search(library) if f"lib{library}.".encode() in names else None


def _nowhere(_library: str) -> None:
    """Find nothing."""
