"""What is typed, as keys: sequences named, characters as they are. Knows nothing of what a key does."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from typing import Final, TypeAlias

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal_input import InputToken, TokenKind


class ViewerKey(Enum):
    """A key that sends no character of its own."""

    UP = auto()
    DOWN = auto()
    LEFT = auto()
    RIGHT = auto()
    PAGE_UP = auto()
    PAGE_DOWN = auto()
    HOME = auto()
    END = auto()
    DELETE = auto()
    ENTER = auto()
    ESCAPE = auto()


@dataclass(frozen=True, slots=True)
class Pasted:
    """Text that was pasted, not typed; control characters left out."""

    text: str


#: A key, one character (control characters included), or a paste.
Typed: TypeAlias = "ViewerKey | str | Pasted"

#: By the letter that ends CSI or SS3, in normal and application mode, with any modifiers. Source: xterm, ctlseqs.
_BY_LETTER: Final[Mapping[str, ViewerKey]] = {
    "A": ViewerKey.UP,
    "B": ViewerKey.DOWN,
    "C": ViewerKey.RIGHT,
    "D": ViewerKey.LEFT,
    "F": ViewerKey.END,
    "H": ViewerKey.HOME,
}

#: By the number before "~". Source: xterm, ctlseqs; 7 and 8 are rxvt's.
_BY_NUMBER: Final[Mapping[str, ViewerKey]] = {
    "1": ViewerKey.HOME,
    "3": ViewerKey.DELETE,
    "4": ViewerKey.END,
    "5": ViewerKey.PAGE_UP,
    "6": ViewerKey.PAGE_DOWN,
    "7": ViewerKey.HOME,
    "8": ViewerKey.END,
}

#: Enter of a keypad in application mode. Source: xterm, ctlseqs.
_KEYPAD_ENTER: Final = "M"

#: A sequence's parameters and final byte, of CSI and of SS3.
_SEQUENCE: Final = re.compile(rb"\x1b\[([0-?]*)[ -/]*([@-~])|\x1bO[0-9;]*([@-~])")


def keys_in(tokens: Iterable[InputToken]) -> Iterator[Typed]:
    """Yield the keys of what was typed, but for what means nothing here; a paste in as many pieces as it came in."""
    for token in tokens:
        if token.kind is TokenKind.TEXT:
            yield from map(_character, token.data.decode("utf-8", "replace"))
        elif token.kind is TokenKind.PASTE:
            yield Pasted("".join(filter(str.isprintable, token.data.decode("utf-8", "replace"))))
        elif token.kind is TokenKind.KEY and token.given != b"\x1b":  # Escape was taken as the key that it is here
            key = _key_of(token.whole)
            if key is not None:
                yield key


def _character(character: str) -> ViewerKey | str:
    return ViewerKey.ENTER if character in "\r\n" else character


def _key_of(whole: bytes) -> ViewerKey | None:
    """Return the key that sends a sequence, None where it means nothing here."""
    if whole == b"\x1b":
        return ViewerKey.ESCAPE
    match = _SEQUENCE.fullmatch(whole)
    if match is None:
        return None
    parameters, final, application_final = (group.decode() if group else "" for group in match.groups())
    if final == "~":
        return _BY_NUMBER.get(parameters.partition(";")[0])
    if application_final == _KEYPAD_ENTER:
        return ViewerKey.ENTER
    return _BY_LETTER.get(final or application_final)
