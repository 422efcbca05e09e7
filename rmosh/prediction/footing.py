"""What has been earned where the cursor stands: the field that text goes into, and the key that led there.

Values only; `trust` has the rules.
"""

from dataclasses import dataclass
from typing import TypeAlias

#: A prompt, the program that shows it and how; () where nothing but blanks stands left of the text.
PromptName: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A run of text that is typed in one place; it begins at the column where the cursor stood.

    Attributes:
        echoed: whether the last letter typed here was seen to be echoed; None while none was answered.
        sign: what was echoed but is no letter, such as a star, which may stand for whatever is typed.
        early: it was typed into before it could be seen what came of what was entered at a prompt.
    """

    prompt: PromptName
    column: int
    echoed: bool | None = None
    sign: str = ""
    early: bool = False


@dataclass(frozen=True, slots=True)
class Departure:
    """The key that left the field before.

    Attributes:
        prompt: of the field that was left.
        entered: the key's name and the first word of what it entered.
        switches: how often the foreground had changed hands by then.
    """

    prompt: PromptName = ()
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

    field: Field | None = None
    departure: Departure = Departure()
    ahead: bool = False
    early: bool = False
    lines: int = 0
    moves_rows: bool = False
