"""Whether a command runs in a session with its screen, or with our own standard streams, as ssh decides it."""

from collections.abc import Sequence
from enum import Enum
from typing import Final

from rmosh.lazy_dataclass import dataclass


class TerminalWish(Enum):
    """Whether the program at the far side shall have a terminal; the value is ssh_config(5)'s for RequestTTY."""

    AUTO = "auto"
    NO = "no"
    YES = "yes"
    FORCE = "force"


#: What is said where `-t` cannot be had, as ssh says it.
NO_TERMINAL_HERE: Final = "no terminal is asked for, as standard input is none; -tt asks for one all the same"


@dataclass(frozen=True, slots=True)
class StandardEnds:
    """What our own standard streams are."""

    input_is_terminal: bool
    output_is_terminal: bool


@dataclass(frozen=True, slots=True)
class PipedWish:
    """A program with our own standard streams.

    Attributes:
        command: for the far side's shell, the name of a subsystem, or "" for the shell itself.
        reads_input: our standard input is the program's; else that has none.
        has_terminal: it runs in a terminal there all the same.
        confirms_agent: the user is asked before each use of a key of his agent.
        remark: what to tell the user, "" for nothing.
    """

    command: str = ""
    is_subsystem: bool = False
    reads_input: bool = True
    has_terminal: bool = False
    remark: str = ""
    confirms_agent: bool = False


def wish_of(options: str, configured: TerminalWish = TerminalWish.AUTO) -> TerminalWish:
    """Return what the letters T and t among the options say, in their order; the last counts, a second t forces."""
    wish = configured
    given = TerminalWish.AUTO
    for letter in options:
        again = given in (TerminalWish.YES, TerminalWish.FORCE)
        given = TerminalWish.NO if letter == "T" else TerminalWish.FORCE if again else TerminalWish.YES
        wish = given
    return wish


def piped_wish(
    command: Sequence[str],
    wish: TerminalWish,
    here: StandardEnds,
    *,
    reads_input: bool = True,
    is_subsystem: bool = False,
) -> PipedWish | None:
    """Return what to run with our own standard streams; None for a session with its screen.

    A session it is where both ends of the screen are here, though ssh would give a command no terminal.
    """
    input_is_terminal = here.input_is_terminal and reads_input
    shows_screen = input_is_terminal and here.output_is_terminal
    if shows_screen and wish is not TerminalWish.NO and not is_subsystem:
        return None
    wants = wish is TerminalWish.YES or (wish is TerminalWish.AUTO and not command)
    has_terminal = (wish is TerminalWish.FORCE or (wants and input_is_terminal)) and not is_subsystem
    in_vain = wish is TerminalWish.YES and not has_terminal
    return PipedWish(" ".join(command), is_subsystem, reads_input, has_terminal, NO_TERMINAL_HERE if in_vain else "")
