"""What the viewer asks of its caller: it touches neither clipboard nor files nor the screen's owner."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Copy:
    """Put a text on the clipboard.

    Attributes:
        text: no newline at its end, so that one line pasted into a shell does not run.
        lines: how many lines of history or screen it was made of, for the message.
        leaves: go back to the live screen once it is there, as tmux does.
    """

    text: str
    lines: int
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Save:
    """Write a text to a file.

    Attributes:
        path: as typed, with "~" not yet expanded.
        text: ends with a newline unless it is empty.
    """

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Go back to the live screen."""


Request: TypeAlias = "Copy | Save | Leave"
