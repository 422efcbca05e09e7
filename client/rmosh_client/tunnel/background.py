"""`-f`: into the background once all is ready, as ssh does: the command that was typed has ended well by then.

The process that was started waits in front from the beginning; another does the work, which may ask its questions at
the terminal until then. So nothing that works is ever forked.
"""

import os
import signal
from types import FrameType
from typing import Final, NoReturn

from rmosh_client.bootstrap.descriptors import point_at_null

#: Signals that are for whoever works.
_PASSED_ON: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Background:
    """As the process that works has it."""

    def __init__(self, ready: int) -> None:
        self._ready = ready

    def go(self) -> None:
        """Go there: hold no terminal, and let whoever waits in front end."""
        os.setsid()
        point_at_null(0, 1, 2)
        os.write(self._ready, b"1")
        os.close(self._ready)


def begin_behind() -> Background:
    """Return in another process, which works from now on; the one that called waits for it, and ends as it does."""
    reading, writing = os.pipe()
    worker = os.fork()
    if worker:
        os.close(writing)
        _wait_in_front(worker, reading)
    os.close(reading)
    return Background(writing)


def _wait_in_front(worker: int, ready: int) -> NoReturn:
    def pass_on(number: int, _frame: FrameType | None) -> None:
        os.kill(worker, number)

    for number in _PASSED_ON:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, pass_on)
    if os.read(ready, 1):
        os._exit(0)
    _, status = os.waitpid(worker, 0)
    if os.WIFSIGNALED(status):
        deadly = os.WTERMSIG(status)
        signal.signal(deadly, signal.SIG_DFL)
        os.kill(os.getpid(), deadly)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1)
