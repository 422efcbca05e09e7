"""Who waits for which descriptor, and for which moment; all of it behind one descriptor that a loop can wait on."""

import selectors
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from rmosh.lazy_dataclass import dataclass

#: Most descriptors that are attended to in one turn. Reason: each moves 256 kB at most, and keys wait meanwhile.
_MOST_PER_TURN: Final = 8

#: Called when something is ready, with the events as `selectors` names them.
WhenReady: TypeAlias = Callable[[int], None]


class Waitable(Protocol):
    """What can be waited on."""

    def fileno(self) -> int: ...


@dataclass(slots=True)
class _Watched:
    descriptor: int
    events: int
    ready: WhenReady


class ReadySet:
    """Thousands of connections are one descriptor for whoever waits: epoll, or kqueue."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._watched: dict[Waitable, _Watched] = {}
        self._unattended: deque[tuple[Waitable, int]] = deque()
        self._alarms: dict[object, tuple[float, Callable[[], None]]] = {}

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._selector.fileno()

    @property
    def next_wakeup(self) -> float | None:
        """When to `attend` though nothing is ready, monotonic seconds; None for never."""
        if self._unattended:
            return 0.0
        return min((moment for moment, _ in self._alarms.values()), default=None)

    def watch(self, source: Waitable, events: int, ready: WhenReady) -> None:
        """Have something called whenever a source is ready; for no events: no longer."""
        if not events:
            self.forget(source)
            return
        watched = self._watched.get(source)
        if watched is None:
            watched = self._watched[source] = _Watched(source.fileno(), events, ready)
            self._selector.register(watched.descriptor, events, source)
        elif watched.events != events:
            watched.events = events
            self._selector.modify(watched.descriptor, events, source)
        watched.ready = ready

    def forget(self, source: Waitable) -> None:
        """Wait for it no longer; it may be closed next."""
        watched = self._watched.pop(source, None)
        if watched is not None:
            self._selector.unregister(watched.descriptor)

    def call_at(self, owner: object, moment: float, action: Callable[[], None]) -> None:
        """Have something called at a moment, instead of what this owner wanted before."""
        self._alarms[owner] = (moment, action)

    def call_off(self, owner: object) -> None:
        """Call nothing for an owner."""
        self._alarms.pop(owner, None)

    def attend(self, *, now: float) -> None:
        """Call whose moment has come, and some of those that are ready; the rest is for the next turn."""
        for owner in [owner for owner, (moment, _) in self._alarms.items() if moment <= now]:
            if (alarm := self._alarms.pop(owner, None)) is not None:
                alarm[1]()
        if not self._unattended:
            self._unattended += [(key.data, events) for key, events in self._selector.select(0)]
        for _ in range(min(len(self._unattended), _MOST_PER_TURN)):
            source, events = self._unattended.popleft()
            watched = self._watched.get(source)
            if watched is not None and watched.events & events:
                watched.ready(events)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._watched.clear()
        self._unattended.clear()
        self._alarms.clear()
        self._selector.close()
