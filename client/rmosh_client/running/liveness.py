"""Whether a silent server still lives, asked over SSH: one question at a time, in the background."""

import asyncio
from collections.abc import Awaitable, Callable

from rmosh.errors import RmoshError
from rmosh_client.bootstrap.request import SessionStatus
from rmosh_client.running.ending import Ending, ending_as_told


class LivenessCheck:
    """Made with what asks: it opens SSH without a question to the user, and may take long."""

    def __init__(self, ask: Callable[[], Awaitable[SessionStatus]]) -> None:
        self._ask = ask
        self._task: asyncio.Task[None] | None = None

    def start(self, on_ended: Callable[[Ending], None]) -> None:
        """Ask, unless the last question is still open; `on_ended` is called where the session turns out dead."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(on_ended))

    def stop(self) -> None:
        """Give up asking."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, on_ended: Callable[[Ending], None]) -> None:
        try:
            told = await self._ask()
        except (RmoshError, OSError):
            return
        ending = ending_as_told(told)
        if ending is not None:
            on_ended(ending)
