"""One piece of work that blocks, done in a thread, and a pipe that can be read once it is done."""

import contextlib
import os
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from rmosh_client.link.event_loop import EventLoop

Result = TypeVar("Result")

#: Most threads of one enquiry, those that were given up included. Reason: a resolver may take 30 s to give up itself.
_MOST_THREADS: Final = 4


class Enquiry(Generic[Result]):
    """Asks one thing at a time; nobody waits for an answer that is late, not even the end of the process."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._asked = 0
        self._is_open = False
        self._threads = 0

    def start(self, loop: EventLoop, on_result: Callable[[Result], None]) -> None:
        """Ask, unless the last question is still open; nothing is called where the work raises, or no thread starts."""
        if self._is_open or self._threads >= _MOST_THREADS:
            return
        import threading  # only a session that lost contact needs it

        reading, writing = os.pipe()
        results: list[Result] = []
        number = self._asked = self._asked + 1

        def ask() -> None:
            with contextlib.suppress(Exception):  # a fault costs an answer, and writes nothing on the user's screen
                results.append(self._work())
            os.close(writing)

        def answered() -> None:
            loop.remove_reader(reading)
            os.close(reading)
            self._threads -= 1
            if number == self._asked:
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
        self._threads += 1
        loop.add_reader(reading, answered)

    def give_up(self) -> None:
        """Wait for the open question no longer: what it will say is of no use any more."""
        self._is_open = False
        self._asked += 1
