"""Where text would go: who echoes what is typed there, after which prompt, and what was earned.

Values only; `trust` has the rules.
"""

from enum import Enum

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.cells import Frame


class Place(Enum):
    """Who echoes what is typed."""

    SECRET = "nobody: the kernel was told not to"  # noqa: S105
    KERNEL = "the kernel, for sure"
    LINE = "a line editor or whatever reads keys on the main screen"
    SCREEN = "a full-screen application"

    __hash__ = object.__hash__  # Enum's own hashes the name, in Python, for each look into what was learned


def place_of(frame: Frame) -> Place:
    """Return who echoes what is typed at this frame."""
    discipline = frame.line_discipline
    if discipline.canonical and not discipline.echo:
        return Place.SECRET
    if frame.modes.alternate_screen:
        return Place.SCREEN
    return Place.KERNEL if discipline.canonical else Place.LINE


@dataclass(frozen=True, slots=True)
class FieldPrompt:
    """What stands left of a field, and who shows it.

    Attributes:
        reader: number of the program that reads; 0 is the session's first.
        bracketed: it asked for pastes to be marked.
        text: what changes in it made equal; "" for one that was not seen.
    """

    place: Place
    reader: int = 0
    bracketed: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class TypedField:
    """A run of text that is typed in one place; it begins at the column where the cursor stood.

    Attributes:
        prompt: None where nothing but blanks stands left of it.
        echoed: whether the last letter typed here was seen to be echoed; None while none was answered.
        sign: what was echoed but is no letter, such as a star, which may stand for whatever is typed.
        early: it was typed into before it could be seen what came of what was entered at a prompt.
    """

    prompt: FieldPrompt | None
    column: int
    echoed: bool | None = None
    sign: str = ""
    early: bool = False


@dataclass(frozen=True, slots=True)
class Departure:
    """The key that left the field before.

    Attributes:
        prompt: of the field that was left; None where it had none.
        entered: the key's name and the first word of what it entered.
        switches: how often the foreground had changed hands by then.
    """

    prompt: FieldPrompt | None = None
    entered: str = ""
    switches: int = 0


@dataclass(frozen=True, slots=True)
class Footing:
    """What is known of the place where text would go.

    Attributes:
        field: None until a key is typed there.
        ahead: the key that left the field before is still under way: what stands at the cursor is only a guess.
        early: keys that were typed before this place was seen are under way.
        lines: lines in a row, without a prompt, that this program let the kernel echo.
        moves_rows: the program has just pushed rows of text up or down as only an editor does.
    """

    field: TypedField | None = None
    departure: Departure = Departure()
    ahead: bool = False
    early: bool = False
    lines: int = 0
    moves_rows: bool = False
