"""Says what a login waits for, once that has taken long."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Final

#: Seconds of silence after which it is said. Reason: the slowest links take one to two; longer, and one wonders.
SAID_AFTER: Final = 2.0


@contextlib.contextmanager
def said_if_long(
    say: Callable[[str], None], what: str | Callable[[], str], *, is_over: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Say it if the context is still open by then; needs a running event loop.

    Args:
        what: the words, or what tells them then.
        is_over: what was waited for has come.
    """

    def wonder() -> None:
        if not is_over():
            say(what if isinstance(what, str) else what())

    alarm = asyncio.get_running_loop().call_later(SAID_AFTER, wonder)
    try:
        yield
    finally:
        alarm.cancel()
