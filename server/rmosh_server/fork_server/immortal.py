"""Objects that are never counted again, so that no fork has a copy of its own of the pages that they are in.

Python counts references in each object: who only calls a function writes to it, and to what it is made of. From 3.12 on
it passes over objects whose count says that they live for ever (PEP 683, which was written for servers that fork). No
function does that to an object, so the count is written here. With it a fork has 2 MB less of its own.
"""

import ctypes
import gc
import sys
from types import CodeType
from typing import Final

#: The lower half of the count of an object that lives for ever. Source: CPython 3.12 and 3.13, Include/object.h.
_FOR_EVER: Final = (0xFFFFFFFF).to_bytes(4, "little")


def make_immortal() -> None:
    """Have all objects that there are live as long as this process and its forks, where this Python is known."""
    if not _is_known():
        return
    gc.collect()  # what is garbage would stay
    gc.unfreeze()  # what is frozen is not told of
    for tracked in gc.get_objects():
        _keep(tracked)
        for part in gc.get_referents(tracked):
            _keep_whole(part)


def _is_known() -> bool:
    """Whether objects begin with a count of 64 bits, the lower half first, of which the half tells."""
    return (
        sys.implementation.name == "cpython"
        and (3, 12) <= sys.version_info < (3, 14)
        and sys.maxsize > 1 << 32
        and sys.byteorder == "little"
        and not hasattr(sys, "gettotalrefcount")  # of a debug build each object counts
        and getattr(sys, "_is_gil_enabled", lambda: True)()
    )


def _keep(one: object) -> None:
    ctypes.memmove(id(one), _FOR_EVER, len(_FOR_EVER))


def _keep_whole(part: object) -> None:
    """Keep something with what the collector does not know of it: of code its constants, of others what they hold."""
    _keep(part)
    if not gc.is_tracked(part):
        for inner in part.co_consts if isinstance(part, CodeType) else gc.get_referents(part):
            _keep_whole(inner)
