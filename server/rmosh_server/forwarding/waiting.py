"""What many connections wait for, behind one descriptor: a session's loop waits on that, however many there are."""

import selectors
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol, TypeAlias

from rmosh.channels.closing.policy import NEVER
from rmosh.lazy_dataclass import dataclass

#: How long one turn attends to connections that are ready, in seconds; the rest come next turn. Reason: keys and frames
#: wait for no more than this.
TIME_PER_TURN: Final = 0.002

#: What is called when something is ready, with the events as `selectors` names them.
Ready: TypeAlias = Callable[[int], None]


class HasDescriptor(Protocol):
    """What can be waited on."""

    def fileno(self) -> int: ...


#: A descriptor, or what has one.
Source: TypeAlias = "int | HasDescriptor"


@dataclass(slots=True)
class _Watched:
    """Who waits for a descriptor, and for what there."""

    descriptor: int
    events: int
    ready: Ready
    owner: object


class Waiting:
    """Who waits for which descriptor, and who for which moment.

    Attributes:
        now: the moment of this turn, in monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float], failed: Callable[[Exception, object], None]) -> None:
        """Begin with nobody.

        Args:
            failed: told of a fault and whose it was; a descriptor that led to one is waited for no longer.
        """
        self.now = clock()
        self._failed = failed
        self._clock = clock
        # Epoll, or kqueue: one descriptor that is ready when any is.
        self._selector = selectors.DefaultSelector()
        self._watched: dict[Source, _Watched] = {}
        self._unattended: deque[tuple[Source, int]] = deque()
        self._alarms: dict[object, tuple[float, Callable[[], None]]] = {}

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._selector.fileno()

    @property
    def next_wakeup(self) -> float:
        """When something is to be done even if nothing is ready, in monotonic seconds."""
        if self._unattended:
            return 0.0
        return min([moment for moment, _ in self._alarms.values()], default=NEVER)

    def watch(self, source: Source, events: int, ready: Ready, *, owner: object = None) -> None:
        """Have something called when a descriptor is ready; with no events, no longer.

        Args:
            owner: what fails with it.
        """
        if not events:
            self.forget(source)
            return
        watched = self._watched.get(source)
        if watched is None:
            watched = self._watched[source] = _Watched(_descriptor_of(source), events, ready, owner)
            self._selector.register(watched.descriptor, events, source)
        elif watched.events != events:
            watched.events = events
            self._selector.modify(watched.descriptor, events, source)
        watched.ready, watched.owner = ready, owner

    def forget(self, source: Source) -> None:
        """Wait for a descriptor no longer, which may be closed next."""
        watched = self._watched.pop(source, None)
        if watched is not None:
            self._selector.unregister(watched.descriptor)

    def at(self, owner: object, moment: float, action: Callable[[], None]) -> None:
        """Have something called at a moment; each owner has one alarm."""
        self._alarms[owner] = (moment, action)

    def not_at(self, owner: object) -> None:
        """Take back an owner's alarm."""
        self._alarms.pop(owner, None)

    def attend(self, *, now: float) -> None:
        """Call whose moment has come, and whose descriptor is ready, as far as the time of a turn goes."""
        self.now = now
        due = [owner for owner, (moment, _) in self._alarms.items() if moment <= now] if self._alarms else ()
        for owner in due:
            _, action = self._alarms.pop(owner, (now, _nothing))
            self._call(action, owner)
        if not self._unattended:
            self._unattended += [(key.data, events) for key, events in self._selector.select(0)]
        gives_way_at = self._clock() + TIME_PER_TURN
        while self._unattended:
            source, events = self._unattended.popleft()
            watched = self._watched.get(source)
            if watched is not None and watched.events & events:
                self._call(partial(watched.ready, events), watched.owner, source)
            if self._clock() >= gives_way_at:
                return

    def _call(self, action: Callable[[], None], owner: object, source: "Source | None" = None) -> None:
        try:
            action()
        except Exception as fault:
            if source is not None:
                self.forget(source)
            self._failed(fault, owner)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._watched.clear()
        self._unattended.clear()
        self._alarms.clear()
        self._selector.close()


def _descriptor_of(source: Source) -> int:
    return source if isinstance(source, int) else source.fileno()


def _nothing() -> None:
    """What an alarm does that another one took back."""
