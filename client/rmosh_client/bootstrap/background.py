"""Runs what blocks in a thread that nobody has to wait for: a command that is interrupted ends at once."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def in_background(work: Callable[[], Result]) -> "Future[Result]":
    """Call a function in a daemon thread; the future has its result or its exception.

    An executor's threads would be waited for at exit, however long a connection attempt takes.
    """
    future: Future[Result] = Future()

    def run() -> None:
        future.set_running_or_notify_cancel()  # from here on nobody can cancel it, only stop waiting
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="rmosh bootstrap", daemon=True).start()
    return future
