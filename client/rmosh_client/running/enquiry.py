"""One piece of work that blocks, done in a thread, and a pipe that can be read once it is done."""

import contextlib
import os
from collections.abc import Callable
from typing import Generic, TypeVar

from rmosh_client.running.event_loop import EventLoop

Result = TypeVar("Result")


class Enquiry(Generic[Result]):
    """Asks one thing at a time; nobody waits for an answer that is late, not even the end of the process."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._is_open = False

    def start(self, loop: EventLoop, on_result: Callable[[Result], None]) -> None:
        """Ask, unless the last question is still open; nothing is called where the work raises, or no thread starts."""
        if self._is_open:
            return
        import threading  # only a session that lost contact needs it

        reading, writing = os.pipe()
        results: list[Result] = []

        def ask() -> None:
            with contextlib.suppress(Exception):  # a fault costs an answer, and writes nothing on the user's screen
                results.append(self._work())
            os.close(writing)

        def answered() -> None:
            loop.remove_reader(reading)
            os.close(reading)
            self._is_open = False
            for result in results:
                on_result(result)

        try:
            threading.Thread(target=ask, name="rmosh enquiry", daemon=True).start()
        except RuntimeError:  # the user has no process left
            os.close(reading)
            os.close(writing)
            return
        self._is_open = True
        loop.add_reader(reading, answered)
