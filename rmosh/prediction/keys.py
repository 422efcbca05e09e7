"""Typed bytes to keys: what the user pressed, by name. Knows nothing of screens."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal_input import InputToken, InputTokenizer, TokenKind

_CONTROL_NAMES: Final = {
    0x08: "backspace",
    0x09: "tab",
    0x0A: "ctrl+j",
    0x0D: "enter",
    0x1B: "escape",
    0x7F: "backspace",
}

_FINAL_NAMES: Final = {
    "A": "up",
    "B": "down",
    "C": "right",
    "D": "left",
    "F": "end",
    "H": "home",
}

_TILDE_NAMES: Final = {
    "1": "home",
    "3": "delete",
    "4": "end",
    "5": "page-up",
    "6": "page-down",
    "7": "home",
    "8": "end",
}

#: xterm's modifier parameter: 1 + shift(1) + alt(2) + ctrl(4). Source: xterm ctlseqs.
_MODIFIERS: Final = {"1": "", "2": "shift+", "3": "alt+", "5": "ctrl+", "6": "ctrl+shift+", "7": "ctrl+alt+"}

#: A sequence's parameters, intermediates and final byte, of CSI and of SS3.
_SEQUENCE: Final = re.compile(rb"\x1b\[([\x30-\x3f]*)[\x20-\x2f]*([\x40-\x7e])|\x1bO([\x30-\x3b]*)([\x40-\x7e])")

#: Names of what is no key of its own, by kind.
_KIND_NAMES: Final = {
    TokenKind.MOUSE: "mouse",
    TokenKind.FOCUS: "focus",
    TokenKind.PASTE_BEGIN: "paste-start",
    TokenKind.PASTE_END: "paste-end",
    TokenKind.ANSWER: "answer",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key press.

    Attributes:
        name: the printable character itself, or a name such as "left", "enter", "ctrl+w", "alt+f".
        text: what it would print; "" when it prints nothing.
        raw: its bytes as sent.
        end: offset in the input stream just after its bytes.
    """

    name: str
    text: str
    raw: bytes
    end: int

    def goes_on_from(self, beginning: "Key") -> bool:
        """Tell whether a key taken before was in truth the beginning of this one."""
        return beginning.raw != b"" and self.raw.startswith(beginning.raw)


class KeyReader:
    """Reads a stream of typed bytes as keys, however they were cut."""

    def __init__(self) -> None:
        self._tokenizer = InputTokenizer()

    def read(self, typed: bytes, *, end: int, now: float) -> tuple[list[Key], bool]:
        """Return the keys completed by `typed`, which ends at stream offset `end`.

        The second value says that the last key returned before was really the start of the first one returned now,
        which replaces it.
        """
        position = end - len(typed) - len(self._tokenizer.held)
        tokens = list(chain(self._tokenizer.let_go(now=now), self._tokenizer.feed(typed, now=now)))
        keys: list[Key] = []
        for token in tokens:
            for name, text, raw, size in _named(token):
                position += size
                keys.append(Key(name, text, raw, position))
        return keys, bool(tokens) and tokens[0].given != b""


def _named(token: InputToken) -> Iterator[tuple[str, str, bytes, int]]:
    """Yield name, text and bytes of the keys in a token, and how many of the bytes are new."""
    if token.kind in (TokenKind.TEXT, TokenKind.PASTE):
        for name, text, raw in _characters(token.data):
            yield name, text, raw, len(raw)
        return
    yield _KIND_NAMES.get(token.kind) or _name(token.whole), "", token.whole, len(token.data)


def _characters(typed: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Yield name, text and bytes of each character; a byte that belongs to none is one too."""
    for character in typed.decode(errors="surrogateescape"):
        raw = character.encode(errors="surrogateescape")
        first = raw[0]
        if first < 0x20 or first == 0x7F:
            yield _CONTROL_NAMES.get(first) or f"ctrl+{chr(first ^ 0x40).lower()}", "", raw
        elif "\udc80" <= character <= "\udcff":
            yield f"byte:{first:02x}", "", raw
        elif not character.isprintable() and character.isspace():
            yield "space", "", raw
        else:
            yield character, character, raw


def _name(key: bytes) -> str:
    """Return the name of a key that sends more than a character."""
    if key == b"\x1b":
        return "escape"
    sequence = _SEQUENCE.fullmatch(key)
    if sequence is not None:
        parameters, final, application_parameters, application_final = (
            group.decode() if group else "" for group in sequence.groups()
        )
        return _sequence_name(parameters or application_parameters, final or application_final)
    (name, _, _), *more = _characters(key[1:])
    return f"sequence:{key.hex()}" if more else f"alt+{name}"


def _sequence_name(parameters: str, final: str) -> str:
    number, _, modifier = parameters.partition(";")
    name = _TILDE_NAMES.get(number) if final == "~" else _FINAL_NAMES.get(final)
    if name is None or modifier not in ("", *_MODIFIERS):
        return f"csi:{parameters}{final}"
    return _MODIFIERS.get(modifier, "") + name
