"""Where a key was pressed, as far as it says what the key will do: the contexts that learning is kept by."""

import re
from enum import Enum
from functools import lru_cache
from typing import Final

from rmosh.terminal.cells import Frame

from .keys import Key
from .lines import read_line
from .situation import Situation, text_length
from .suggestions import typed_row

Context = tuple[str, ...]

#: A prompt's parts that change from one time to the next: paths and numbers.
_PATH: Final = re.compile(r"(?:~|\.{0,2}/)[\w.~/@+-]*")
_DIGITS: Final = re.compile(r"\d+")

#: Longest part of a row that names a context, in characters. Reason: bounds what is remembered.
_MAX_NAME: Final = 120

#: Words that full-screen editors show their mode with. Reason: capitals, three or more. Source: vim, helix.
_MODE_WORDS: Final = re.compile(r"\b[A-Z]{3,}\b")


class Place(Enum):
    """Who echoes what is typed."""

    SECRET = "nobody: the kernel was told not to"  # noqa: S105
    KERNEL = "the kernel, for sure"
    LINE = "a line editor or whatever reads keys on the main screen"
    SCREEN = "a full-screen application"


def place_of(frame: Frame) -> Place:
    """Return who echoes what is typed at this frame."""
    discipline = frame.line_discipline
    if discipline.canonical and not discipline.echo:
        return Place.SECRET
    if frame.modes.alternate_screen:
        return Place.SCREEN
    return Place.KERNEL if discipline.canonical else Place.LINE


@lru_cache(maxsize=256)
def normalised(prompt: str) -> str:
    """Return a prompt with what changes in it made equal."""
    return _DIGITS.sub("0", _PATH.sub("/", prompt))[-_MAX_NAME:]


def prompt_of(situation: Situation) -> str:
    """Return the text that what is typed comes after: the prompt, or the row up to the cursor."""
    if situation.line is not None:
        return situation.line.prompt
    return "".join([cell.text for cell in situation.cells[: situation.cursor.column]])


def trust_context(situation: Situation) -> Context:
    """Return the context that the likelihood of guesses is counted in."""
    place = place_of(situation.frame)
    if place is Place.SCREEN:
        return (place.name, situation.application, "typing" if situation.typing else "")
    if place is Place.KERNEL:
        return (place.name,)
    return (place.name, _bracketed(situation), normalised(prompt_of(situation)))


def habit_context(situation: Situation) -> Context:
    """Return the context in which keys are expected to do what they did."""
    place = place_of(situation.frame)
    if place is Place.SCREEN:
        return (place.name, situation.application, "typing" if situation.typing else "")
    commands = ("commands",) if takes_commands(situation) else ()
    if place is Place.LINE and situation.frame.modes.bracketed_paste:
        return (place.name, _bracketed(situation), *commands)
    return (place.name, normalised(prompt_of(situation)), *commands)


def takes_commands(situation: Situation) -> bool:
    """Tell whether letters may be commands here rather than text."""
    if situation.frame.modes.alternate_screen:
        return not situation.typing and place_of(situation.frame) is Place.SCREEN
    return situation.escaped and place_of(situation.frame) is Place.LINE


def mode_owner(situation: Situation) -> str:
    """Return a name for what has two modes here: the full-screen application, or the line editor at this prompt."""
    in_screen = place_of(situation.frame) is Place.SCREEN
    return situation.application if in_screen else " ".join(trust_context(situation))


def _bracketed(situation: Situation) -> str:
    return "bracketed" if situation.frame.modes.bracketed_paste else ""


def key_identity(situation: Situation, key: Key) -> str:
    """Return what a key is called when its effects are remembered: all text is one key while typing."""
    place = place_of(situation.frame)
    if takes_commands(situation):
        return situation.held + key.name
    if key.text:
        column = situation.cursor.column
        if column == situation.frame.columns - 1:
            return "text at the edge"
        return "text inside" if column < text_length(typed_row(situation, situation.cursor.row)) else "text"
    if place is Place.SCREEN and situation.cursor.row == situation.bottom:
        return f"{key.name} at the bottom"
    if place is Place.LINE and situation.suggests and read_line(situation).suggested:
        return f"{key.name} at a suggestion"
    if place is Place.LINE and key.name == "enter":
        return f"enter {_first_word(situation)}"
    return key.name


def _first_word(situation: Situation) -> str:
    start = situation.line.column if situation.line is not None else 0
    row = situation.line.row if situation.line is not None else situation.cursor.row
    text = "".join([cell.text for cell in typed_row(situation, row)[start:]])
    return text.split()[0][:_MAX_NAME] if text.split() else ""


def mode_words(frame: Frame) -> Context:
    """Return the capital words of the bottom row, with which editors name their mode."""
    bottom = frame.rows[-1].cells
    return tuple(_MODE_WORDS.findall("".join([cell.text for cell in bottom]))[:4])
