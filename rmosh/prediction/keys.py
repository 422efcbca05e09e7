"""Typed bytes to keys: what the user pressed, however the bytes were cut.

Knows how terminals encode keys (UTF-8, C0 controls, CSI and SS3 sequences); knows nothing of screens.
"""

import re
from dataclasses import dataclass
from typing import Final

#: How long a lone ESC may still turn out to be the start of a sequence, in seconds. Reason: a terminal
#: writes a sequence at once and a cut one follows within a few ms; a hand needs longer. Source: our choice.
ESCAPE_JOIN: Final = 0.03

#: Longest sequence kept while waiting for its end, in bytes. Reason: bounds the buffer. Source: our choice.
MAX_SEQUENCE: Final = 64

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
    "I": "focus",
    "O": "focus",
    "M": "mouse",
    "m": "mouse",
}

_TILDE_NAMES: Final = {
    "1": "home",
    "3": "delete",
    "4": "end",
    "5": "page-up",
    "6": "page-down",
    "7": "home",
    "8": "end",
    "200": "paste-start",
    "201": "paste-end",
}

#: xterm's modifier parameter: 1 + shift(1) + alt(2) + ctrl(4). Source: xterm ctlseqs.
_MODIFIERS: Final = {"1": "", "2": "shift+", "3": "alt+", "5": "ctrl+", "6": "ctrl+shift+", "7": "ctrl+alt+"}

_CSI: Final = re.compile(rb"\x1b\[([\x30-\x3f]*)([\x20-\x2f]*)([\x40-\x7e])")
_CSI_PART: Final = re.compile(rb"\x1b\[[\x30-\x3f]*[\x20-\x2f]*\Z")


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


class KeyReader:
    """Cuts a stream of typed bytes into keys; keeps what is incomplete for the next bytes."""

    def __init__(self) -> None:
        self._unread = b""
        self._escape_end: int | None = None
        self._escape_time = 0.0

    def read(self, typed: bytes, *, end: int, now: float) -> tuple[list[Key], bool]:
        """Return the keys completed by `typed`, which ends at stream offset `end`.

        The second value says that the escape key returned last time was really the start of the first
        key returned now, which replaces it.
        """
        joined = self._joins_escape(typed, now)
        unread = (b"\x1b" if joined else self._unread) + typed
        offset = end - len(unread)
        keys: list[Key] = []
        while unread:
            size, name, text = _next_key(unread)
            if size == 0:
                break
            offset += size
            keys.append(Key(name, text, unread[:size], offset))
            unread = unread[size:]
        if len(unread) > MAX_SEQUENCE:
            keys.append(Key("garbage", "", unread, end))
            unread = b""
        self._unread = unread
        self._escape_time = now
        self._escape_end = end if keys and not unread and keys[-1].name == "escape" else None
        return keys, joined and bool(keys)

    def _joins_escape(self, typed: bytes, now: float) -> bool:
        return self._escape_end is not None and now - self._escape_time < ESCAPE_JOIN and typed[:1] in (b"[", b"O")


def _next_key(unread: bytes) -> tuple[int, str, str]:
    """Return (bytes taken, name, text) of the first key; 0 bytes taken while it is incomplete."""
    first = unread[0]
    if first == 0x1B and len(unread) > 1:
        return _escaped_key(unread)
    if first < 0x20 or first == 0x7F:
        return 1, _CONTROL_NAMES.get(first) or f"ctrl+{chr(first ^ 0x40).lower()}", ""
    if first < 0x80:
        return 1, chr(first), chr(first)
    return _utf8_key(unread)


def _utf8_key(unread: bytes) -> tuple[int, str, str]:
    size = 2 if 0xC2 <= unread[0] < 0xE0 else 3 if 0xE0 <= unread[0] < 0xF0 else 4
    try:
        character = unread[:size].decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return 0, "", ""
        return 1, f"byte:{unread[0]:02x}", ""
    if not character.isprintable() and character.isspace():
        return size, "space", ""
    return size, character, character


def _escaped_key(unread: bytes) -> tuple[int, str, str]:
    if unread[1] == 0x5B:
        sequence = _CSI.match(unread)
        if sequence:
            return sequence.end(), _sequence_name(sequence[1].decode(), sequence[3].decode()), ""
        return (0, "", "") if _CSI_PART.match(unread) else (2, "alt+[", "")
    if unread[1] == 0x4F:
        if len(unread) < 3:
            return 0, "", ""
        return 3, _FINAL_NAMES.get(chr(unread[2]), f"ss3:{unread[2]:02x}"), ""
    if unread[1] == 0x1B:
        return 1, "escape", ""
    size, name, _ = _next_key(unread[1:])
    return (size + 1, f"alt+{name}", "") if size else (0, "", "")


def _sequence_name(parameters: str, final: str) -> str:
    number, _, modifier = parameters.partition(";")
    if parameters.startswith("<") and final in "Mm":
        return "mouse"
    name = _TILDE_NAMES.get(number) if final == "~" else _FINAL_NAMES.get(final)
    if name is None or modifier not in ("", *_MODIFIERS):
        return f"csi:{parameters}{final}"
    return _MODIFIERS.get(modifier, "") + name
