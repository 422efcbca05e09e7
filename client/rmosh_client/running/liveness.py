"""Whether a silent server still lives, asked over SSH: one question at a time, in the background."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

from rmosh_client.bootstrap.background import in_background
from rmosh_client.bootstrap.request import SessionStatus
from rmosh_client.running.ending import Ending, ending_as_told
from rmosh_client.running.event_loop import EventLoop


class _Question:
    """One that is open, and the pipe that can be read once it is not."""

    def __init__(self, ask: Callable[[], Awaitable[SessionStatus]]) -> None:
        self.descriptor, self._done = os.pipe()
        self._told: Future[SessionStatus] = in_background(lambda: asyncio.run(_asked(ask)))
        self._told.add_done_callback(lambda _: os.close(self._done))

    def told(self) -> SessionStatus | None:
        """Return what was told, once the question is not open any more; None where nobody could be asked."""
        os.close(self.descriptor)
        return None if self._told.exception() is not None else self._told.result()


class LivenessCheck:
    """Made with what asks: it opens SSH without a question to the user, and may take long."""

    def __init__(self, ask: Callable[[], Awaitable[SessionStatus]]) -> None:
        self._ask = ask
        self._is_open = False

    def start(self, loop: EventLoop, on_ended: Callable[[Ending], None]) -> None:
        """Ask, unless the last question is still open; `on_ended` is called where the session turns out dead."""
        if self._is_open:
            return
        question = _Question(self._ask)
        self._is_open = True

        def answered() -> None:
            loop.remove_reader(question.descriptor)
            self._is_open = False
            told = question.told()
            if told is not None and (ending := ending_as_told(told)) is not None:
                on_ended(ending)

        loop.add_reader(question.descriptor, answered)


async def _asked(ask: Callable[[], Awaitable[SessionStatus]]) -> SessionStatus:
    return await ask()
