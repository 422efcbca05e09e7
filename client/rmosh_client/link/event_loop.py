"""The loop that a session runs on: waits for descriptors, moments and signals, and calls what was registered for them.

It waits by select(), which counts microseconds where epoll and poll round up to whole milliseconds.
"""

import contextlib
import math
import os
import select
import signal
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final, TypeAlias

from rmosh_client.link.clocks import monotonic

Action: TypeAlias = Callable[[], None]

#: Waits until one of some descriptors can be read, or one of others be written, but for so many seconds at most (None:
#: for ever); returns which can.
Wait: TypeAlias = Callable[[Collection[int], Collection[int], float | None], tuple[Collection[int], Collection[int]]]

#: The first descriptor that select() has no room for. Source: FD_SETSIZE of Linux, macOS and FreeBSD.
_TOO_HIGH: Final = 1024

#: Most signals taken at a time; the pipe says at once if there are more.
_MOST_SIGNALS: Final = 4096


class Alarm:
    """An action that waits for its moment."""

    def __init__(self, due_at: float, action: Action, pending: "set[Alarm]") -> None:
        self.due_at: Final = due_at
        self.action: Final = action
        self._pending = pending
        pending.add(self)

    def cancel(self) -> None:
        """Let it not happen; nothing where it has."""
        self._pending.discard(self)


class EventLoop:
    """One at a time in a process, in its main thread: signals are the process's."""

    def __init__(self, *, clock: Callable[[], float] = monotonic, wait: "Wait | None" = None) -> None:
        """Begin with nothing to wait for.

        Args:
            clock: seconds on the clock that moments are told by.
        """
        self._clock = clock
        self._wait = wait or wait_for_descriptors
        self._readers: dict[int, Action] = {}
        self._writers: dict[int, Action] = {}
        self._alarms: set[Alarm] = set()
        self._on_signal: dict[int, Action] = {}

    # --- descriptors -----------------------------------------------------------------------------------------

    def add_reader(self, descriptor: int, action: Action) -> None:
        """Call it whenever a descriptor can be read, instead of what was called so far."""
        self._readers[descriptor] = action

    def remove_reader(self, descriptor: int) -> None:
        """Watch it no more, before it is closed; nothing where it was not watched."""
        self._readers.pop(descriptor, None)

    def add_writer(self, descriptor: int, action: Action) -> None:
        """Call it whenever a descriptor can be written, instead of what was called so far."""
        self._writers[descriptor] = action

    def remove_writer(self, descriptor: int) -> None:
        """Watch it no more, before it is closed; nothing where it was not watched."""
        self._writers.pop(descriptor, None)

    # --- moments ---------------------------------------------------------------------------------------------

    def call_later(self, delay: float, action: Action) -> Alarm:
        """Call it once, so many seconds from now."""
        return Alarm(self._clock() + delay, action, self._alarms)

    # --- signals ---------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def takes_signals(self) -> Iterator[None]:
        """Let signals wake the loop for as long as the context is open."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self.add_reader(reading, lambda: self._signals_came(os.read(reading, _MOST_SIGNALS)))
        try:
            yield
        finally:
            for number in list(self._on_signal):
                self.remove_signal_handler(number)
            self.remove_reader(reading)
            signal.set_wakeup_fd(before)
            os.close(reading)
            os.close(writing)

    def add_signal_handler(self, number: int, action: Action) -> None:
        """Call it for a signal, between two other calls and not in the midst of one; signals must be taken."""
        self._on_signal[number] = action
        signal.signal(number, _is_noted)
        signal.siginterrupt(number, False)  # system calls go on: the pipe tells

    def remove_signal_handler(self, number: int) -> None:
        """Let the signal do what it does by itself."""
        self._on_signal.pop(number, None)
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    def _signals_came(self, numbers: bytes) -> None:
        for number in dict.fromkeys(numbers):
            if (action := self._on_signal.get(number)) is not None:
                action()

    # --- running ---------------------------------------------------------------------------------------------

    def run_until(self, is_over: Callable[[], bool]) -> None:
        """Wait and call until something is so; what a call raises ends this as well."""
        while not is_over():
            self.turn()

    def turn(self, *, within: float = math.inf) -> None:
        """Wait once, for so many seconds at most, and call all whose time it is."""
        timeout = self._timeout(within)
        readable, writable = self._wait(self._readers, self._writers, None if timeout == math.inf else timeout)
        self._call(readable, self._readers)
        self._call(writable, self._writers)
        self._call_due()

    def _timeout(self, within: float) -> float:
        if not self._alarms:
            return within
        return min(max(min([alarm.due_at for alarm in self._alarms]) - self._clock(), 0.0), within)

    @staticmethod
    def _call(ready: Iterable[int], actions: dict[int, Action]) -> None:
        for descriptor in ready:
            # The call before may have removed it, and closed it.
            if (action := actions.get(descriptor)) is not None:
                action()

    def _call_due(self) -> None:
        if not self._alarms:
            return
        now = self._clock()
        due = [alarm for alarm in self._alarms if alarm.due_at <= now]
        for alarm in sorted(due, key=lambda alarm: alarm.due_at):
            if alarm in self._alarms:
                alarm.cancel()
                alarm.action()


def wait_for_descriptors(
    readers: Collection[int], writers: Collection[int], timeout: float | None
) -> tuple[Collection[int], Collection[int]]:
    """Wait as a `Wait` does, by select() where the descriptors' numbers let it."""
    if max(*readers, *writers, 0, 0) >= _TOO_HIGH:
        return _poll(readers, writers, timeout)
    readable, writable, _ = select.select(readers, writers, (), timeout)
    return readable, writable


def _poll(
    readers: Collection[int], writers: Collection[int], timeout: float | None
) -> tuple[Collection[int], Collection[int]]:
    """Do the same in milliseconds: whoever started us left more descriptors open than select() has room for."""
    poll = select.poll()
    for descriptor in {*readers, *writers}:
        reads, writes = descriptor in readers, descriptor in writers
        poll.register(descriptor, (select.POLLIN if reads else 0) | (select.POLLOUT if writes else 0))
    came = poll.poll(None if timeout is None else math.ceil(timeout * 1000))
    # An error or a hang-up is for whoever reads or writes there to find.
    readable = [descriptor for descriptor, events in came if events & ~select.POLLOUT and descriptor in readers]
    writable = [descriptor for descriptor, events in came if events & ~select.POLLIN and descriptor in writers]
    return readable, writable


def _is_noted(_number: int, _frame: object) -> None:
    """What Python calls for a signal: it has written the number into the pipe already."""
