"""What the display may do with the user's terminal: its states, and what leads from one to another.

Two rules. All that decides whether something is painted, asked or waited for stands in this table; and this file knows
no bytes, no frames and no time: the display does what a state calls for, and tells what happened.

A terminal is AWAY as long as somebody else has it: the login before the first screen, the shell while we are suspended
and after the end. Where its rows are after a resize only its cursor tells. On its MAIN screen that is asked at once,
and nothing is painted while the answer is AWAITED; below a full-screen program nobody can ask, so that the main screen
is RESIZED_BELOW until that program has gone. A terminal that hung up is GONE, and nothing brings it back.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from rmosh.errors import UsageError


class DisplayState(Enum):
    """Whose the terminal is, and what it shows."""

    AWAY = auto()
    MAIN = auto()
    AWAITED = auto()
    ALTERNATE = auto()
    RESIZED_BELOW = auto()
    GONE = auto()


class DisplayEvent(Enum):
    """What happened to it."""

    STARTED = "room was made on it"
    RESIZED = "it has another size"
    UNDERSTOOD = "what that did to the main screen is known, or was waited for long enough"
    SHOWS_MAIN = "a frame for the main screen is to be shown"
    SHOWS_ALTERNATE = "a frame for the alternate screen is to be shown"
    GIVEN_BACK = "somebody else has it"
    HUNG_UP = "there is no terminal any more"


#: Where each event leads. What is not here cannot happen, and is a bug.
TRANSITIONS: Final[Mapping[DisplayState, Mapping[DisplayEvent, DisplayState]]] = {
    DisplayState.AWAY: {
        DisplayEvent.STARTED: DisplayState.MAIN,
        DisplayEvent.GIVEN_BACK: DisplayState.AWAY,
        DisplayEvent.HUNG_UP: DisplayState.GONE,
    },
    DisplayState.MAIN: {
        DisplayEvent.STARTED: DisplayState.MAIN,
        DisplayEvent.RESIZED: DisplayState.AWAITED,
        DisplayEvent.SHOWS_MAIN: DisplayState.MAIN,
        DisplayEvent.SHOWS_ALTERNATE: DisplayState.ALTERNATE,
        DisplayEvent.GIVEN_BACK: DisplayState.AWAY,
        DisplayEvent.HUNG_UP: DisplayState.GONE,
    },
    DisplayState.AWAITED: {
        DisplayEvent.STARTED: DisplayState.MAIN,
        DisplayEvent.RESIZED: DisplayState.AWAITED,
        DisplayEvent.UNDERSTOOD: DisplayState.MAIN,
        DisplayEvent.GIVEN_BACK: DisplayState.AWAY,
        DisplayEvent.HUNG_UP: DisplayState.GONE,
    },
    DisplayState.ALTERNATE: {
        DisplayEvent.STARTED: DisplayState.MAIN,
        DisplayEvent.RESIZED: DisplayState.RESIZED_BELOW,
        DisplayEvent.SHOWS_MAIN: DisplayState.MAIN,
        DisplayEvent.SHOWS_ALTERNATE: DisplayState.ALTERNATE,
        DisplayEvent.GIVEN_BACK: DisplayState.AWAY,
        DisplayEvent.HUNG_UP: DisplayState.GONE,
    },
    DisplayState.RESIZED_BELOW: {
        DisplayEvent.STARTED: DisplayState.MAIN,
        DisplayEvent.RESIZED: DisplayState.RESIZED_BELOW,
        DisplayEvent.SHOWS_MAIN: DisplayState.AWAITED,
        DisplayEvent.SHOWS_ALTERNATE: DisplayState.RESIZED_BELOW,
        DisplayEvent.GIVEN_BACK: DisplayState.AWAY,
        DisplayEvent.HUNG_UP: DisplayState.GONE,
    },
    DisplayState.GONE: dict.fromkeys(DisplayEvent, DisplayState.GONE),
}

#: States in which a frame may be painted.
_PAINTED_ON: Final = {DisplayState.MAIN, DisplayState.ALTERNATE, DisplayState.RESIZED_BELOW}


class DisplayMachine:
    """One terminal's state.

    Attributes:
        state: what it is now.
    """

    def __init__(self) -> None:
        self.state = DisplayState.AWAY

    def take(self, event: DisplayEvent) -> None:
        """Take note of what happened.

        Raises:
            UsageError: it cannot happen in this state.
        """
        after = TRANSITIONS[self.state].get(event)
        if after is None:
            raise UsageError(f"{event.name} while the terminal is {self.state.name}")
        self.state = after

    @property
    def is_ours(self) -> bool:
        """Whether we have the terminal."""
        return self.state not in (DisplayState.AWAY, DisplayState.GONE)

    @property
    def may_paint(self) -> bool:
        """Whether a frame may be painted."""
        return self.state in _PAINTED_ON

    @property
    def shows_main(self) -> bool:
        """Whether the terminal shows its main screen, ours."""
        return self.state in (DisplayState.MAIN, DisplayState.AWAITED)
