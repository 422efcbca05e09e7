"""What shells mark on the screen: prompts, what is typed at them, commands and their ends (OSC 133)."""

from typing import Final

from rmosh.terminal.cells import Mark, MarkKind, Prompt

#: The letters of OSC 133; N is a prompt after what went before. Source: kitty's "Shell integration", iTerm2's manual.
_KINDS: Final = {**{kind.value: kind for kind in MarkKind if kind is not MarkKind.INTEREST}, "N": MarkKind.PROMPT}

#: Largest status that a command ends with. Source: POSIX, "Exit Status for Commands".
_MOST_STATUS: Final = 255


class Marks:
    """The newest mark of each kind.

    Attributes:
        prompt: the last prompt, and how many there were.
    """

    def __init__(self) -> None:
        self.prompt = Prompt()
        self.newest: tuple[Mark, ...] = ()
        self._serial = 0

    def count_on(self, prompt: Prompt, newest: tuple[Mark, ...]) -> None:
        """Take over what was marked before."""
        self.prompt, self.newest = prompt, newest
        self._serial = newest[-1].serial if newest else 0

    def execute(self, rest: str, *, line: int, column: int) -> None:
        """OSC 133: the cursor stands where something begins, or ended."""
        kind = _KINDS.get(rest[:1])
        if kind is None or rest[1:2] not in ("", ";"):
            return
        self.add(kind, line=line, column=column, status=_status(rest[2:]) if kind is MarkKind.ENDED else None)
        if kind is MarkKind.PROMPT:
            self.prompt = Prompt(self.prompt.serial + 1, line)

    def add(self, kind: MarkKind, *, line: int, column: int, status: int | None = None) -> None:
        """Take note of a mark."""
        self._serial += 1
        others = [mark for mark in self.newest if mark.kind is not kind]
        self.newest = (*others, Mark(kind, self._serial, line, column, status))


def _status(options: str) -> int | None:
    digits = options.partition(";")[0]
    known = digits.isascii() and digits.isdigit() and len(digits) <= 3 and int(digits) <= _MOST_STATUS
    return int(digits) if known else None
