"""What was learned: which effects keys had in which context, where text was echoed, what switches modes.

Everything is kept by context, least recently used contexts forgotten first. Knows nothing of time.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from rmosh.terminal.cells import Cell, Style

from .context import Context
from .effects import EFFECTS

#: How many contexts, habits, prompts and switches are remembered, in entries of each. Reason: bounds memory;
#: a day's work has some hundreds. Source: our own choice.
REMEMBERED: Final = 1000

#: Highest streak counted. Reason: more says nothing more. Source: our own choice.
MAX_STREAK: Final = 100

#: Streak beyond which more evidence does not make one effect likelier than another. Source: our own choice.
ENOUGH: Final = 3

_RANKS: Final = {name: rank for rank, name in enumerate(EFFECTS)}

_Name = TypeVar("_Name")
_Value = TypeVar("_Value")


class Memory(Generic[_Name, _Value]):
    """A bounded mapping that forgets what was used longest ago."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._entries: OrderedDict[_Name, _Value] = OrderedDict()
        self._limit = limit

    def get(self, name: _Name) -> _Value | None:
        if name in self._entries:
            self._entries.move_to_end(name)
        return self._entries.get(name)

    def put(self, name: _Name, value: _Value) -> None:
        self._entries[name] = value
        self._entries.move_to_end(name)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __len__(self) -> int:
        return len(self._entries)


class Habit:
    """What one key did in one context.

    Attributes:
        streaks: per effect, how often in a row it was what happened; 0 after a miss.
        message: what a full-screen application's status row said after the key; None when never seen.
        message_stays: that was what it said before as well.
    """

    def __init__(self) -> None:
        self.streaks: dict[str, int] = {}
        self.message: tuple[Cell, ...] | None = None
        self.message_stays = True

    def record(self, effect: str, *, happened: bool) -> None:
        self.streaks[effect] = min(MAX_STREAK, self.streaks.get(effect, 0) + 1) if happened else 0

    def blocked(self, effect: str) -> None:
        """Note that nothing happened at all: the key may have been refused, as at the end of a text."""
        self.streaks[effect] = self.streaks.get(effect, 0) // 2

    def missed(self, effect: str) -> bool:
        """Tell whether the effect was expected last time and did not happen."""
        return self.streaks.get(effect) == 0

    def reliable(self, usual: str | None) -> list[str]:
        """Return the effects seen often enough in a row to be relied on, the likeliest first.

        Equal evidence prefers the usual effect, then the order of EFFECTS, which has the telling ones first.
        """
        reliable = [name for name, streak in self.streaks.items() if streak >= EFFECTS[name].needed]
        return sorted(reliable, key=lambda name: (-min(self.streaks[name], ENOUGH), name != usual, _RANKS[name]))


@dataclass(slots=True)
class RulerHabit:
    """What is known of an application's ruler.

    Attributes:
        proven: screens in a row in which it showed the cursor's column.
        on_empty_rows: what it shows as the column of an empty row, by whether keys are text.
    """

    proven: int = 0
    on_empty_rows: dict[bool, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rest:
    """What was suggested as the rest of a line, when so many lines had been entered."""

    text: str
    entered: int


class Experience:
    """All that a session has learned.

    Attributes:
        renditions: how text looks that a line editor suggests, by who reads; None where typed text looked so.
        rests: what was suggested, by who reads, whether the last key was text, and the text.
    """

    def __init__(self) -> None:
        self.habits: Memory[tuple[Context, str], Habit] = Memory()
        self.prompts: Memory[str, bool] = Memory()
        self.rulers: Memory[str, RulerHabit] = Memory()
        self.renditions: Memory[int, Style | None] = Memory()
        self.rests: Memory[tuple[int, bool, str], Rest] = Memory()
        self._echoes: Memory[Context, int] = Memory()
        self._switches: Memory[tuple[str, bool, str], bool] = Memory()
        self._indicators: Memory[tuple[str, Context], bool] = Memory()

    def habit(self, context: Context, identity: str) -> Habit:
        """Return the habit of a key, a new one if there was none."""
        habit = self.habits.get((context, identity))
        if habit is None:
            habit = Habit()
            self.habits.put((context, identity), habit)
        return habit

    def echoed(self, contexts: Iterable[Context]) -> None:
        """Note that typed text was echoed as predicted in these contexts."""
        for context in contexts:
            self._echoes.put(context, min(MAX_STREAK, (self._echoes.get(context) or 0) + 1))

    def not_echoed(self, context: Context) -> None:
        """Note that typed text was not echoed as predicted."""
        self._echoes.put(context, 0)

    def echoes(self, context: Context) -> int | None:
        """Return how often in a row text was echoed in a context; None where it was never tried."""
        return self._echoes.get(context)

    def learn_mode(self, application: str, *, last_key: tuple[bool, str], words: Context, typing: bool) -> None:
        """Note whether keys are text after `last_key` and while the screen shows these mode words."""
        self._switches.put((application, *last_key), typing)
        if words:
            self._indicators.put((application, words), typing)

    def mode_after(self, application: str, *, typing: bool, identity: str) -> bool | None:
        """Return whether keys are text after this key; None when it is not known to matter."""
        return self._switches.get((application, typing, identity))

    def mode_shown(self, application: str, words: Context) -> bool | None:
        """Return whether keys are text while the screen shows these words; None when not known."""
        return self._indicators.get((application, words)) if words else None
