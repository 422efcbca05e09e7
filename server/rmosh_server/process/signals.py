"""Signals as readable bytes, so that the loop waits for them beside its sockets."""

import os
import signal
from collections.abc import Iterable
from types import FrameType
from typing import Final

#: Signal numbers read at once. Reason: the pipe holds the few signals that came since the last turn.
SIGNALS_AT_ONCE: Final = 512


class SignalPipe:
    """Makes some signals readable and has others ignored, for the whole process."""

    def __init__(self, *, watched: Iterable[signal.Signals], ignored: Iterable[signal.Signals]) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        for number in watched:
            signal.signal(number, _wake_up_only)
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._reading

    def take(self) -> set[int]:
        """Return the numbers of the signals that came since the last call."""
        try:
            return set(os.read(self._reading, SIGNALS_AT_ONCE))
        except BlockingIOError:
            return set()

    def close(self) -> None:
        """Make them readable no more; they go on to be handled, by doing nothing."""
        signal.set_wakeup_fd(-1)
        os.close(self._reading)
        os.close(self._writing)


def _wake_up_only(number: int, frame: FrameType | None) -> None:
    """Do nothing: the interpreter itself writes the number into the pipe, but only for handled signals."""
