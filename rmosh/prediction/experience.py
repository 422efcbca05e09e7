"""What was learned: which effects keys had in which context, where text was echoed, what switches modes.

Everything is kept by context, least recently used contexts forgotten first. Knows nothing of time.
"""

from collections import OrderedDict
from typing import Final, Generic, TypeVar

from rmosh.lazy_dataclass import dataclass, field
from rmosh.terminal.cells import Cell, Style

from .context import Context, KeyInContext
from .effects import Effect
from .situation import LastKey

#: How many contexts, habits, prompts and switches are remembered, in entries of each. Reason: bounds memory;
#: a day's work has some hundreds. Source: our own choice.
REMEMBERED: Final = 1000

#: Highest streak counted. Reason: more says nothing more. Source: our own choice.
MAX_STREAK: Final = 100

#: Streak beyond which more evidence does not make one effect likelier than another. Source: our own choice.
ENOUGH: Final = 3

_RANKS: Final = {effect: rank for rank, effect in enumerate(Effect)}

_Name = TypeVar("_Name")
_Value = TypeVar("_Value")


class Memory(Generic[_Name, _Value]):
    """A bounded mapping that forgets what was used longest ago."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._entries: OrderedDict[_Name, _Value] = OrderedDict()
        self._limit = limit

    def get(self, name: _Name) -> _Value | None:
        value = self._entries.get(name)
        if value is not None:
            self._entries.move_to_end(name)
        return value

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
        self.streaks: dict[Effect, int] = {}
        self.message: tuple[Cell, ...] | None = None
        self.message_stays = True

    def record(self, effect: Effect, *, happened: bool) -> None:
        self.streaks[effect] = min(MAX_STREAK, self.streaks.get(effect, 0) + 1) if happened else 0

    def blocked(self, effect: Effect) -> None:
        """Note that nothing happened at all: the key may have been refused, as at the end of a text."""
        self.streaks[effect] = self.streaks.get(effect, 0) // 2

    def missed(self, effect: Effect) -> bool:
        """Tell whether the effect was expected last time and did not happen."""
        return self.streaks.get(effect) == 0

    def reliable(self, usual: Effect | None) -> list[Effect]:
        """Return the effects seen often enough in a row to be relied on, the likeliest first.

        Equal evidence prefers the usual effect, then the order of Effect, which has the telling ones first.
        """
        reliable = [effect for effect, streak in self.streaks.items() if streak >= effect.needed]
        return sorted(reliable, key=lambda each: (-min(self.streaks[each], ENOUGH), each is not usual, _RANKS[each]))


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
        self.habits: Memory[KeyInContext, Habit] = Memory()
        self.prompts: Memory[str, bool] = Memory()
        self.rulers: Memory[str, RulerHabit] = Memory()
        self.renditions: Memory[int, Style | None] = Memory()
        self.rests: Memory[tuple[int, bool, str], Rest] = Memory()
        self._echoes: Memory[Context, int] = Memory()
        self._switches: Memory[tuple[Context, LastKey], bool] = Memory()
        self._indicators: Memory[tuple[Context, tuple[str, ...]], bool] = Memory()

    def habit_to_teach(self, key: KeyInContext) -> Habit:
        """Return the habit of a key, a new one if there was none."""
        habit = self.habits.get(key)
        if habit is None:
            habit = Habit()
            self.habits.put(key, habit)
        return habit

    def echoed(self, context: Context) -> None:
        """Note that typed text was echoed as predicted."""
        self._echoes.put(context, min(MAX_STREAK, (self._echoes.get(context) or 0) + 1))

    def not_echoed(self, context: Context) -> None:
        """Note that typed text was not echoed as predicted."""
        self._echoes.put(context, 0)

    def echoes(self, context: Context | None) -> int | None:
        """Return how often in a row text was echoed in a context; None where it was never tried."""
        return None if context is None else self._echoes.get(context)

    def learn_mode(self, owner: Context, *, last_key: LastKey, words: tuple[str, ...], typing: bool) -> None:
        """Note whether keys are text after `last_key` and while the screen shows these mode words."""
        self._switches.put((owner, last_key), typing)
        if words:
            self._indicators.put((owner, words), typing)

    def mode_after(self, owner: Context, key: LastKey) -> bool | None:
        """Return whether keys are text after this key; None when it is not known to matter."""
        return self._switches.get((owner, key))

    def mode_shown(self, owner: Context, words: tuple[str, ...]) -> bool | None:
        """Return whether keys are text while the screen shows these words; None when not known."""
        return self._indicators.get((owner, words)) if words else None
