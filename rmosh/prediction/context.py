"""Where a key was pressed, as far as it says what the key will do: the contexts that learning is kept by."""

import re
from functools import lru_cache
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.cells import Frame

from .footing import Place, place_of
from .keys import Key
from .lines import read_line
from .situation import Situation, text_before, text_left_of_cursor, text_length
from .suggestions import typed_row

#: A prompt's parts that change from one time to the next: paths and numbers.
_PATH: Final = re.compile(r"(?:~|\.{0,2}/)[\w.~/@+-]*")
_DIGITS: Final = re.compile(r"\d+")

#: Longest part of a row that names a context, in characters. Reason: bounds what is remembered.
_MAX_NAME: Final = 120

#: Words that full-screen editors show their mode with. Reason: capitals, three or more. Source: vim, helix.
_MODE_WORDS: Final = re.compile(r"\b[A-Z]{3,}\b")


#: What a key of text is called: at the end of what stands there, inside it, and on the last column.
_TEXT: Final = "text"
_TEXT_INSIDE: Final = "text inside"
_TEXT_AT_THE_EDGE: Final = "text at the edge"


@dataclass(frozen=True, slots=True)
class Context:
    """Where keys do much the same, as far as can be seen.

    Attributes:
        application: the full-screen application; "" at a line.
        typing: keys are text there.
        prompt: what the line stands after, what changes in it made equal.
        bracketed: a line editor that asked for pastes to be marked.
        commands: letters may be commands at this line.
    """

    place: Place
    application: str = ""
    typing: bool = False
    prompt: str = ""
    bracketed: bool = False
    commands: bool = False


@dataclass(frozen=True, slots=True)
class KeyInContext:
    """What the effects of a key are remembered by."""

    context: Context
    identity: str


@lru_cache(maxsize=256)
def normalised(prompt: str) -> str:
    """Return a prompt with what changes in it made equal."""
    return _DIGITS.sub("0", _PATH.sub("/", prompt))[-_MAX_NAME:]


def prompt_of(situation: Situation) -> str:
    """Return the text that what is typed comes after: the prompt, or the row up to the cursor."""
    if situation.line is not None:
        return situation.line.prompt
    return text_left_of_cursor(situation.frame)


def trust_context(situation: Situation) -> Context:
    """Return the context that the likelihood of guesses is counted in."""
    place = place_of(situation.frame)
    if place is Place.SCREEN:
        return Context(place, application=situation.application, typing=situation.typing)
    if place is Place.KERNEL:
        return Context(place)
    bracketed = situation.frame.modes.bracketed_paste
    return Context(place, prompt=normalised(prompt_of(situation)), bracketed=bracketed)


def habit_context(situation: Situation) -> Context:
    """Return the context in which keys are expected to do what they did."""
    place = place_of(situation.frame)
    if place is Place.SCREEN:
        return Context(place, application=situation.application, typing=situation.typing)
    commands = takes_commands(situation)
    if place is Place.LINE and situation.frame.modes.bracketed_paste:
        return Context(place, bracketed=True, commands=commands)
    return Context(place, prompt=normalised(prompt_of(situation)), commands=commands)


def takes_commands(situation: Situation) -> bool:
    """Tell whether letters may be commands here rather than text."""
    if situation.frame.modes.alternate_screen:
        return not situation.typing and place_of(situation.frame) is Place.SCREEN
    return situation.escaped and place_of(situation.frame) is Place.LINE


def two_modes_of(situation: Situation) -> Context:
    """Return the context of what has two modes here: the full-screen application, or the line editor at this prompt."""
    return application_of(situation) if place_of(situation.frame) is Place.SCREEN else trust_context(situation)


def application_of(situation: Situation) -> Context:
    """Return the context of a full-screen application, whatever its mode."""
    return Context(Place.SCREEN, application=situation.application)


def key_identity(situation: Situation, key: Key) -> str:
    """Return what a key is called when its effects are remembered: all text is one key while typing."""
    place = place_of(situation.frame)
    if takes_commands(situation):
        return situation.held + key.name
    if key.text:
        column = situation.cursor.column
        if column == situation.frame.columns - 1:
            return _TEXT_AT_THE_EDGE
        return _TEXT_INSIDE if column < text_length(typed_row(situation, situation.cursor.row)) else _TEXT
    if place is Place.SCREEN and situation.cursor.row == situation.bottom:
        return f"{key.name} at the bottom"
    if place is Place.LINE and situation.suggests and read_line(situation).suggested:
        return f"{key.name} at a suggestion"
    if place is Place.LINE and key.name == "enter":
        return f"enter {_first_word(situation)}"
    return key.name


def is_text(identity: str) -> bool:
    """Tell whether a key's identity is that of text."""
    return identity in (_TEXT, _TEXT_INSIDE, _TEXT_AT_THE_EDGE)


def _first_word(situation: Situation) -> str:
    start = situation.line.column if situation.line is not None else 0
    row = situation.line.row if situation.line is not None else situation.cursor.row
    text = "".join([cell.text for cell in typed_row(situation, row)[start:]])
    return text.split()[0][:_MAX_NAME] if text.split() else ""


def mode_words(frame: Frame) -> tuple[str, ...]:
    """Return the capital words of the bottom row, with which editors name their mode."""
    return tuple(_MODE_WORDS.findall(text_before(frame.rows[-1], frame.columns))[:4])
