"""What a login runs on: uvloop's event loop where it is installed, else asyncio's own. The one door to uvloop."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def run(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine on a new event loop until it is done."""
    if not logging.getLogger().handlers:  # Python's own last resort would write over the session
        logging.getLogger().addHandler(logging.NullHandler())
    try:
        return _runner()(main)
    finally:
        main.close()  # a loop that could not be made has not touched it


def _runner() -> Callable[[Coroutine[Any, Any, _Result]], _Result]:
    try:
        import uvloop
    except ImportError:  # there is no wheel for this system: FreeBSD, Android, 32-bit ARM
        return asyncio.run
    return uvloop.run
