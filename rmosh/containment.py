"""Where a fault of our own stops: every part of a session stands behind a wall, and one that fails costs itself alone.

A part that raises is reset, and that is told in one line without a word of what was typed or shown. One that goes on
failing is left off for a while: the session goes on without it, and no fault keeps a processor busy. To be told to stop
(`KeyboardInterrupt`, `SystemExit`) is no fault and passes.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from rmosh.errors import Malformed, PeerError

#: Faults of one part within so many seconds after which it is left off, and for how long, in seconds. Reason: a fault
#: met by chance does not come back at once; one that does shall neither fill a log nor be felt in what still works.
MOST_FAULTS: Final = 4
FAULT_SPAN: Final = 10.0
LEFT_OFF_FOR: Final = 5.0

#: Most lines kept until somebody takes them.
_MOST_TOLD: Final = 16

_Args = ParamSpec("_Args")
_Result = TypeVar("_Result")


def _keep(_deep: bool) -> None:
    """How a part without a state of its own is reset."""


class Containment:
    """The walls of one side of a session.

    Attributes:
        now: monotonic seconds; whoever is called from outside sets it.
        count: faults so far.
    """

    def __init__(self, *, now: float, passing: tuple[type[Exception], ...] = ()) -> None:
        """Begin.

        Args:
            passing: errors that are meant for somebody outside the walls.
        """
        self.now = now
        self.count = 0
        self.passing = passing
        self._told: deque[str] = deque(maxlen=_MOST_TOLD)

    def part(self, name: str, *, reset: Callable[[bool], None] = _keep, left_off_for: float = LEFT_OFF_FOR) -> "Part":
        """Return a wall for one part.

        Args:
            name: as users read it: "the history".
            reset: brings the part into a state that works; told whether the fault came back, and more must go.
            left_off_for: seconds.
        """
        return Part(self, name, reset, left_off_for)

    def note(self, line: str) -> None:
        """Take note of a fault; of very many only the newest are told."""
        self.count += 1
        self._told.append(line)

    def next_told(self) -> str | None:
        """Return the oldest line not yet returned."""
        return self._told.popleft() if self._told else None


class Part:
    """One part behind its wall.

    Attributes:
        left_off_until: when it is tried again, in monotonic seconds; 0 while it is in use.
    """

    def __init__(self, walls: Containment, name: str, reset: Callable[[bool], None], left_off_for: float) -> None:
        self._walls = walls
        self._name = name
        self._reset = reset
        self._left_off_for = left_off_for
        self._failed_at: deque[float] = deque(maxlen=MOST_FAULTS)
        self.left_off_until = 0.0

    @property
    def is_left_off(self) -> bool:
        """Whether the session goes on without this part now."""
        if self.left_off_until and self._walls.now >= self.left_off_until:
            self.left_off_until = 0.0
        return self.left_off_until > 0

    def run(
        self, otherwise: _Result, action: Callable[_Args, _Result], /, *args: _Args.args, **named: _Args.kwargs
    ) -> _Result:
        """Do something inside the part; return `otherwise` where that fails or the part is left off."""
        if self.left_off_until and self.is_left_off:
            return otherwise
        try:
            return action(*args, **named)
        except self._walls.passing:
            raise
        except Exception as fault:
            self.failed(fault)
            return otherwise

    def take(self, action: Callable[_Args, None], /, *args: _Args.args, **named: _Args.kwargs) -> None:
        """Give the part something that a peer sent; while it is left off, that is dropped.

        Raises:
            Malformed: by itself, or for a fault: what is refused and not acknowledged comes again.
        """
        if self.left_off_until and self.is_left_off:
            return
        try:
            action(*args, **named)
        except PeerError:
            raise
        except Exception as fault:
            self.failed(fault)
            raise Malformed(f"a fault of our own in {self._name} refuses this once") from fault

    def failed(self, fault: Exception) -> None:
        """Reset the part, or leave it off if that happened too often."""
        now = self._walls.now
        recent = [moment for moment in self._failed_at if moment > now - FAULT_SPAN]
        self._failed_at.append(now)
        try:
            self._reset(bool(recent))
        except Exception as another:
            fault, recent = another, [now] * MOST_FAULTS
        if len(recent) + 1 < MOST_FAULTS:
            outcome = "it was reset"
        else:
            self.left_off_until = now + self._left_off_for
            outcome = f"left off for {self._left_off_for:g} s"
        self._walls.note(f"a fault in {self._name}, {outcome} ({type(fault).__name__} in {place_of(fault)})")


def places_of(fault: BaseException) -> list[str]:
    """Return the files and lines that a fault came through, where it was raised last.

    An error's own words are left out: they may hold what was shown or typed.
    """
    places = []
    place = fault.__traceback__
    while place is not None:
        places.append(f"{place.tb_frame.f_code.co_filename.rpartition('/')[2]}:{place.tb_lineno}")
        place = place.tb_next
    return places


def place_of(fault: BaseException) -> str:
    """Return the file and line that raised."""
    return next(reversed(places_of(fault)), "an unknown place")
