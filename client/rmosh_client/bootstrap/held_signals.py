"""Signals held back while a question stands on the terminal: it is given back first, then they are obeyed.

Source: readpassphrase(3), which ssh asks with. One more is noted here, SIGCONT: a stop that nobody can catch leaves
the terminal to a shell that turns its echo on again.
"""

import os
import select
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.exit_status import signalled

#: Signals that end or stop a process unless somebody catches them, as a user, a shell or a closed window sends them.
_HELD: Final = (
    signal.SIGALRM,
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGTSTP,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGCONT,
)

#: After these the question is asked again.
_PAUSES: Final = frozenset({signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCONT})


class HeldSignals:
    """Notes signals inside its `with`, for `obey` after it; one that was ignored before stays ignored.

    In another thread than the main one nothing is held: Python lets no other set handlers.

    Attributes:
        came: signals in the order in which they came.
    """

    def __init__(self) -> None:
        self.came: list[int] = []
        self._before: dict[int, Any] = {}
        self._pipe: tuple[int, int] | None = None
        self._wakeup_before = -1

    def __enter__(self) -> "HeldSignals":
        if threading.current_thread() is threading.main_thread():
            self._pipe = os.pipe()
            os.set_blocking(self._pipe[1], False)
            self._wakeup_before = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
            for number in _HELD:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        if self._pipe is None:
            return
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        for end in self._pipe:
            os.close(end)
        self._pipe = None

    def wait_for(self, terminal: int, *others: int) -> bool:
        """Wait until a line can be read, another descriptor can, or a signal came; return whether it is the line."""
        if self.came:
            return False
        # A signal between that look and the waiting is not lost: its number is in the pipe.
        readable, _, _ = select.select([terminal, *others, *(self._pipe or ())[:1]], [], [])
        return terminal in readable and not self.came

    def obey(self) -> None:
        """Let the signals have their effect; return where that was a pause which is over now.

        Raises:
            BootstrapError: one of them is to end the command, and did not end the process.
        """
        deadly = [number for number in self.came if number not in _PAUSES]
        # One pause is all: where a shell was quicker than we, giving the terminal back was a second reason for it.
        stops = [number for number in self.came if number in _PAUSES and number != signal.SIGCONT][:1]
        for number in (*stops, *deadly):
            if number != signal.SIGINT:  # an event loop's own handler would only note it
                signal.raise_signal(number)
        if deadly:
            raise BootstrapError(Stage.AUTHENTICATION, "interrupted", exit_status=signalled(deadly[0]))

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.came.append(number)
        if number == signal.SIGTTIN:
            raise InterruptedError  # else Python repeats for ever a read that we may not make. Source: PEP 475
