"""Whose turn it is among the streams that have more to say (as RFC 8290 has flows take turns).

One that begins to speak is heard before those that go on and on, but every second turn is theirs.
"""

from collections import deque
from collections.abc import Callable

from rmosh.channels.streams.stream import Stream


class Turns:
    """Two queues, each served in turn, and the streams in either."""

    def __init__(self, has_more: Callable[[Stream], bool]) -> None:
        """Begin.

        Args:
            has_more: tells whether a stream has something to say now; one that has not loses its place.
        """
        self._has_more = has_more
        self._fresh: deque[Stream] = deque()
        self._going_on: deque[Stream] = deque()
        self._waiting: set[Stream] = set()
        self._fresh_had_turn = False

    def __len__(self) -> int:
        """Return how many are in a queue."""
        return len(self._waiting)

    def join(self, stream: Stream) -> bool:
        """Give a stream a place, unless it has one; return whether that is new."""
        if stream in self._waiting:
            return False
        self._waiting.add(stream)
        self._fresh.append(stream)
        return True

    @property
    def speaker(self) -> Stream | None:
        """The stream whose turn it is; None where none has anything to say."""
        first, second = (self._going_on, self._fresh) if self._fresh_had_turn else (self._fresh, self._going_on)
        return self._head(first) or self._head(second)

    def _head(self, queue: deque[Stream]) -> Stream | None:
        while queue:
            if self._has_more(queue[0]):
                return queue[0]
            self._waiting.discard(queue.popleft())
        return None

    def spoke(self, stream: Stream) -> None:
        """Let the next one speak: this one did."""
        self._fresh_had_turn = bool(self._fresh) and self._fresh[0] is stream
        queue = self._fresh if self._fresh_had_turn else self._going_on
        queue.popleft()
        self._going_on.append(stream)
