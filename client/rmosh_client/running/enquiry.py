"""One piece of work that blocks, done in a thread, and a pipe that can be read once it is done."""

import os
from collections.abc import Callable
from typing import Generic, TypeVar

from rmosh_client.bootstrap.background import in_background
from rmosh_client.running.event_loop import EventLoop

Result = TypeVar("Result")


class Enquiry(Generic[Result]):
    """Asks one thing at a time."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._is_open = False

    def start(self, loop: EventLoop, on_result: Callable[[Result], None]) -> None:
        """Ask, unless the last question is still open; nothing is called where the work raises."""
        if self._is_open:
            return
        self._is_open = True
        reading, writing = os.pipe()
        future = in_background(self._work)
        future.add_done_callback(lambda _: os.close(writing))

        def done() -> None:
            loop.remove_reader(reading)
            os.close(reading)
            self._is_open = False
            if future.exception() is None:
                on_result(future.result())

        loop.add_reader(reading, done)
